"""What models make of leaving: how good they are, whether their chances come true, what tells, and what was left out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import rankdata

from analytics.churn.columns import Feature
from analytics.churn.evaluation import Evaluation, Fitted, evaluate, importances
from analytics.churn.judging import calibration_bins, deciles
from analytics.churn.models import FEW_EVENTS
from analytics.churn.samples import Learning, learning
from analytics.customers.basis import Source
from analytics.filters import Filters
from analytics.question import Question
from analytics.rows import Row, frame
from data.messages import N_
from data.tables import Tables

COLUMNS = (
    "model", "auc", "auc_low", "auc_high", "brier", "brier_baseline", "calibration_error", "lift_top_decile", "n", "events",
    "validation", "splits", "horizon_months", "has_skill", "chosen", "columns_used", "leaks", "left_out_untimed",
    "left_out_negative", "left_out_contradictory", "basis", "reason",
)  # fmt: skip
LEAK_COLUMNS = ("field", "auc_alone", "is_leak", "reason")
CALIBRATION_COLUMNS = (
    "model", "cut", "bin", "chance_from", "chance_to", "n", "events", "chance_predicted", "share_left",
    "share_left_low", "share_left_high", "lift", "events_share",
)  # fmt: skip
DRIVER_COLUMNS = (
    "field", "importance", "importance_low", "importance_high", "direction", "level_high", "chance_level_high", "level_low",
    "chance_level_low", "auc_alone", "n", "model", "is_real",
)  # fmt: skip
LEAST_LEVEL = 30
CLEAR = 0.1  # a rank correlation that says which way a number works

NO_SKILL = N_("It tells leavers no better than chance, so it is not used.")
TOO_FEW = N_("Fewer than 100 customers left, so only a model with few features is fitted.")
HONEST = N_("It is used: by itself it does not decide who left.")


def churn_model(tables: Tables, filters: Filters, horizon: int | None = None) -> Question:
    """One row a model. Columns: `COLUMNS`. Filters choose no customers here: models learn from the whole workspace.

    Everything is measured on customers the fit had not seen: five stratified folds where a file says who left, later cut-off
    days where leaving has a date. AUC with DeLong's interval, Brier's score beside that of the same chance for all, and the
    calibration error over ten bins of equal width. A model has skill where its AUC's interval lies above 0.5 and its Brier
    score below the baseline; the best of those is chosen. Raises RequestProblem with fewer than 30 who left or stayed.
    """

    def rows_of(found: Learning, source: Source) -> pd.DataFrame:
        evaluation = evaluate(found.sample)
        chosen = evaluation.chosen
        said = {f"left_out_{state}": n for state, n in found.left_out.items() if state != "known"} | {
            "validation": found.sample.validation, "splits": len(evaluation.splits), "horizon_months": found.horizon_months,
            "columns_used": len(found.columns.features), "leaks": sum(each.is_leak for each in found.columns.left_out),
            "basis": source.basis,
        }  # fmt: skip
        made: list[Row] = []
        for model in evaluation.models:
            judged = model.judged
            few = TOO_FEW if judged.events < FEW_EVENTS else None
            made.append(
                {
                    "model": model.name, "auc": judged.auc, "auc_low": judged.auc_low, "auc_high": judged.auc_high,
                    "brier": judged.brier, "brier_baseline": judged.brier_baseline,
                    "calibration_error": judged.calibration_error, "lift_top_decile": judged.lift_top_decile,
                    "n": judged.n, "events": judged.events, "has_skill": judged.has_skill, "chosen": model is chosen,
                    "reason": few if judged.has_skill else NO_SKILL,
                } | said
            )  # fmt: skip
        return frame(made, COLUMNS)

    return learning(tables, filters, rows_of, horizon)


def churn_leaks(tables: Tables, filters: Filters, horizon: int | None = None) -> Question:
    """One row a column of customers, those left out first. Columns: `LEAK_COLUMNS`.

    A leak is a column whose name tells of leaving, that alone tells leavers with an AUC above 0.97, that is filled in almost
    only for them, or one of whose values only they have.
    """

    def rows_of(found: Learning, source: Source) -> pd.DataFrame:
        out = [
            {"field": each.name, "auc_alone": each.alone, "is_leak": each.is_leak, "reason": each.reason}
            for each in sorted(found.columns.left_out, key=lambda each: (not each.is_leak, each.name.casefold()))
        ]
        kept = sorted(found.columns.features, key=lambda each: -found.columns.alone[each.column])
        out += [
            {"field": each.name, "auc_alone": found.columns.alone[each.column], "is_leak": False, "reason": HONEST}
            for each in kept
        ]
        return frame(out, LEAK_COLUMNS)

    return learning(tables, filters, rows_of, horizon)


def churn_calibration(tables: Tables, filters: Filters, horizon: int | None = None) -> Question:
    """Whether the chances of the chosen model, or the best without skill, come true. Columns: `CALIBRATION_COLUMNS`.

    With `cut` "width" one row a tenth of the scale from 0 to 1 that holds a customer, with "tenth" one a tenth of the
    customers, the highest chances first, with lift and the share of all who left that were caught so far.
    """

    def rows_of(found: Learning, source: Source) -> pd.DataFrame:
        evaluation = evaluate(found.sample)
        model, left = evaluation.chosen or evaluation.best, evaluation.left
        made = [{"model": model.name, "cut": "width"} | row for row in calibration_bins(left, model.chance)]
        for row in deciles(left, model.chance):
            share = row["events_so_far"] / left.sum()
            made.append({"model": model.name, "cut": "tenth", "events_share": share} | row)
        return frame(made, CALIBRATION_COLUMNS)

    return learning(tables, filters, rows_of, horizon)


def churn_drivers(tables: Tables, filters: Filters, horizon: int | None = None) -> Question:
    """One row a feature of the chosen model, or of the best without skill, the most important first. Columns: `DRIVER_COLUMNS`.

    Importance is the AUC lost when a feature's values are shuffled among customers the fit had not seen, with an interval over
    the splits corrected for their overlap (Nadeau and Bengio 2003). The direction of a number is that of its rank correlation
    with the predicted chance; of groups, the ones with the highest and lowest chance that hold 30 customers are named.
    """

    def rows_of(found: Learning, source: Source) -> pd.DataFrame:
        evaluation = evaluate(found.sample)
        model = evaluation.chosen or evaluation.best
        lost = importances(evaluation, model, found.sample.features)
        made: list[Row] = []
        for feature in found.sample.features:
            low, high = _over_splits(lost[feature.column], evaluation)
            made.append(
                {
                    "field": feature.name, "importance": float(lost[feature.column].mean()), "importance_low": low,
                    "importance_high": high, "auc_alone": found.columns.alone[feature.column], "n": len(evaluation.tested),
                    "model": model.name, "is_real": None if low is None else model.judged.has_skill and low > 0,
                } | _which_way(feature, evaluation, model)
            )  # fmt: skip
        made.sort(key=lambda row: -row["importance"])
        return frame(made, DRIVER_COLUMNS)

    return learning(tables, filters, rows_of, horizon)


def _over_splits(values: NDArray[np.float64], evaluation: Evaluation) -> tuple[float | None, float | None]:
    if len(values) < 2:
        return None, None
    ratio = float(np.mean([len(unseen) / len(seen) for seen, unseen in evaluation.splits]))
    error = math.sqrt(values.var(ddof=1) * (1 / len(values) + ratio))
    half = float(stdtrit(len(values) - 1, 0.975)) * error
    return float(values.mean()) - half, float(values.mean()) + half


def _which_way(feature: Feature, evaluation: Evaluation, model: Fitted) -> dict[str, Any]:
    values = evaluation.sample.values[feature.column].iloc[evaluation.tested]
    if feature.kind == "number":
        known = values.notna().to_numpy()
        if known.sum() < LEAST_LEVEL or values[known].nunique() < 2 or np.ptp(model.chance[known]) == 0:
            return {}
        pair = rankdata(values[known]), rankdata(model.chance[known])
        r = float(np.corrcoef(*pair)[0, 1])
        return {"direction": "rises" if r > CLEAR else "falls" if r < -CLEAR else "mixed"}
    told = pd.DataFrame({"level": values.to_numpy(dtype=int), "chance": model.chance}).groupby("level")["chance"].agg(["size", "mean"])  # fmt: skip
    told = told[told["size"] >= LEAST_LEVEL].sort_values("mean", kind="stable")
    if len(told) < 2:
        return {}
    return {
        "direction": "groups", "level_low": feature.levels[told.index[0]], "chance_level_low": float(told["mean"].iloc[0]),
        "level_high": feature.levels[told.index[-1]], "chance_level_high": float(told["mean"].iloc[-1]),
    }  # fmt: skip
