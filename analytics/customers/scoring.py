"""The fit: what the models say of every customer, kept as scores with a report of how it was come by.

The report (`scores.read_report`) has `basis`, `reason`, `customers`, `buyers`, `lost`, `model` (one of `MODELS`), `model_reason`, `refused`
(why a better model was not used, or null), `parameters` (rows of `model, parameter, estimate, low, high`), `spend`, `thresholds`
and, by basis, `back_test` (`analytics/customers/back_test.py`) or `contract`; sentences in it are dumped Messages. `fitted` has what the
models can be made of again: of purchases `purchases` and `spend` (a row a currency), each with its parameters and the covariance of
their logarithms; of contracts the `curves`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis
import numpy as np
import pandas as pd

from analytics.customers import prepared, scores, who
from analytics.customers.back_test import back_test, refused, usual_gap
from analytics.customers.basis import PURCHASES, Source, counts, known_source
from analytics.customers.facts import facts
from analytics.customers.free_buyers import free_buyers
from analytics.customers.lifecycle_months import DATED, months
from analytics.customers.purchases import in_order, lines, netted
from analytics.customers.rfm import rfm_scores, rfm_segment
from analytics.customers.scores import FACTS, SCORED, Keeper, Progress
from analytics.filters import Filters
from data.messages import say
from data.tables import Tables

# Text and days that no model looks at stay in the engine.
_NOT_FOR_MODELS = ("customer", "owner", "owner_id", "created_on", "last_contact_on", "last_case_on", "last_answer_on")
# The tiers of customers by the share of all value that those before them bring.
_TIERS = (("A", 0.80), ("B", 0.95), ("C", 1.0))


def score(keeper: Keeper, tables: Tables, filters: Filters, progress: Progress) -> None:
    """Fit the models and keep what they say. Raises RequestProblem where nothing tells of customers."""
    source = known_source(keeper.run(counts(tables, filters)))
    name = scores.name(filters)
    gathered = f"{name}_facts"
    made = [gathered, prepared.name_of_customers(name), prepared.name_of_purchases(name)]
    progress(0.02, say("Gathering what is known of each customer…"))
    try:
        keeper.keep_scores(made[1], prepared.numbered(who.customers(tables, filters)))
        if source.basis in PURCHASES:
            bought = netted(prepared.renumbered(lines(tables, filters, source), name), source)
            keeper.keep_scores(made[2], in_order(bought, source))
        source = replace(source, prepared=name)
        progress(0.15, say("Gathering what is known of each customer…"))
        keeper.keep_scores(gathered, facts(tables, filters, source))
        table = ibis.table(FACTS | {"has_left": "boolean"}, name=gathered)
        known = keeper.run(table.drop(*_NOT_FOR_MODELS))
        progress(0.25, say("Fitting the models…"))
        scored, report = _scored(keeper, tables, filters, source, known, progress)
        progress(0.9, say("Keeping the scores…"))
        keeper.keep_scores(name, table.drop("has_left"), scored, "customer_id")
        if source.basis in DATED:
            keeper.keep_scores(f"{name}_months", months(tables, filters, source, report))
    finally:
        for part in made:
            keeper.drop_scores(part)
    scores.keep_report(keeper, filters, _about(source, known, scored) | report)
    progress(1.0, say("Done."))


def _scored(
    keeper: Keeper, tables: Tables, filters: Filters, source: Source, known: pd.DataFrame, progress: Progress
) -> tuple[pd.DataFrame, dict[str, Any]]:
    if source.is_contract:
        from analytics.customers.of_contracts import of_contracts

        found, report = of_contracts(keeper, tables, filters, source, known, progress)
    else:
        found, report = _tested(keeper, tables, filters, source, known, progress)
    has_bought = known["purchases"].to_numpy() > 0
    found["tier"] = tiers(found["value"].to_numpy(dtype=float), found["lifecycle"].to_numpy())
    rated = rfm_scores(known[has_bought]) if not source.is_contract and has_bought.any() else None
    for place, column in enumerate(("recency_score", "frequency_score", "monetary_score")):
        column_of = pd.array([pd.NA] * len(known), dtype="Int64")
        if rated is not None:
            column_of[has_bought] = np.asarray(rated[place])
        found[column] = column_of
    if "curve" not in found:
        found["curve"] = pd.array([pd.NA] * len(known), dtype="Int64")
    segments = np.full(len(known), None, dtype=object)
    if rated is not None:
        segments[has_bought] = rfm_segment(*rated)
    found["rfm_segment"] = segments
    missing = {column: np.nan for column in SCORED if column not in found}
    found = found.assign(customer_id=known["customer_id"].to_numpy(), **missing)
    return found[["customer_id", *SCORED]], report


def _tested(
    keeper: Keeper, tables: Tables, filters: Filters, source: Source, known: pd.DataFrame, progress: Progress
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Scores of who buys freely, with the back-test of their model; a model without skill is not used."""
    found, report = free_buyers(keeper, tables, filters, source, known, progress)
    if report["refused"] is not None:
        return found, report | {"back_test": refused(report["refused"])}

    def testing(share: float) -> None:
        progress(0.7 + 0.2 * share, say("Testing the models on your own past…"))

    # A return after a cut-off was not known at it, so the past is told from the orders themselves.
    test = back_test(keeper, tables, filters, replace(source, prepared=""), usual_gap(known), testing)
    if not test["is_used"]:
        found, report = free_buyers(keeper, tables, filters, source, known, progress, test["unused"])
    return found, report | {"back_test": test}


def tiers(value: np.ndarray, lifecycle: np.ndarray) -> np.ndarray:
    """A for the customers who bring the first 80% of all value, largest first, B for the next 15%, C for the rest; none for the lost."""
    found = np.full(len(value), None, dtype=object)
    worth = np.where(np.isin(lifecycle, ("lost", "potential")), 0.0, np.nan_to_num(value))
    order = np.argsort(-worth, kind="stable")
    order = order[worth[order] > 0]
    if len(order):
        before = np.cumsum(worth[order]) - worth[order]
        share = before / worth.sum()
        found[order] = np.array([tier for tier, _up_to in _TIERS], dtype=object)[
            np.searchsorted([up_to for _tier, up_to in _TIERS[:-1]], share, side="right")
        ]
    return found


def _about(source: Source, known: pd.DataFrame, scored: pd.DataFrame) -> dict[str, Any]:
    return {
        "basis": source.basis,
        "reason": source.reason(),
        "customers": len(known),
        "buyers": int((known["purchases"] > 0).sum()),
        "lost": int((scored["lifecycle"] == "lost").sum()),
        "several_currencies": source.several_currencies,
        "other_currencies": int(known["other_currencies"].sum()),
    }
