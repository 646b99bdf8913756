"""The customers that a budget could be spent on, one by one, as the model behind the scores has them."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.customers import scores
from analytics.filters import Filters
from analytics.question import Answers
from analytics.rows import number, rows, whole
from analytics.what_if import base_people, targets
from analytics.what_if.base_models import YEAR, Model, Told, model_of, ratio, spend_shift, steady
from analytics.what_if.budget_gains import ON_ONE, Customers, Flags, Floats
from analytics.what_if.scenario import LEVERS, Scenario
from data.customer_settings import CustomerSettings
from data.messages import Message, say
from data.tables import Tables

MOST = 20_000  # customers looked at one by one: those with most at risk
_KNOWN = (
    "customer_id",
    "customer",
    "owner",
    "owner_id",
    "is_lost",
    "is_new",
    "mask",
    "monthly",
    "value",
    "risk",
    "at_risk",
)


@dataclass(frozen=True)
class Known:
    """Who was found: `customers` with names, owners and what strategies go by (value, value at risk; risk, -1 of those lost), the
    currency, the margin (None: money is revenue), how many more were `left_out` and the most that one of them has at risk."""

    customers: Customers
    names: tuple[str | None, ...]
    owners: tuple[str | None, ...]
    value: Floats
    value_at_risk: Floats
    risk: Floats
    currency: str
    margin: float | None
    left_out: int
    most_left_out: float
    refused: Message | None = None  # why no model tells what customers will bring


def asked_first(
    tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings
) -> dict[str, ir.Table]:
    """Who is in which target, by currency, and the report of the models. Raises RequestProblem for a target that cannot be."""
    targets.check(scenario, tables)
    found = base_people.people(tables, filters, scenario, settings)
    return base_people.sizes(found, tables, filters, scenario) | {"report": scores.report_table(filters)}


def asked_then(
    answers: Answers, tables: Tables, filters: Filters, scenario: Scenario, settings: CustomerSettings
) -> dict[str, ir.Table]:
    """`listed`: a row a customer that a lever could be given to, those with most at risk first, with what the model asks of each;
    `rest`: those beyond `MOST`, alike in levers and by the model.

    Nothing is asked where no model tells of customers. Raises RequestProblem for a currency or name that nobody has.
    """
    sizes = base_people.counted(answers, scenario)
    model = _model(answers, sizes.currency)
    if model is None:
        return {}
    found = base_people.people(tables, filters, scenario, settings)
    if "names" in answers:
        base_people.check_names(answers, found, tables, filters, scenario)
    base_people.check_reach(scenario, sizes, has_new=False)
    risks = scores.every(filters).select(of="customer_id", risk=_.risk, missed=_.value_at_risk)
    found = found.filter(found.currency == sizes.currency).left_join(risks, [("customer_id", "of")]).drop("of")
    found = found.mutate(
        monthly=found.monthly_revenue.coalesce(found.brought / 24).fill_null(0.0),
        at_risk=found.is_lost.ifelse(found.brought, found.missed).fill_null(0.0),
    )
    to_keep, to_win = (_bits(scenario, is_lost=is_lost) for is_lost in (False, True))
    is_there = found.is_inside & (found.alive > 0).fill_null(False)
    found = found.filter((is_there & ((found.mask & to_keep) != 0)) | (found.is_lost & ((found.mask & to_win) != 0)))
    found = found.mutate(rank=ibis.row_number().over(order_by=[found.at_risk.desc(), found.customer_id]))
    listed, rest = found.filter(found["rank"] < MOST), found.filter(found["rank"] >= MOST)
    keyed = rest.mutate(**model.keys(rest))
    told = listed.group_by("customer_id", **model.keys(listed)).agg(customers=_.count(), **model.sums(listed))
    return {
        "listed": listed.select(*_KNOWN, "rank").join(told, "customer_id").order_by("rank"),
        "rest": keyed.group_by(["mask", "is_lost", *model.keys(rest)]).agg(
            customers=_.count(), most=_.at_risk.max(), **model.sums(keyed)
        ).order_by(["mask", "is_lost", *model.keys(rest)]),
    }  # fmt: skip


def known(answers: Answers, scenario: Scenario, settings: CustomerSettings) -> Known:
    """The customers of `asked_then`; nobody, and why, where no model tells of them."""
    currency = base_people.counted(answers, scenario).currency
    model = _model(answers, currency)
    margin = settings.margin if scenario.margin is None else scenario.margin
    part = 1.0 if margin is None else margin
    months, levers = scenario.horizon_months, len(scenario.levers)
    if model is None:
        return _nobody(answers, months, levers, currency, margin)
    listed, rest = answers["listed"], answers["rest"]
    is_lost = listed["is_lost"].to_numpy(dtype=bool)
    told = model.told(listed, months)
    there = np.where(is_lost, 0.0, np.minimum(told.alive, 1.0))
    stays = np.exp(-np.cumsum(told.hazard, axis=1))
    spend = ratio(told.revenue, told.alive[:, None] * stays)
    spend_shifts = spend_shift(told.revenue, told.hazard, told.hazard_shifts, told.alive_shifts, told.revenue_shifts)
    hazard, weight, acted = _rest(rest[~rest["is_lost"].astype(bool)], model, months, levers)
    customers = Customers(
        ids=tuple(map(str, listed["customer_id"])),
        alive=there,
        hazard=told.hazard[:, :months],
        spend=np.where(is_lost[:, None], 0.0, spend[:, :months] * part),
        hazard_shifts=told.hazard_shifts,
        alive_shifts=told.alive_shifts,
        spend_shifts=spend_shifts,
        spread=np.sqrt(ratio(told.differing, told.squares)),
        is_new=listed["is_new"].to_numpy(dtype=bool),
        is_lost=is_lost,
        monthly=np.where(is_lost, _numbers(listed["monthly"]) * part, 0.0),
        acted_on=_flags(listed, levers),
        rest_hazard=hazard,
        rest_weight=weight,
        rest_acted_on=acted,
    )
    told_of = rows(listed[["customer", "owner", "owner_id"]])
    beyond = rows(rest[["customers", "most"]])
    return Known(
        customers,
        tuple(row["customer"] for row in told_of),
        tuple(row["owner"] if row["owner"] is not None else row["owner_id"] for row in told_of),
        _numbers(listed["value"]) * part,
        np.where(is_lost, 0.0, _numbers(listed["at_risk"])) * part,
        np.where(is_lost, -1.0, _numbers(listed["risk"])),
        currency,
        margin,
        sum(whole(row["customers"]) for row in beyond),
        max((number(row["most"]) for row in beyond), default=0.0) * part,
    )


def _model(answers: Answers, currency: str) -> Model | None:
    return model_of(scores.read_report(answers["report"]), currency)


def _nobody(answers: Answers, months: int, levers: int, currency: str, margin: float | None) -> Known:
    none, curves, shifts = np.zeros(0), np.zeros((0, months)), np.zeros((0, 0))
    no, acted = np.zeros(0, dtype=bool), np.zeros((0, levers), dtype=bool)
    customers = Customers(
        (), none, curves, curves, shifts, shifts, shifts, none, no, no, none, acted, none, none, acted
    )
    refused = scores.told(scores.read_report(answers["report"]).get("refused"))
    why = refused or say(
        "No model tells what customers will bring: there is too little of orders, invoices or contracts."
    )
    return Known(customers, (), (), none, none, none, currency, margin, 0, 0.0, why)


def _bits(scenario: Scenario, *, is_lost: bool) -> int:
    """The levers that can be given to one customer, of those who are there or of those who are lost."""
    return sum(
        1 << place
        for place, lever in enumerate(scenario.levers)
        if lever.kind in ON_ONE and (LEVERS[lever.kind].acts == "lost") == is_lost
    )


def _rest(rest: pd.DataFrame, model: Model, months: int, levers: int) -> tuple[Floats, Floats, Flags]:
    """Of those not listed: the hazard of a year, how many are there today, which levers act on them."""
    if rest.empty:
        return np.zeros(0), np.zeros(0), np.zeros((0, levers), dtype=bool)
    told: Told = model.told(rest, months)
    span = min(months, YEAR)
    return told.hazard[:, :span].sum(axis=1) * (YEAR / span), told.alive, _flags(rest, levers)


def _flags(found: pd.DataFrame, levers: int) -> Flags:
    mask = found["mask"].to_numpy(dtype=np.int64)
    return np.asarray((mask[:, None] >> np.arange(levers)[None, :]) & 1 == 1)


def _numbers(column: pd.Series) -> Floats:
    return steady(column.to_numpy(dtype=np.float64, na_value=np.nan))
