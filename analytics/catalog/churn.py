"""What survival, hazard ratios and churn models are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.churn import churn_model, customer_survival, hazard_ratios
from data.messages import N_

_DELONG = "DeLong, DeLong and Clarke-Pearson (1988)"
_CURVE = "Kaplan and Meier (1958)"

STAYING = (
    _m("months", N_("Months"), N_("After how many months from the beginning the row tells who is still there."), "", "number"),
    _m("survival", N_("Still there"), N_("The share of customers who are still there after so many months. Those who have not left count for as long as they have been there. Empty beyond the longest time known."), "product over the months of 1 - left / at risk", "share", "higher", _CURVE),
    _m("median_months", N_("Median months"), N_("After how many months half of the customers have left. Empty where more than half are still there."), "first time by which half have left (Kaplan-Meier)", "number", "higher", _CURVE),
    _m("median_months_low", N_("Median months, low end"), N_("The low end of its 95% interval."), "95% interval", "number", source="Brookmeyer and Crowley (1982)"),
    _m("median_months_high", N_("Median months, high end"), N_("The high end of its 95% interval. Empty where it is not reached."), "95% interval", "number", source="Brookmeyer and Crowley (1982)"),
    _m("events", N_("Left"), N_("How many of the customers the row rests on have left."), "count of customers", "count"),
    _m("longest_months", N_("Longest known"), N_("The longest time that a customer is known to have been there."), "maximum", "number"),
    _m("left_out_untimed", N_("Left out, unknown"), N_("Customers left out because nothing says how long they have been there, or whether they left."), "count of customers", "count", "lower"),
    _m("left_out_negative", N_("Left out, below zero"), N_("Customers left out because they end before they begin."), "count of customers", "count", "lower"),
    _m("left_out_contradictory", N_("Left out, contradictory"), N_("Customers left out because what is said of their leaving contradicts itself: flagged as left and as there, flagged as left with a contract that runs, or gone only after the as-of date."), "count of customers", "count", "lower"),
    _m("basis", N_("Told by"), N_("Which data says who left: subscriptions (a contract ended and was not renewed within 30 days; who came back never left), tenure (the file says it), orders, summary or deals (inferred: silent for longer than customers who buy like them are before they buy again)."), "", "text"),
    _m("is_inferred", N_("Inferred"), N_("True where nobody says who left: it is inferred from silence, and who buys again later has not left after all."), "", "flag"),
)  # fmt: skip

RATIOS = (
    _m("level", N_("Value"), N_("The value of the field that the row's customers have; empty for a blank."), "", "text"),
    _m("reference_level", N_("Compared with"), N_("The field's commonest value, with which the others are compared."), "", "text"),
    _m("hazard_ratio", N_("Hazard ratio"), N_("How many times as fast customers with this value leave as those with the one it is compared with, at equal values of the other fields: 2 is twice as fast, 0.5 half as fast. It does not say that the value is the cause."), "exp(coefficient) of Cox's model, ties as Efron", "number", "lower", "Cox (1972), Efron (1977)"),
    _m("is_proportional", N_("Same at every age"), N_("False where the ratio changes with the customer's age, after correction for all rows; it is then an average. Empty without a ratio."), "", "flag"),
    _m("proportional_p", N_("p-value of the same ratio"), N_("How likely a change of the ratio with age as clear as this would be by chance."), "scaled Schoenfeld residuals against the rank of time", "share", source="Grambsch and Therneau (1994)"),
)  # fmt: skip

MODELS = (
    _m("model", N_("Model"), N_("Which model the row is about."), "", "text"),
    _m("chosen", N_("Chosen"), N_("True for the model that is used."), "", "flag"),
    _m("horizon_months", N_("Within months"), N_("The time in which customers leave or stay. Empty where a file says who left, at no given time."), "", "number"),
    _m("auc", N_("AUC"), N_("How often, of a customer who left and one who did not, the model gave the first the higher chance. 50% is chance, 100% perfect. Measured on customers the fit had not seen."), "area under the receiver operating characteristic; ties count half", "share", "higher", _DELONG),
    _m("auc_low", N_("AUC, low end"), N_("The low end of its 95% interval."), "95% interval on the scale of log odds", "share", source=_DELONG),
    _m("auc_high", N_("AUC, high end"), N_("The high end of its 95% interval."), "95% interval on the scale of log odds", "share", source=_DELONG),
    _m("brier", N_("Brier score"), N_("How far the chances are from what happened, squared and averaged: 0 is perfect."), "mean((chance - left)^2)", "number", "lower", "Brier (1950)"),
    _m("brier_baseline", N_("Brier score of no model"), N_("The same, were every customer given the share that left among those the fit had seen."), "mean((share - left)^2)", "number"),
    _m("calibration_error", N_("Calibration error"), N_("How far, on average, the share that left is from the chance predicted, over ten bins of equal width."), "sum over bins of n_b / n x |mean chance - share that left|", "share", "lower", "Naeini, Cooper and Hauskrecht (2015)"),
    _m("lift_top_decile", N_("Lift, top tenth"), N_("How many times as many left among the tenth of the customers with the highest chance as among all."), "share that left in the top tenth / share that left", "number", "higher"),
    _m("validation", N_("Measured by"), N_("How the model was kept from knowing those it is judged on: cross_validation, five stratified folds, pooled; rolling_origin, fitted on what was known at earlier days and judged on a later one."), "", "text"),
    _m("splits", N_("Splits"), N_("How many times it was fitted and judged."), "count of splits", "count"),
    _m("has_skill", N_("Has skill"), N_("True where the AUC's interval lies above 50% and the Brier score below that of no model. A model without skill is not used."), "", "flag"),
    _m("columns_used", N_("Columns used"), N_("How many columns the model may use."), "count of columns", "count"),
    _m("leaks", N_("Leaks left out"), N_("How many columns were left out because they look written once a customer had left."), "count of columns", "count"),
    _m("auc_alone", N_("AUC alone"), N_("How well the column alone tells who left. Above 97% it looks written afterwards. Empty for columns not looked at."), "AUC of the number or of its absence; of groups by the share that left among other customers", "share"),
    _m("is_leak", N_("Leak"), N_("True where the column looks written once a customer had left, so that no model may use it."), "", "flag"),
)  # fmt: skip

COMING_TRUE = (
    _m("cut", N_("Cut"), N_("How customers are put together: width, tenths of the scale from 0 to 1; tenth, tenths of the customers, the highest chances first."), "", "text"),
    _m("bin", N_("Part"), N_("Which of them."), "", "count"),
    _m("chance_from", N_("Chance from"), N_("The lowest chance in the part; of a width, where it begins."), "", "share"),
    _m("chance_to", N_("Chance to"), N_("The highest chance in the part; of a width, where it ends."), "", "share"),
    _m("chance_predicted", N_("Predicted"), N_("The mean chance to leave that the model gave."), "mean(chance)", "share"),
    _m("share_left", N_("Left in fact"), N_("The share of them that left."), "events / n", "share", "lower", "Wilson (1927)"),
    _m("share_left_low", N_("Left in fact, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source="Wilson (1927)"),
    _m("share_left_high", N_("Left in fact, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source="Wilson (1927)"),
    _m("lift", N_("Lift"), N_("How many times as many left as among all."), "share that left / share of all", "number", "higher"),
    _m("events_share", N_("Caught so far"), N_("The share of all who left that are in this tenth or one with higher chances."), "events so far / events", "share", "higher"),
)  # fmt: skip

DRIVERS = (
    _m("importance", N_("Importance"), N_("How much of the AUC is lost when the field's values are shuffled among customers the fit had not seen. Fields that say the same share it."), "AUC - AUC with the values shuffled, mean over the splits", "share", "higher", "Breiman (2001)"),
    _m("importance_low", N_("Importance, low end"), N_("The low end of its 95% interval over the splits."), "Student's interval, corrected for what the splits share", "share", source="Nadeau and Bengio (2003)"),
    _m("importance_high", N_("Importance, high end"), N_("The high end of its 95% interval over the splits."), "Student's interval, corrected for what the splits share", "share", source="Nadeau and Bengio (2003)"),
    _m("direction", N_("Which way"), N_("How the chance to leave goes with the field: rises or falls with a number, mixed where it does neither clearly, groups for a field of names."), "sign of Spearman's correlation with the chance, beyond 0.1", "text"),
    _m("level_high", N_("Highest with"), N_("The value, of those of at least 30 customers, with the highest mean chance to leave."), "", "text"),
    _m("chance_level_high", N_("Highest chance"), N_("The mean chance to leave of customers with that value."), "mean(chance)", "share"),
    _m("level_low", N_("Lowest with"), N_("The value, of those of at least 30 customers, with the lowest mean chance to leave."), "", "text"),
    _m("chance_level_low", N_("Lowest chance"), N_("The mean chance to leave of customers with that value."), "mean(chance)", "share"),
    _m("is_real", N_("Real"), N_("True where the model has skill and the importance's interval lies above 0."), "", "flag"),
)  # fmt: skip

SECTIONS = (
    ("How long customers stay", STAYING),
    ("Hazard ratios", RATIOS),
    ("Churn models", MODELS),
    ("Whether chances come true", COMING_TRUE),
    ("What tells who leaves", DRIVERS),
)

ANSWERS = (
    Answer("survival", N_("How long customers stay"), N_("The share of customers still there after 12, 24, 36 months and so on, as far as at least ten were followed, and the median. Contracts count from the first day of the first to the end of the last; purchases from the first to the last of a customer that has gone silent. With --by: each group against all other customers by the log-rank test; groups below 30 are not tested."),
           (*customer_survival.COLUMNS, "p_value", "q_value", "tests")),
    Answer("hazard_ratios", N_("Hazard ratios"), N_("How many times as fast customers leave with one value of a field as with its commonest one, all fields named in one model (Cox's). Values with fewer than ten customers or five who left have no ratio and say why; fields that say the same are refused."),
           hazard_ratios.COLUMNS),
    Answer("churn_model", N_("Churn model"), N_("How good the models of leaving are, each measured on customers it had not seen: logistic regression, and gradient boosting with calibrated chances where at least 100 customers left. Where a file says who left, that is what is learnt; with contracts and purchases, whether a customer left within 12 months (6 where the history is short) after days in the past, from what was known at each; what the customers' file says is taken as it stands now. Filters change nothing: models learn from all customers. Below 30 who left it is refused."),
           churn_model.COLUMNS),
    Answer("churn_leaks", N_("Columns checked for leaks"), N_("Every column of customers that is filled in: whether the churn model may use it, how well it alone tells who left, and why it was left out. Columns look written afterwards by their name, because they alone decide, or because only customers who left have them."),
           churn_model.LEAK_COLUMNS),
    Answer("churn_calibration", N_("Do the chances come true"), N_("What the chosen churn model said of customers it had not seen, and what came: by tenths of the scale, and by tenths of the customers with lift."),
           churn_model.CALIBRATION_COLUMNS),
    Answer("churn_drivers", N_("What tells who leaves"), N_("How much each field helps the chosen churn model on customers it had not seen, and which way it works. That a field tells who leaves does not say that it is the cause."),
           churn_model.DRIVER_COLUMNS),
)  # fmt: skip
