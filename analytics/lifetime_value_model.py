"""The models of when customers buy, what they spend and how long they renew, fitted side by side.

Each is fitted to everything the workspace knows of customers; filters choose no customers here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.customers.basis import BASES, CONTRACTS, Basis, Source, counts, known_source, no_customers
from analytics.customers.contracts import contracts
from analytics.customers.purchases import DAYS_A_WEEK, histories, purchases
from analytics.filters import Filters
from analytics.lifetime.contracts import ShiftedBetaGeometric
from analytics.lifetime.dropout import BgNbd, MbgNbd
from analytics.lifetime.histories import Histories, NoModel, sound
from analytics.lifetime.pareto import ParetoNbd
from analytics.lifetime.purchase_model import PurchaseModel
from analytics.lifetime.spend import GammaGamma, spend_model
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows, whole
from data.errors import RequestProblem
from data.messages import N_, say
from data.tables import Tables

COLUMNS = ("model", "parameter", "estimate", "low", "high", "chosen", "customers", "currency", "reason")
PREDICTED = ("model", "expected_purchases", "probability_alive", "chosen")
HELD_OUT = ("model", "actual", "predicted", "error", "chosen", "customers", "weeks")
# MBG/NBD first: BG/NBD takes every one-time buyer for a customer for ever, and is there to compare with.
MODELS: tuple[type[PurchaseModel], ...] = (MbgNbd, BgNbd, ParetoNbd)

_REASONS: Mapping[str, str] = {
    "mbg_nbd": N_("The usual choice: customers may leave after any purchase, the first one too."),
    "bg_nbd": N_("For comparison: it takes customers who bought once to be there for ever."),
    "pareto_nbd": N_("For comparison: customers may leave at any time."),
}
_ALIKE = N_("What a purchase is worth hardly hangs on how often a customer buys, so that this model holds.")
_APART = N_(
    "Those who buy more often spend otherwise a purchase, so the mean value is learnt apart for each frequency."
)
_UNFIT = N_("For comparison: it takes spend and frequency to be unrelated, and here they are not.")
_RENEWED = N_("Contracts are renewed or not at the end of a month, each customer with a chance of its own.")
_HELD = N_(
    "The data leave a part of this model open, and a weak assumption holds it: customers differ too little, or too few left."
)
# How far a tenure may fall short of full months and still count as them: months are not equally long.
_SHORT = 0.25


@dataclass(frozen=True)
class Case:
    """One customer to tell of: repeat purchases, age at the last one, age, and a horizon; in weeks."""

    frequency: float
    recency: float
    age: float
    horizon: float

    def __post_init__(self) -> None:
        """Raises RequestProblem where the numbers contradict each other."""
        Histories.of([self.frequency], [self.recency], [self.age])
        if not 0 <= self.horizon < 10_000:
            raise RequestProblem(
                say("{horizon} weeks is no horizon.", horizon=self.horizon), say("Give a number of weeks from 0.")
            )


def lifetime_value_model(tables: Tables, filters: Filters) -> Question:
    """One row a model and parameter, of every model that could be fitted. Columns: `COLUMNS`.

    `low` and `high` are 95%; `chosen` are the models that values rest on; `customers` is how many the model is fitted to.
    Raises RequestProblem where none can be fitted.
    """

    def build(found: _Bases) -> Question:
        asks: dict[str, ir.Table] = {}
        if found.bought:
            known = histories(tables, plain, found.bought)
            asks |= {"histories": _grouped(known), "spend": _spent(known)}
        if found.signed:
            asks["ages"] = _ages(contracts(tables, plain, found.signed))
        return Question(asks, lambda answers: frame(_parameters(found, answers), COLUMNS))

    plain = _everyone(filters)
    return _by_bases(tables, plain, build)


def lifetime_prediction(tables: Tables, filters: Filters, case: Case) -> Question:
    """One row a model of purchases: what it says of the customer of `case`. Columns: `PREDICTED`."""
    plain = _everyone(filters)

    def told(answers: Answers) -> pd.DataFrame:
        history = [case.frequency], [case.recency], [case.age]
        models = _fitted(_histories(answers["histories"]))
        return frame(
            [
                {
                    "model": model.title,
                    "expected_purchases": float(model.expected(*history, case.horizon)[0]),
                    "probability_alive": float(model.alive(*history)[0]),
                    "chosen": model.title == MbgNbd.title,
                }
                for model in models
            ],
            PREDICTED,
        )

    def build(found: _Bases) -> Question:
        return Question({"histories": _grouped(histories(tables, plain, found.purchases))}, told)

    return _by_bases(tables, plain, build)


def lifetime_holdout(tables: Tables, filters: Filters, until: date) -> Question:
    """One row a model of purchases: fitted to the end of `until`, how many repeat purchases its customers would make to the
    as-of date, and how many they made. Columns: `HELD_OUT`.

    Customers who first bought later are in neither number. Raises RequestProblem where `until` is not before the as-of date,
    or nothing is dated.
    """
    plain = _everyone(filters)
    if until >= plain.as_of:
        raise RequestProblem(
            say("{until} is not before the as-of date {as_of}.", until=until, as_of=plain.as_of),
            say("Hold back some time that is already past."),
        )
    then = replace(plain, as_of=until)
    weeks = (plain.as_of - until).days / DAYS_A_WEEK

    def told(answers: Answers) -> pd.DataFrame:
        found = _histories(answers["histories"])
        actual = whole(rows(answers["came"])[0]["came"])
        made = []
        for model in _fitted(found):
            expected = float(found.n @ model.expected(found.x, found.t_x, found.T, weeks))
            made.append({
                "model": model.title, "actual": actual, "predicted": expected,
                "error": (expected - actual) / actual if actual else None, "chosen": model.title == MbgNbd.title,
                "customers": found.customers, "weeks": weeks,
            })  # fmt: skip
        return frame(made, HELD_OUT)

    def build(found: _Bases) -> Question:
        source = found.purchases
        if source.basis == "summary":
            raise RequestProblem(
                say("The file says how often customers bought, but not when, so no time can be held back."),
                say("Add an export of orders."),
            )
        known = histories(tables, then, source)
        later = purchases(tables, plain, source).filter(_.day > ibis.date(until))
        each = later.semi_join(known, "customer_id").group_by("customer_id").agg(days=_.day.nunique())
        return Question({"histories": _grouped(known), "came": each.agg(came=_.days.sum().fill_null(0))}, told)

    return _by_bases(tables, plain, build)


@dataclass(frozen=True)
class _Bases:
    """Which data tells of purchases, and which of contracts; `main` is the one that values rest on."""

    bought: Source | None
    signed: Source | None
    main: Source

    @property
    def purchases(self) -> Source:
        if self.bought is None:
            raise RequestProblem(
                say("Nothing says what customers bought and when: this workspace knows them by their contracts."),
                say("Add an export of orders."),
            )
        return self.bought


def _by_bases(tables: Tables, filters: Filters, build: Callable[[_Bases], Question]) -> Question:
    """A question whose expressions hang on which data there is. Raises RequestProblem where none tells of customers."""
    built: dict[_Bases, Question] = {}

    def question(answers: Answers) -> Question:
        found = _bases(answers["basis"])
        if found not in built:
            built[found] = build(found)
        return built[found]

    return Question(
        {"basis": counts(tables, filters)},
        lambda answers: question(answers).finish(answers),
        (lambda answers: question(answers).asks,),
    )


def _bases(found: pd.DataFrame) -> _Bases:
    main = known_source(found)
    row = rows(found)[0]
    others: list[Basis] = [basis for basis in BASES if whole(row[basis]) and basis != "deals"]

    def first(wanted: Callable[[Basis], bool]) -> Source | None:
        if wanted(main.basis):
            return main
        fitting = [basis for basis in others if wanted(basis)]
        if not fitting:
            return None
        basis = max(fitting, key=lambda each: whole(row[each]))
        several = whole(row.get(f"currencies_{basis}")) > 1
        only = "" if several else str(row.get(f"currency_{basis}") or "")
        return Source(basis, several, whole(row[basis]), currency=only)

    return _Bases(first(lambda basis: basis not in CONTRACTS), first(lambda basis: basis in CONTRACTS), main)


def _everyone(filters: Filters) -> Filters:
    return replace(filters, since=None, until=None, where=(), pipeline=None, without=())


def _grouped(known: ir.Table) -> ir.Table:
    """How many customers have each history."""
    return known.group_by("repeat_purchases", "recency_weeks", "age_weeks").agg(customers=_.count())


def _spent(known: ir.Table) -> ir.Table:
    """How many repeat buyers have each frequency and mean value."""
    repeated = known.filter(_.repeat_purchases > 0, _.mean_repeat_value > 0)
    keys = ("currency", "repeat_purchases", "mean_repeat_value")
    # In order, so that sums come out the same to the last digit.
    return repeated.group_by(*keys).agg(customers=_.count()).order_by(*keys)


def _ages(known: ir.Table) -> ir.Table:
    """How many customers left at the end of their so many-th month, and how many were last seen having stayed so many."""
    months, left = known.tenure_months, known.has_left
    age = left.ifelse(ibis.greatest((months - _SHORT).ceil(), 1), (months + _SHORT).floor())
    aged = known.filter(months >= 0).mutate(age=age.cast("int64"))
    return aged.group_by("age").agg(lost=_.has_left.sum(), still=(~_.has_left).sum())


def _histories(found: pd.DataFrame) -> Histories:
    columns = ("repeat_purchases", "recency_weeks", "age_weeks", "customers")
    x, t_x, age, n = (found[column].to_numpy(dtype=np.float64) for column in columns)
    is_sound = sound(x, t_x, age)
    # Where all of them contradict themselves, the refusal says how.
    kept = is_sound if is_sound.any() else slice(None)
    return Histories.of(x[kept], t_x[kept], age[kept], n[kept])


def _fitted(found: Histories) -> list[PurchaseModel]:
    """Every model of purchases that can be fitted. Raises NoModel where none can."""
    made, refusals = [], []
    for model in MODELS:
        try:
            made.append(model().fit(found))
        except NoModel as refusal:
            refusals.append(refusal)
    if not made:
        raise refusals[0]
    return made


def _parameters(found: _Bases, answers: Answers) -> list[Row]:
    made: list[Row] = []
    refusals: list[NoModel] = []
    for fit in (_of_purchases, _of_spend, _of_contracts):
        try:
            made += fit(found, answers)
        except NoModel as refusal:
            refusals.append(refusal)
    if not made:
        raise refusals[0] if refusals else no_customers()
    return made


def _of_purchases(found: _Bases, answers: Answers) -> list[Row]:
    if found.bought is None:
        return []
    known = _histories(answers["histories"])
    made = []
    for model in _fitted(known):
        is_chosen = model.title == MbgNbd.title and found.main == found.bought
        made += _rows(model, model.title, is_chosen, known.customers, _REASONS[model.title])
    return made


def _of_spend(found: _Bases, answers: Answers) -> list[Row]:
    """Gamma-Gamma of each currency, with the means by frequency beside it where those are chosen."""
    if found.bought is None:
        return []
    made: list[Row] = []
    refusals = []
    known = answers["spend"]
    for currency, own in known.groupby(known["currency"].fillna(""), sort=True):
        x, m, n = (
            own[name].to_numpy(dtype=np.float64) for name in ("repeat_purchases", "mean_repeat_value", "customers")
        )
        try:
            choice = spend_model(x, m, n)
            models = [choice.model] if type(choice.model) is GammaGamma else [GammaGamma().fit(x, m, n), choice.model]
        except NoModel as refusal:
            refusals.append(refusal)
            continue
        for model in models:
            is_chosen = model is choice.model and found.main == found.bought
            reason = _UNFIT if model is not choice.model else _ALIKE if type(model) is GammaGamma else _APART
            told = _rows(model, model.title, is_chosen, int(n.sum()), reason)
            made += [row | {"currency": cast(str, currency) or None} for row in told]
    if refusals and not made:
        raise refusals[0]
    return made


def _of_contracts(found: _Bases, answers: Answers) -> list[Row]:
    if found.signed is None:
        return []
    ages = answers["ages"]
    age, lost, still = (ages[name].to_numpy(dtype=np.float64) for name in ("age", "lost", "still"))
    model = ShiftedBetaGeometric().fit(age, lost, still)
    return _rows(model, model.title, found.main == found.signed, int((lost + still).sum()), _RENEWED)


def _rows(
    model: PurchaseModel | GammaGamma | ShiftedBetaGeometric, title: str, chosen: bool, customers: int, reason: str
) -> list[Row]:
    told = _HELD if model.is_held_ else reason
    return [
        {
            "model": title, "parameter": name, "estimate": float(value), "low": low, "high": high, "chosen": chosen,
            "customers": customers, "currency": None, "reason": told,
        }
        for name, value, (low, high) in zip(model.names, model.parameters_, model.intervals(), strict=True)
    ]  # fmt: skip
