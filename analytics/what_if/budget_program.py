"""Which customers get which lever, where money and hands are short: a knapsack with at most one lever a customer.

    most of    sum of net gains
    such that  costs, and the fixed cost of each lever that is used at all, stay within the budget,
               what an owner saves a month stays within the capacity,
               a customer gets at most one lever.

Solved with HiGHS (Huangfu and Hall 2018). Many customers make the relaxation, in which a customer may be treated in part, all
but whole: at most as many are in part as there are limits. There its best whole part is taken where it falls short by no more than
`CLOSE`; the rest is branch and bound with a limit of nodes, never of time, so that the same question has the same answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, hstack, vstack

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Relaxed = tuple[Floats, float, float]

CLOSE = 1e-3  # of the bound
FEW = 400  # options that are solved to the end
_TRIED = 3  # levers with a fixed cost of which every combination is tried
_NODES = 20_000
# Solvers keep limits to about a millionth; what is returned keeps them to rounding.
_SLACK, _ROUNDING = 3e-6, 1e-9


@dataclass(frozen=True)
class Options:
    """What could be done, O options: `lever` on `customer` (numbers from 0) brings `net` more than it `cost`s, and saves `load`
    customers a month for `owner` (-1: nobody's). `fixed` is what each lever costs once if it is used at all."""

    customer: Numbers
    lever: Numbers
    owner: Numbers
    net: Floats
    cost: Floats
    load: Floats
    fixed: Floats

    def only(self, which: Flags | Numbers) -> Options:
        """Some of them."""
        picked = {name: getattr(self, name)[which] for name in ("customer", "lever", "owner", "net", "cost", "load")}
        return replace(self, **picked)

    def __len__(self) -> int:
        return len(self.net)


@dataclass(frozen=True)
class Limits:
    """Money, and how many customers an owner can save a month (None: as many as there are)."""

    budget: float
    per_owner: float | None = None


@dataclass(frozen=True)
class Choice:
    """`chosen` of the options; `net` is what they bring less everything they cost, at most `bound` could be had; `shadow_price` what one more unit
    of money would bring beyond itself, with the same levers in use."""

    chosen: Flags
    net: float
    bound: float
    shadow_price: float

    @property
    def gap(self) -> float:
        """How far from the best it may be, as a share of that."""
        return max(self.bound - self.net, 0.0) / self.bound if self.bound > 0 else 0.0


def spent(options: Options, chosen: Flags) -> float:
    """What some of the options cost together, fixed costs and all."""
    used = np.unique(options.lever[chosen])
    return math.fsum(options.cost[chosen]) + math.fsum(options.fixed[used])


def net_of(options: Options, chosen: Flags) -> float:
    """What they bring, less all costs."""
    return math.fsum(options.net[chosen]) - math.fsum(options.fixed[np.unique(options.lever[chosen])])


def is_within(options: Options, chosen: Flags, limits: Limits) -> bool:
    """Whether these can be done together."""
    if len(np.unique(options.customer[chosen])) < chosen.sum():
        return False
    if spent(options, chosen) > limits.budget + _ROUNDING * max(limits.budget, 1.0):
        return False
    if limits.per_owner is None or not chosen.any():
        return True
    owner, load = options.owner[chosen], options.load[chosen]
    most = limits.per_owner + _ROUNDING * max(limits.per_owner, 1.0)
    return all(math.fsum(load[owner == each]) <= most for each in np.unique(owner[owner >= 0]))


def best_choice(options: Options, limits: Limits) -> Choice:
    """The options that bring most within the limits. Options that bring nothing net are never chosen."""
    place = np.flatnonzero(_is_worth_asking(options, limits))
    place = place[_not_dominated(options.only(place))]
    asked = options.only(place)
    found = Choice(np.zeros(0, dtype=bool), 0.0, 0.0, 0.0) if len(asked) == 0 else _solved(asked, limits)
    chosen = np.zeros(len(options), dtype=bool)
    chosen[place[found.chosen]] = True
    return replace(found, chosen=chosen)


def in_turn(options: Options, order: Numbers, limits: Limits) -> Flags:
    """The options in this order, each taken where the limits still allow it and its customer has none yet."""
    chosen = np.zeros(len(options), dtype=bool)
    treated, used, loads = set(), set(), dict.fromkeys(np.unique(options.owner).tolist(), 0.0)
    money = limits.budget + _ROUNDING * max(limits.budget, 1.0)
    hands = math.inf if limits.per_owner is None else limits.per_owner + _ROUNDING * max(limits.per_owner, 1.0)
    columns = (options.customer, options.lever, options.owner, options.cost, options.load)
    customer, lever, owner, cost, load = (each.tolist() for each in columns)
    fixed = options.fixed.tolist()
    paid = 0.0
    for at in order.tolist():
        if customer[at] in treated:
            continue
        price = cost[at] + (0.0 if lever[at] in used else fixed[lever[at]])
        if paid + price > money or (owner[at] >= 0 and loads[owner[at]] + load[at] > hands):
            continue
        chosen[at] = True
        paid += price
        loads[owner[at]] += load[at]
        treated.add(customer[at])
        used.add(lever[at])
    return chosen


def _is_worth_asking(options: Options, limits: Limits) -> Flags:
    is_worth = (options.net > 0) & (options.cost + options.fixed[options.lever] <= limits.budget * (1 + _ROUNDING))
    if limits.per_owner is not None:
        is_worth &= (options.owner < 0) | (options.load <= limits.per_owner * (1 + _ROUNDING))
    return is_worth


def _not_dominated(options: Options) -> Flags:
    """Whether no other option of the same customer brings as much for no more money and no more hands, and is tied to no
    fixed cost that this one is not."""
    kept = np.ones(len(options), dtype=bool)
    order = np.lexsort((np.arange(len(options)), -options.net, options.customer))
    starts = np.flatnonzero(np.diff(options.customer[order], prepend=-1))
    sizes = np.diff(np.append(starts, len(order)))
    fixed = options.fixed[options.lever]
    for ahead in range(int(sizes.max(initial=1)) - 1):
        for back in range(ahead + 1, int(sizes.max(initial=1))):
            has_both = sizes > back
            better, worse = order[starts[has_both] + ahead], order[starts[has_both] + back]
            is_free = (fixed[better] == 0) | (options.lever[better] == options.lever[worse])
            beats = (
                is_free & (options.cost[better] <= options.cost[worse]) & (options.load[better] <= options.load[worse])
            )
            kept[worse[beats]] = False
    return kept


def _solved(options: Options, limits: Limits) -> Choice:
    used, bound, relaxed = _levers_used(options, limits)
    inside = np.flatnonzero(used[options.lever])
    part, price, whole = relaxed or _relaxed(options.only(inside), limits, math.fsum(options.fixed[used]))
    weight = np.zeros(len(options))
    weight[inside] = part
    bound = whole if bound is None else bound
    # What the relaxation treats whole comes first, then what it treats in part, then what brings most for its money.
    rate = options.net / np.maximum(options.cost, 1e-9 * max(limits.budget, 1.0))
    order = np.lexsort((np.arange(len(options)), -rate, -weight))
    # A lever with a fixed cost that the relaxation leaves out is not begun with what is left over.
    rounded = in_turn(options, order[used[options.lever[order]]], limits)
    found = Choice(rounded, net_of(options, rounded), bound, price)
    if found.net < 0:
        found = replace(found, chosen=np.zeros(len(options), dtype=bool), net=0.0)
    if found.gap <= (CLOSE if len(options) > FEW else 0.0):
        return found
    exact = _branched(options, limits, CLOSE if len(options) > FEW else 0.0)
    return replace(exact, shadow_price=price) if exact is not None and exact.net >= found.net else found


def _levers_used(options: Options, limits: Limits) -> tuple[Flags, float | None, Relaxed | None]:
    """Which levers are used where customers may be treated in part, a bound of what can be had, and that answer, as far as they are known;
    without fixed costs all levers are."""
    used = np.isin(np.arange(len(options.fixed)), options.lever)
    levers = np.flatnonzero(used & (options.fixed > 0))
    if not len(levers):
        return used, None, None
    if len(levers) <= _TRIED:
        return _best_of_all(options, limits, used, levers)
    answer = _program(options, limits, is_whole=False, gap=0.0)
    if answer is None:
        return used, None, None
    used[options.fixed > 0] &= answer.x[len(options) :] > 0.5
    return used, -float(answer.fun), None


def _best_of_all(options: Options, limits: Limits, used: Flags, levers: Numbers) -> tuple[Flags, float, Relaxed | None]:
    """The same by trying all there are: quicker than a program where customers are many and levers few."""
    best, bound, found = used & ~np.isin(np.arange(len(used)), levers), -math.inf, None
    for pattern in product((True, False), repeat=len(levers)):
        each = used.copy()
        each[levers] = pattern
        fixed = math.fsum(options.fixed[each])
        if fixed > limits.budget * (1 + _ROUNDING):
            continue
        inside = options.only(each[options.lever])
        if len(inside) and math.fsum(inside.net) - fixed <= bound:
            continue
        relaxed = _relaxed(inside, limits, fixed)
        if relaxed[2] > bound:
            best, bound, found = each, relaxed[2], relaxed
    return best, bound, found


def _relaxed(options: Options, limits: Limits, fixed: float) -> Relaxed:
    """How much of each option is done where a part can be, what one more unit of money brings, and what all brings."""
    if len(options) == 0:
        return np.zeros(0), 0.0, 0.0
    from scipy.optimize import linprog  # slow to load, and every command loads this module

    rows, most = _rows(options, limits, limits.budget - fixed)
    # Of many options the interior point, moved on to a corner, is found several times as fast.
    for method in ("highs-ipm", "highs") if len(options) > FEW else ("highs",):
        answer = linprog(-options.net, A_ub=rows, b_ub=most, bounds=(0, 1), method=method)
        if answer.x is not None:
            break
    else:
        return np.zeros(len(options)), 0.0, math.fsum(options.net)
    scale = max(limits.budget, 1.0)
    return answer.x, max(-float(answer.ineqlin.marginals[0]) / scale, 0.0), -float(answer.fun) - fixed


def _branched(options: Options, limits: Limits, gap: float) -> Choice | None:
    for slack in (0.0, _SLACK):
        tight = Limits(
            limits.budget * (1 - slack), None if limits.per_owner is None else limits.per_owner * (1 - slack)
        )
        answer = _program(options, tight, is_whole=True, gap=gap)
        if answer is None:
            return None
        chosen = answer.x[: len(options)] > 0.5
        if is_within(options, chosen, limits):
            bound = -float(answer.mip_dual_bound if answer.mip_dual_bound is not None else answer.fun)
            return Choice(chosen, net_of(options, chosen), max(bound, net_of(options, chosen)), 0.0)
    return None


def _program(options: Options, limits: Limits, *, is_whole: bool, gap: float):  # type: ignore[no-untyped-def]
    """The program with a yes or no for each lever with a fixed cost, and for each option where `is_whole`."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, levers = len(options), np.flatnonzero(options.fixed > 0)
    rows, most = _rows(options, limits, limits.budget)
    scale = max(limits.budget, 1.0)
    money = coo_array((options.fixed[levers] / scale, (np.zeros(len(levers), dtype=np.int64), np.arange(len(levers)))),
                      shape=(rows.shape[0], len(levers)))  # fmt: skip
    whole = csr_array(hstack([rows, money]))
    # An option needs its lever.
    at = np.full(len(options.fixed), -1)
    at[levers] = np.arange(len(levers))
    tied = np.flatnonzero(at[options.lever] >= 0)
    if len(tied):
        count = np.arange(len(tied))
        link = coo_array(
            (np.r_[np.ones(len(tied)), -np.ones(len(tied))], (np.r_[count, count], np.r_[tied, n + at[options.lever[tied]]])),
            shape=(len(tied), n + len(levers)),
        )  # fmt: skip
        whole, most = csr_array(vstack([whole, link])), np.r_[most, np.zeros(len(tied))]
    lost = np.r_[-options.net, options.fixed[levers]]
    integral = np.r_[np.full(n, int(is_whole)), np.ones(len(levers), dtype=int)]
    answer = milp(
        lost, integrality=integral, bounds=Bounds(0, 1), constraints=LinearConstraint(whole, -np.inf, most),
        options={"node_limit": _NODES, "mip_rel_gap": gap},
    )  # fmt: skip
    return answer if answer.x is not None else None


def _rows(options: Options, limits: Limits, money: float) -> tuple[csr_array, Floats]:
    """The limits as rows over the options: money first (in budgets), then owners, then customers with several options."""
    n, scale = len(options), max(limits.budget, 1.0)
    count = np.arange(n)
    values, places, columns, most = (
        [options.cost / scale],
        [np.zeros(n, dtype=np.int64)],
        [count],
        [max(money, 0.0) / scale],
    )
    if limits.per_owner is not None:
        has_owner = np.flatnonzero(options.owner >= 0)
        owners, own = np.unique(options.owner[has_owner], return_inverse=True)
        values.append(options.load[has_owner])
        places.append(own + len(most))
        columns.append(has_owner)
        most += [limits.per_owner] * len(owners)
    _customers, own, sizes = np.unique(options.customer, return_inverse=True, return_counts=True)
    several = np.cumsum(sizes > 1) - 1
    is_several = np.flatnonzero(sizes[own] > 1)
    values.append(np.ones(len(is_several)))
    places.append(several[own[is_several]] + len(most))
    columns.append(is_several)
    most += [1.0] * int((sizes > 1).sum())
    entries = (np.concatenate(values), (np.concatenate(places), np.concatenate(columns)))
    return csr_array(coo_array(entries, shape=(len(most), n))), np.array(most)
