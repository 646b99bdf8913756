"""What the fit kept of its own evidence, as rows: back-tests, deciles, chances of nothing, parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from analytics.customers.scores import read_report, report_table
from analytics.filters import Filters
from analytics.question import Question
from analytics.rows import Row, frame
from data.tables import Tables

BACK_TEST_COLUMNS = (
    "cutoff", "foretold_until", "weeks", "customers_tested", "model", "predicted", "predicted_low", "predicted_high", "actual", "error",
    "naive", "spend_model", "revenue_predicted", "revenue_low", "revenue_high", "revenue_actual", "revenue_error",
    "revenue_naive", "currency", "captured_top_tenth", "naive_captured", "rank_correlation", "brier", "brier_baseline",
    "calibration_error", "inside_range", "inside_customers",
)  # fmt: skip
DECILE_COLUMNS = (
    "decile", "customers_tested", "predicted", "predicted_low", "predicted_high", "actual", "revenue_predicted", "revenue_low",
    "revenue_high", "revenue_actual", "currency", "cutoff", "foretold_until",
)  # fmt: skip
NONE_COLUMNS = (
    "bin", "chance_from", "chance_to", "customers_tested", "none_predicted", "none_observed", "none_low", "none_high", "cutoff",
    "foretold_until",
)  # fmt: skip
PARAMETER_COLUMNS = ("model", "parameter", "currency", "estimate", "parameter_low", "parameter_high")
Report = Mapping[str, Any]


def lifetime_back_test(tables: Tables, filters: Filters) -> Question:
    """One row a cut-off day, the one that counts most first. Columns: `BACK_TEST_COLUMNS`.

    Filters choose no customers here: models are fitted and tested on the whole workspace, in its commonest currency. No rows
    where nothing could be tested. Intervals of totals are 80%.
    """
    return _of_report(filters, BACK_TEST_COLUMNS, _origins)


def lifetime_deciles(tables: Tables, filters: Filters) -> Question:
    """One row a tenth of the customers, those of whom most was expected first, of the first origin. Columns: `DECILE_COLUMNS`."""
    return _of_report(filters, DECILE_COLUMNS, partial(_of_first, "deciles"))


def none_calibration(tables: Tables, filters: Filters) -> Question:
    """One row a tenth of the scale that holds a customer: the chance of nothing that was told, and the share that bought nothing.

    Columns: `NONE_COLUMNS`; of the first origin.
    """
    return _of_report(filters, NONE_COLUMNS, partial(_of_first, "none_bins"))


def model_parameters(tables: Tables, filters: Filters) -> Question:
    """One row a parameter of the models in use, with its 95% interval, 80% of the monthly churn. Columns: `PARAMETER_COLUMNS`."""
    return _of_report(filters, PARAMETER_COLUMNS, _parameters)


def tested(report: Report) -> Report | None:
    """The back-test of a report of who buys freely; None of contracts."""
    found = report.get("back_test")
    return found if isinstance(found, dict) else None


def _of_report(filters: Filters, columns: Sequence[str], rows_of: Callable[[Report], list[Row]]) -> Question:
    return Question(
        {"report": report_table(filters)}, lambda answers: frame(rows_of(read_report(answers["report"])), columns)
    )


def _origins(report: Report) -> list[Row]:
    test = tested(report) or {}
    return [
        row
        | {"customers_tested": row["customers"], "foretold_until": row["until"], "currency": test["currency"] or None}
        for row in test.get("origins", ())
    ]


def _of_first(part: str, report: Report) -> list[Row]:
    """The rows of a part of the first origin."""
    found: list[Row] = []
    for origin in _origins(report)[:1]:
        said: dict[str, Any] = {name: origin[name] for name in ("cutoff", "foretold_until", "currency")}
        found += [row | said | {"customers_tested": row["customers"]} for row in (tested(report) or {})[part]]
    return found


def _parameters(report: Report) -> list[Row]:
    return [row | {"parameter_low": row["low"], "parameter_high": row["high"]} for row in report.get("parameters", ())]


def paces(report: Report) -> dict[str, float]:
    """What the parameters come to, by name, as far as the models in use say it.

    `weeks` between purchases of the average customer while it stays (alpha / r), `half_weeks` that half of them do not go beyond
    (the median rate of a Gamma(r, alpha) distribution), `leaving`: the chance to be gone after a purchase (a / (a + b)).
    """
    known = {
        row["parameter"]: float(row["estimate"]) for row in report.get("parameters", ()) if row["model"] == "mbg_nbd"
    }
    if not known.keys() >= {"r", "alpha", "a", "b"}:
        return {}
    from scipy.special import gammaincinv

    return {
        "weeks": known["alpha"] / known["r"],
        "half_weeks": known["alpha"] / float(gammaincinv(known["r"], 0.5)),
        "leaving": known["a"] / (known["a"] + known["b"]),
    }
