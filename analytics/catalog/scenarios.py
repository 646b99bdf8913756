"""What the figures of scenarios that are kept are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.what_if import compared, kept_scenarios, looked_back
from data.messages import N_

_BAND = "p05 - p95, p10 - p90, p25 - p75"
_OVER = "quantile over the draws"

KEPT = (
    _m("scenario", N_("Scenario"), N_("The name it is kept under, or that its file gives it."), "", "text"),
    _m("saved_on", N_("Saved on"), N_("The day it was saved last."), "", "text"),
    _m("forecast_as_of", N_("Forecast as of"), N_("The as-of date of the data that its forecast was made on."), "", "text"),
    _m("lever_count", N_("Levers of the scenario"), N_("How many levers it pulls."), "count of levers", "count"),
    _m("lever_kinds", N_("Kinds of levers"), N_("Which kinds of levers they are."), "", "text"),
    _m("seed", N_("Seed"), N_("What the draws begin from: the same seed, scenario, data and as-of date give the same answer."), "", "text"),
    _m("months_complete", N_("Months over"), N_("How many months of its forecast are over by the as-of date. The first one begins on the day after the forecast's own as-of date."), "count of months", "count"),
    _m("is_readable", N_("Can be read"), N_("False where what was written makes no scenario any more, or its forecast cannot be read."), "", "flag"),
)  # fmt: skip

BACK = (
    _m("actual_compared", N_("What came"), N_("What came of what was forecast. Revenue: what customers of the forecast's as-of date brought, and those since then where the forecast counts them, in its currency and under its filters. Customers: those with a contract at the end of the month, or one that ended in the 30 days before; unknown where there are no contracts, since nobody says when a buyer has left."), "", "number"),
    _m("actual_then", N_("Of customers there were"), N_("The part of it by customers who had bought, or signed, by the forecast's as-of date; those lost by then too, who bring nothing in the forecast."), "", "number"),
    _m("actual_new", N_("Of customers since"), N_("The part by customers who bought, or signed, for the first time after it. Counted where the forecast counts customers still to come."), "", "number"),
    _m("actual_total", N_("All that came"), N_("All that was sold in the month, whether the forecast counts it or not: also without a customer's number. In its currency and under its filters."), "", "number"),
    _m("baseline_band", N_("Within the band of the baseline"), N_("The narrowest band of the forecast without the scenario that what came lies in: 50, 80 or 90% of the draws; 100 where it lies outside all of them. Only for months that are over."), _BAND, "count"),
    _m("scenario_band", N_("Within the band of the scenario"), N_("The same of the forecast with the scenario."), _BAND, "count"),
    _m("baseline_rank", N_("Above of the baseline"), N_("What share of the forecast without the scenario is below what came: 0.5 is its middle. Known from 0.05 to 0.95."), "by linear steps between the quantiles", "share"),
    _m("scenario_rank", N_("Above of the scenario"), N_("The same of the forecast with the scenario."), "by linear steps between the quantiles", "share"),
    *(
        _m(f"{course}_{level}", label, meaning, _OVER, "number")
        for course, level, label, meaning in (
            ("baseline", "p05", N_("Told without it, 5%"), N_("One draw in twenty of the forecast without the scenario is below it.")),
            ("baseline", "p25", N_("Told without it, 25%"), N_("One draw in four of the forecast without the scenario is below it.")),
            ("baseline", "p50", N_("Told without it"), N_("The median of the forecast without the scenario.")),
            ("baseline", "p75", N_("Told without it, 75%"), N_("One draw in four of the forecast without the scenario is above it.")),
            ("baseline", "p95", N_("Told without it, 95%"), N_("One draw in twenty of the forecast without the scenario is above it.")),
            ("scenario", "p05", N_("Told with it, 5%"), N_("One draw in twenty of the forecast with the scenario is below it.")),
            ("scenario", "p10", N_("Told with it, 10%"), N_("One draw in ten of the forecast with the scenario is below it.")),
            ("scenario", "p25", N_("Told with it, 25%"), N_("One draw in four of the forecast with the scenario is below it.")),
            ("scenario", "p50", N_("Told with it"), N_("The median of the forecast with the scenario.")),
            ("scenario", "p75", N_("Told with it, 75%"), N_("One draw in four of the forecast with the scenario is above it.")),
            ("scenario", "p90", N_("Told with it, 90%"), N_("One draw in ten of the forecast with the scenario is above it.")),
            ("scenario", "p95", N_("Told with it, 95%"), N_("One draw in twenty of the forecast with the scenario is above it.")),
        )
    ),
    _m("looked_at", N_("Looked at"), N_("The as-of date up to which the forecast is held against what came."), "", "text"),
    _m("months_forecast", N_("Months forecast"), N_("The horizon of the forecast."), "count of months", "count"),
    _m("looks_like", N_("Looks like"), N_("Which of the two futures the revenue of all months that are over looks like: baseline or scenario, where it lies in the 80% band of that one alone; both, where it would be usual in either; between the two; above or below both; nothing while no month is over. What came has many causes: that it looks like the scenario does not prove that the scenario worked."), "80% band of the sum", "text"),
    _m("months_in_baseline", N_("Months usual for the baseline"), N_("How many of the months that are over lie in the 80% band of the forecast without the scenario."), "count of months", "count"),
    _m("months_in_scenario", N_("Months usual for the scenario"), N_("How many of them lie in the 80% band of the forecast with the scenario."), "count of months", "count"),
    _m("not_counted", N_("Lines not compared"), N_("How many lines of the months begun are in another currency than the forecast, or name no customer: they are in no comparison."), "count of lines", "count"),
)  # fmt: skip

COMPARED = (
    _m("profit_delta_p10", N_("Profit delta, 10%"), N_("One draw in ten is below it."), _OVER, "money"),
    _m("profit_delta_p90", N_("Profit delta, 90%"), N_("One draw in ten is above it."), _OVER, "money"),
    _m("revenue_delta", N_("Revenue delta"), N_("Revenue over the horizon with the scenario less revenue without it, median over the draws."), "", "money", "higher"),
    _m("revenue_delta_p10", N_("Revenue delta, 10%"), N_("One draw in ten is below it."), _OVER, "money"),
    _m("revenue_delta_p90", N_("Revenue delta, 90%"), N_("One draw in ten is above it."), _OVER, "money"),
    _m("is_best", N_("Best"), N_("True for the scenario with the highest median profit delta of those that can be compared."), "", "flag"),
    _m("to_best", N_("Profit beside the best"), N_("Its profit less that of the best scenario, draw by draw, so that what both have in common is no noise; median. 0 for the best one itself."), "median over the draws", "money", "higher"),
    _m("to_best_p10", N_("Profit beside the best, 10%"), N_("One draw in ten is below it."), _OVER, "money"),
    _m("to_best_p90", N_("Profit beside the best, 90%"), N_("One draw in ten is above it."), _OVER, "money"),
    _m("not_compared", N_("Not compared for"), N_("Why it cannot be compared with the first scenario: horizon, currency, margin, new_customers (one counts customers still to come, the other does not) or draws. Empty where it can."), "", "text"),
)  # fmt: skip

SECTIONS = (
    ("Scenarios that are kept", KEPT),
    ("What came of a scenario", BACK),
    ("Scenarios side by side", COMPARED),
)

ANSWERS = (
    Answer("scenarios", N_("Scenarios"), N_("The scenarios that are kept in the workspace, the one saved last first, and how many months of each one's forecast are over."),
           kept_scenarios.COLUMNS),
    Answer("looked_back", N_("What came of a scenario"), N_("The forecast that was kept with a scenario, without it and with it, beside what came since, month by month: revenue, revenue so far, and customers. Months that are not over are shown and not judged. The filters are those of the forecast."),
           looked_back.COLUMNS),
    Answer("looked_back_verdict", N_("Which future came"), N_("Which of the two futures, with the scenario or without, the revenue of all months that are over looks like, and how sure that is."),
           looked_back.VERDICT_COLUMNS),
    Answer("compare_scenarios", N_("Scenarios side by side"), N_("Up to six scenarios in the same draws: whether each pays, what it adds and costs, and how it does beside the best of them, draw by draw. Seed and number of draws are those of the first."),
           compared.COLUMNS),
)  # fmt: skip
