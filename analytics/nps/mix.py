"""How much of a change of the score is that others answered (mix), and how much that the same kinds of customers changed (rate)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, normal_p
from analytics.nps.answers import chosen, given, tallied, with_group
from analytics.nps.evidence import Tally, adjusted_error, covariance, difference_interval, difference_p, own_repeats
from analytics.nps.evidence import interval as score_interval
from analytics.nps.segments import Halves, first_answer, halves, within
from analytics.nps.trend import REAL, tally_of
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, with_q_values
from data.tables import Tables

COLUMNS = (
    "nps_part", "since", "until", "n_earlier", "share_earlier", "nps_earlier", "earlier_low", "earlier_high", "n", "share_later", "nps",
    "low", "high", "difference", "points_low", "points_high", "p_value", "q_value", "real_change", "tests", "mix_points", "rate_points",
)  # fmt: skip
PARTS = ("all", "rate", "mix", "group")
_SHARED = ("pairs", "products", "votes", "other_votes")
_OWN = ("own_pairs", "own_products", "own_votes")
_OTHER_OWN = ("other_own_pairs", "other_own_products", "other_own_votes")
_NONE = Tally(0, 0, 0)


@dataclass(frozen=True)
class _Side:
    """A group in both stretches: its answers, and the covariance of its two scores by people who answered in both."""

    earlier: Tally
    later: Tally
    shared: float


def nps_mix(tables: Tables, filters: Filters, by: Field | None = None, days: int | None = None) -> Question:
    """The score of two stretches of time, its change, and what of it is rate and mix. Columns: `COLUMNS`, with `by` the field's name in front.

    The later stretch is the period chosen and the earlier as long before it; without a period the last 365 days and the 365
    before, or the halves of what there is; `days` gives the length. Rows by `nps_part`: all (all answers), rate, mix, then a group each, the largest first.
    With shares a, b and scores x, y of a group, earlier and later: rate = sum a (y - x), mix = sum (b - a) y; they add up to
    the change exactly. In a group that has answers on one side only nothing says that it changed, so that all of it is mix. The
    interval of rate takes the earlier mix as given; that of mix lets both vary. `difference` of rate and mix are those points. Tested are rows with 30 answers on both sides.
    """

    def counted(asked: Answers) -> Mapping[str, ir.Table]:
        both = halves(asked, filters, days)
        if both is None:
            return {}
        found = within(chosen(given(tables, filters), tables, filters), filters, both)
        keys = []
        if by is not None:
            found, keys = with_group(found, tables, filters, by), ["group"]
        return {"counted": tallied(found, [*keys, "is_later"]), "shared": _in_both(found, keys)}

    def finish(asked: Answers) -> pd.DataFrame:
        key = by.key(COLUMNS) if by is not None else "group"
        both = halves(asked, filters, days)
        made = _told(asked, both, by is not None) if both is not None else []
        return frame([{key: row.get("group")} | row for row in made], [*([key] if by is not None else []), *COLUMNS])

    return Question({"first": first_answer(tables, filters)}, finish, (counted,))


def _in_both(found: ir.Table, keys: list[str]) -> ir.Table:
    """Of people who answered more than once, the sums that `covariance` and `own_repeats` take, a row for each of `keys`."""
    people = found.filter(_.respondent_key.notnull()).group_by([*keys, "respondent_key"]).agg(
        n=_.is_later.sum(), k=(~_.is_later).sum(),
        v=_.vote.cast("int64").sum(where=_.is_later).fill_null(0), w=_.vote.cast("int64").sum(where=~_.is_later).fill_null(0),
        v_squares=(_.vote != 0).sum(where=_.is_later).fill_null(0), w_squares=(_.vote != 0).sum(where=~_.is_later).fill_null(0),
    )  # fmt: skip
    again = people.filter(_.n + _.k > 1)
    # Each answer of one side with each of the other, and with each other one of its own.
    return again.agg(
        pairs=(_.n * _.k).sum(), products=(_.v * _.w).sum(), votes=(_.v * _.k).sum(), other_votes=(_.w * _.n).sum(),
        own_pairs=(_.n * _.n - _.n).sum(), own_products=(_.v * _.v - _.v_squares).sum(), own_votes=(_.v * _.n - _.v).sum(),
        other_own_pairs=(_.k * _.k - _.k).sum(), other_own_products=(_.w * _.w - _.w_squares).sum(),
        other_own_votes=(_.w * _.k - _.w).sum(),
        by=keys,
    )  # fmt: skip


# figures


def _told(asked: Answers, both: Halves, has_groups: bool) -> list[Row]:
    counted = rows(asked["counted"])
    sides: dict[Any, tuple[Tally, Tally]] = {}
    for row in counted:
        earlier, later = sides.get(row.get("group"), (_NONE, _NONE))
        sides[row.get("group")] = (earlier, tally_of(row)) if row["is_later"] else (tally_of(row), later)
    if not sides:
        return []
    shared_of = {row.get("group"): row for row in rows(asked["shared"])}
    groups = {group: _side(*tallies, shared_of.get(group)) for group, tallies in sides.items()}
    whole_earlier, whole_later = _NONE, _NONE
    for earlier, later in sides.values():
        whole_earlier, whole_later = whole_earlier.plus(earlier), whole_later.plus(later)
    # Who came to another group between the two counts as two people.
    together: Row = {
        name: sum(number(row[name]) for row in shared_of.values()) for name in (*_SHARED, *_OWN, *_OTHER_OWN)
    }
    every = _side(whole_earlier, whole_later, together)
    made = [_row(every) | {"nps_part": "all"}]
    p_values = [difference_p(every.later, every.earlier, every.shared)]
    if has_groups:
        parts = _parts(groups, every)
        for row, p in (parts["rate"], parts["mix"]):
            made.append(row)
            p_values.append(p)
        order = sorted(groups, key=lambda group: (-groups[group].later.n - groups[group].earlier.n, str(group)))
        for group in order:
            side = groups[group]
            made.append(_row(side) | _effects(side, every) | {"group": group, "nps_part": "group"} | {
                "share_earlier": _share(side.earlier, every.earlier), "share_later": _share(side.later, every.later),
            })  # fmt: skip
            p_values.append(difference_p(side.later, side.earlier, side.shared))
    with_q_values(made, p_values)
    for row, p in zip(made, p_values, strict=True):
        row |= {"p_value": p, "real_change": None if p is None else bool(row["q_value"] < REAL)}
        row |= {"since": both.later.since, "until": both.later.until}
    return made


def _side(earlier: Tally, later: Tally, shared: Row | None) -> _Side:
    if shared is None:
        return _Side(earlier, later, 0.0)
    pairs, products, votes, other_votes = (number(shared[name]) for name in _SHARED)
    own = own_repeats(later, *(number(shared[name]) for name in _OWN))
    other = own_repeats(earlier, *(number(shared[name]) for name in _OTHER_OWN))
    return _Side(earlier, later, covariance(later, earlier, int(pairs), products, votes, other_votes, own, other))


def _row(side: _Side) -> Row:
    earlier, later = side.earlier, side.later
    low, high = score_interval(later)
    earlier_low, earlier_high = score_interval(earlier)
    found: Row = {
        "n_earlier": earlier.n, "nps_earlier": earlier.score, "earlier_low": earlier_low, "earlier_high": earlier_high, "n": later.n,
        "nps": later.score, "low": low, "high": high,
    }  # fmt: skip
    if earlier.n and later.n:
        found["difference"] = (later.score or 0.0) - (earlier.score or 0.0)
        found["points_low"], found["points_high"] = difference_interval(later, earlier, side.shared)
    return found


def _share(part: Tally, whole: Tally) -> float | None:
    return part.n / whole.n if whole.n else None


def _scores(side: _Side) -> tuple[float, float]:
    """The two scores of a group; one that has none is taken to be as the other."""
    earlier, later = side.earlier.score, side.later.score
    return (earlier if earlier is not None else later or 0.0), (later if later is not None else earlier or 0.0)


def _effects(side: _Side, every: _Side) -> Row:
    """What of the change is the group's own: rate points a (y - x), mix points (b - a)(y - X), X the score of all earlier."""
    if not every.earlier.n or not every.later.n:
        return {}
    a, b = side.earlier.n / every.earlier.n, side.later.n / every.later.n
    x, y = _scores(side)
    return {"rate_points": a * (y - x), "mix_points": (b - a) * (y - (every.earlier.score or 0.0))}


def _parts(groups: Mapping[Any, _Side], every: _Side) -> dict[str, tuple[Row, float | None]]:
    """The rows of rate and mix with their p-values. Shares add up to 1, so that the groups' points add up to the parts."""
    n, k = every.later.n, every.earlier.n
    if not n or not k:
        return {name: ({"nps_part": name}, None) for name in ("rate", "mix")}
    effects = {group: _effects(side, every) for group, side in groups.items()}
    rate = sum(each["rate_points"] for each in effects.values())
    mix = sum(each["mix_points"] for each in effects.values())
    rate_variance, mix_variance = 0.0, 0.0
    later_mean = earlier_mean = later_square = earlier_square = 0.0
    for side in groups.values():
        a, b = side.earlier.n / k, side.later.n / n
        _x, y = _scores(side)
        if side.earlier.n and side.later.n:
            own = adjusted_error(side.later) ** 2 + adjusted_error(side.earlier) ** 2 - 2 * side.shared
            rate_variance += a * a * max(own, 0.0)
        mix_variance += (b - a) ** 2 * adjusted_error(side.later if side.later.n else side.earlier) ** 2
        later_mean, later_square = later_mean + b * y, later_square + b * y * y
        earlier_mean, earlier_square = earlier_mean + a * y, earlier_square + a * y * y
    # The shares are those of samples: multinomial, and the same score stands for a group on both sides.
    mix_variance += max(later_square - later_mean**2, 0.0) / n + max(earlier_square - earlier_mean**2, 0.0) / k
    told = {}
    for name, points, variance in (("rate", rate, rate_variance), ("mix", mix, mix_variance)):
        half = Z * math.sqrt(variance)
        row: Row = {
            "nps_part": name, "n_earlier": k, "n": n, "difference": points, "points_low": points - half, "points_high": points + half,
            f"{name}_points": points,
        }  # fmt: skip
        if name == "rate":
            # The later score, had the same kinds of customers answered as before.
            row |= {"nps_earlier": every.earlier.score, "nps": (every.earlier.score or 0.0) + points}
        is_tested = min(n, k) >= LEAST_TESTED and variance > 0
        told[name] = (row, normal_p(points / math.sqrt(variance)) if is_tested else None)
    return told
