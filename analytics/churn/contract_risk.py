"""The chance that customers with contracts leave within the next months, and what raises it, for a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _
from numpy.typing import NDArray

from analytics.churn.hazards import AGE, LEFT, ContractRisk, Hazards, left_of
from analytics.churn.judging import deciles, normal_quantile
from analytics.churn.samples import months_before, own_columns
from analytics.customers.basis import Source
from analytics.customers.contracts import contracts
from analytics.customers.scores import Keeper
from analytics.filters import Filters
from data.tables import Tables

Floats = NDArray[np.float64]
LEAST_TESTED = 50
LEVEL = 0.8
OWN_PRICE = "monthly_revenue"


class CustomerRisks:
    """A fitted `ContractRisk` with the features of all customers: frames need `customer_id` alone."""

    def __init__(self, model: ContractRisk, known: pd.DataFrame) -> None:
        self.model, self._known = model, known
        self._places = pd.Index(known["customer_id"])

    @property
    def report(self) -> dict[str, Any]:
        return self.model.report_

    @cached_property
    def _hazards(self) -> Hazards:
        """Of all customers, once: what is made of features is the slow part."""
        return self.model.hazards(self._known)

    def staying(self, frame: pd.DataFrame, horizon: int) -> Floats:
        return self.model.staying_of(self._hazards.of(self._rows(frame)), horizon)

    def risk_interval(self, frame: pd.DataFrame, horizon: int, level: float) -> tuple[Floats, Floats]:
        return self.model.risk_interval_of(self._hazards.of(self._rows(frame)), horizon, level)

    def hazards(self, frame: pd.DataFrame) -> Hazards:
        """What the model makes of these customers."""
        return self._hazards.of(self._rows(frame))

    def reasons(self, frame: pd.DataFrame) -> pd.DataFrame:
        rows = self._rows(frame)
        return self.model.reasons_of(self._hazards.of(rows), self._known.iloc[rows])

    def _rows(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        rows = self._places.get_indexer(frame["customer_id"])
        if (rows < 0).any():
            raise KeyError("a customer that was not there when the model was fitted")
        return rows


def fit_contract_risk(
    keeper: Keeper, tables: Tables, filters: Filters, source: Source, known: pd.DataFrame
) -> CustomerRisks:
    """Fit on the customers of `known` (`customer_id, tenure_months, has_left, monthly_revenue`) with what their file says of them.

    `report["fitted"]["curves"]` has the baselines. With dated contracts `report["back_test"]` has what a fit a horizon ago said of
    this time, by tenth of predicted risk, and `report["back_test_stays"]` how many stayed in all: `n, months, predicted, observed`, and
    `doubt`, the standard deviation of the first's logarithm by what that fit did not know.
    Raises RequestProblem where nobody's age is known.
    """
    names = own_columns(tables, {"tenure_months", "monthly_revenue"})
    horizon = filters.models.horizon_months
    own = keeper.run(_features(tables, names)) if names else pd.DataFrame({"customer_id": []})
    every = _joined(known, own)
    model = ContractRisk(horizon, names=dict(names) | {OWN_PRICE: OWN_PRICE}).fit(every)
    model.report_["fitted"] = {"curves": [asdict(each) for each in model.baselines_]}
    if source.basis == "subscriptions":
        model.report_ |= _back_test(keeper, tables, filters, source, own, names, known)
    return CustomerRisks(model, every)


def _features(tables: Tables, names: Mapping[str, str]) -> ir.Table:
    """One row a customer listed: what the file says of it."""
    listed = tables.customers.filter(_.customer_id.notnull())
    return listed.group_by("customer_id").agg(**{column: _[column].max() for column in names})


def _joined(known: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    place = pd.Index(own["customer_id"]).get_indexer(known["customer_id"])
    found = {"customer_id": known["customer_id"].to_numpy(), AGE: known["tenure_months"].to_numpy(dtype=np.float64)}
    found |= {
        LEFT: known["has_left"].to_numpy(),
        "monthly_revenue": known["monthly_revenue"].to_numpy(dtype=np.float64),
    }
    for name in own.columns.drop("customer_id"):
        values = own[name].to_numpy()[place] if len(own) else np.full(len(known), None, dtype=object)
        if (place < 0).any() and len(own):
            values = values.copy()
            values[place < 0] = None if values.dtype == object else np.nan
        found[name] = values
    return pd.DataFrame(found)


def _back_test(
    keeper: Keeper, tables: Tables, filters: Filters, source: Source, own: pd.DataFrame, names: Mapping[str, str], known: pd.DataFrame
) -> dict[str, Any]:  # fmt: skip
    """By tenth of the risk predicted a horizon ago, what came: `back_test`, rows of `tenth, n, predicted, observed, low, high`; and
    `back_test_stays`."""
    then = replace(filters, as_of=months_before(filters.as_of, filters.models.horizon_months))
    before = _joined(keeper.run(contracts(tables, then, source)), own)
    there = ~left_of(before)
    if before.empty or there.sum() < LEAST_TESTED:
        return {"back_test": []}
    model = ContractRisk(filters.models.horizon_months, names=dict(names) | {OWN_PRICE: OWN_PRICE}).fit(before)
    now = known.set_index("customer_id")["has_left"]
    asked = before[there].reset_index(drop=True)
    came = now.reindex(asked["customer_id"]).fillna(False).to_numpy(dtype=bool)
    months = filters.models.horizon_months
    hazards = model.hazards(asked)
    risk = 1 - model.staying_of(hazards, months)[:, -1]
    low, high = model.risk_interval_of(hazards, months, LEVEL)
    stays = float((1 - risk).sum())
    # All off together: more than they are, so that what came is not held against the model where it need not be.
    doubt = float((high - low).sum()) / (2 * normal_quantile(LEVEL)) / stays if stays > 0 else 0.0
    in_all = {"n": len(asked), "months": months, "predicted": stays, "observed": int((~came).sum()), "doubt": doubt}
    tenths = [
        {"tenth": row["bin"], "n": row["n"], "predicted": row["chance_predicted"], "observed": row["share_left"],
         "low": row["share_left_low"], "high": row["share_left_high"]}
        for row in deciles(came, risk)
    ]  # fmt: skip
    return {"back_test": tenths, "back_test_stays": in_all}
