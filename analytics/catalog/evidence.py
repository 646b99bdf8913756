"""What the evidence for the models of customers is called and means."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.customers import model_report
from data.messages import N_

_TOTAL = "variance of a sum: sum(variance) + sum over k of (sum of shifts k) squared; log-normal"
_FADER = "Fader, Hardie and Lee (2005)"

TESTED = (
    _m("cutoff", N_("Known until"), N_("The day up to which the past was known to the model. What came later it did not see."), "", "text"),
    _m("foretold_until", N_("Foretold until"), N_("The day up to which it had to foretell."), "", "text"),
    _m("weeks", N_("Weeks foretold"), N_("How many weeks were held back: at most the horizon, at most half of the history, at least 8 and two usual gaps between purchases."), "min(horizon, history / 2)", "count"),
    _m("customers_tested", N_("Customers told of"), N_("Customers who had bought by then, in the currency of most purchases. Those who came later are in neither figure."), "count of customers", "count"),
    _m("predicted", N_("Purchases told"), N_("How many purchases the model would have told them to make."), "sum of expected purchases", "number", source=_FADER),
    _m("predicted_low", N_("Purchases told, low end"), N_("The low end of its 80% interval."), _TOTAL, "number", source="delta method"),
    _m("predicted_high", N_("Purchases told, high end"), N_("The high end of its 80% interval."), _TOTAL, "number", source="delta method"),
    _m("actual", N_("Purchases that came"), N_("How many they made: days of purchase, what came back wholly by the end left out."), "count of customers' days of purchase", "count"),
    _m("error", N_("Purchases missed by"), N_("By how much too many purchases were told, as a share of those that came; below 0, too few."), "(told - came) / came", "share"),
    _m("naive", N_("Purchases before"), N_("What saying the same again would have told: the purchases of the same customers in as long a time before."), "count of customers' days of purchase", "count"),
    _m("spend_model", N_("Model of spend"), N_("What told the worth of a purchase: gamma_gamma or stratified_spend; mean_spend, the plain mean, where too few came back; purchases, where no amounts are known."), "", "text"),
    _m("revenue_predicted", N_("Revenue told"), N_("What the models would have told the customers to bring, not discounted."), "sum of expected purchases x expected worth of one", "money", source=_FADER),
    _m("revenue_low", N_("Revenue told, low end"), N_("The low end of its 80% interval."), _TOTAL, "money", source="delta method"),
    _m("revenue_high", N_("Revenue told, high end"), N_("The high end of its 80% interval."), _TOTAL, "money", source="delta method"),
    _m("revenue_actual", N_("Revenue that came"), N_("What they brought, returns taken off."), "sum of net amounts", "money"),
    _m("revenue_error", N_("Revenue missed by"), N_("By how much too much revenue was told, as a share of what came; below 0, too little. Beyond 10% the model is said to be off."), "(told - came) / came", "share"),
    _m("revenue_naive", N_("Revenue before"), N_("What saying the same again would have told: the revenue of the same customers in as long a time before."), "sum of net amounts", "money"),
    _m("captured_top_tenth", N_("Brought by the top tenth"), N_("The share of all that came that was brought by the tenth of the customers who were told to bring most. 10% would be chance."), "revenue of the tenth / revenue", "share", "higher"),
    _m("naive_captured", N_("Brought by the top tenth before"), N_("The same for the tenth that brought most in the time before."), "revenue of the tenth / revenue", "share"),
    _m("rank_correlation", N_("Order of customers"), N_("How well the order of the customers by what was told fits the order by what they brought: 1 wholly, 0 not at all."), "Spearman's rank correlation", "number", "higher"),
    _m("inside_range", N_("Within their range"), N_("Of the customers who brought anything, the share whose revenue lay within the 80% range told of each."), "customers within it / customers who brought anything", "share"),
    _m("inside_customers", N_("Brought anything"), N_("How many customers that rests on."), "count of customers", "count"),
    _m("decile", N_("Tenth"), N_("The tenth of the customers, 1 those of whom most was expected."), "", "count"),
    _m("none_predicted", N_("Chance of nothing, told"), N_("The mean chance to buy nothing that was told of these customers."), "mean of chances", "share"),
    _m("none_observed", N_("Bought nothing"), N_("The share of them that bought nothing."), "customers without a purchase / customers", "share"),
    _m("none_low", N_("Bought nothing, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source="Wilson (1927)"),
    _m("none_high", N_("Bought nothing, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source="Wilson (1927)"),
)  # fmt: skip

PARAMETERS = (
    _m("parameter", N_("Parameter"), N_("What the model calls it; time is in weeks."), "", "text"),
    _m("estimate", N_("Estimate"), N_("The value under which what was seen is likeliest."), "maximum likelihood", "number"),
    _m("parameter_low", N_("Estimate, low end"), N_("The low end of its 95% interval; of monthly_churn 80%."), "estimate x exp(-z x standard error of its logarithm)", "number"),
    _m("parameter_high", N_("Estimate, high end"), N_("The high end of its 95% interval; of monthly_churn 80%."), "estimate x exp(z x standard error of its logarithm)", "number"),
)  # fmt: skip

SECTIONS = (
    ("Back-tests of the models of customers", TESTED),
    ("Parameters of the models of customers", PARAMETERS),
)

ANSWERS = (
    Answer("lifetime_back_test", N_("Back-test"), N_("The model is fitted to what was known on an earlier day, and what it says of the time after is held against what came, beside what saying the same again would have told. Several days, the one that counts most first. Models learn from the whole workspace, so filters change nothing here."),
           model_report.BACK_TEST_COLUMNS),
    Answer("lifetime_deciles", N_("Back-test by tenth of customers"), N_("The customers of the first back-test in ten equal parts by what was told of them, with what they brought. Together they are all of it."),
           model_report.DECILE_COLUMNS),
    Answer("none_calibration", N_("Chance of nothing, tested"), N_("The customers of the first back-test by the chance to buy nothing that was told of them, with the share that bought nothing."),
           model_report.NONE_COLUMNS),
    Answer("model_parameters", N_("Parameters"), N_("What the models in use learnt from this company's customers."),
           model_report.PARAMETER_COLUMNS),
)  # fmt: skip
