"""What separates won deals from lost ones, and why deals are lost: what these numbers are called and mean."""

from __future__ import annotations

from analytics import drivers, lost_reasons
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

_FIRTH = "bias-reduced logistic regression: Firth (1993)"

DRIVERS = (
    _m("field", N_("Field"), N_("Which column of the data the row is about."), "", "text"),
    _m("expected_win_rate", N_("Win rate of others like them"), N_("The win rate these deals would have if they did as other deals of the same size and source."),
       "mean chance by the fitted model, as if the deals had another value", "share", "higher", _FIRTH),
    _m("odds_ratio", N_("Plain odds"), N_("The odds of these deals to be won, for each of the odds of all other closed deals, as they stand. 1: as others; 0.5: half the odds."),
       "(won + 0.5) / (lost + 0.5), for each of the same of the others", "number", "higher", "Haldane (1956), Anscombe (1956)"),
    _m("adjusted_odds_ratio", N_("Odds, like for like"), N_("The odds to be won against deals of the same size and source, so that a field does not take the credit for what sizes or sources do. 1: as others; 0.5: half the odds. Empty below 30 deals and for fields set aside."),
       "exp of the value's coefficient in a logistic regression of won on value, size quarter and source", "number", "higher", _FIRTH + "; Wald interval"),
    _m("adjusted_for", N_("Like for like in"), N_("What the odds are adjusted for. A size or source that follows from the outcome, or cannot be told apart from the value, is left out."), "size: quarters of the amount, by currency; source: the ten commonest, the others, none", "text"),
    _m("deals_difference", N_("Won deals more or fewer"), N_("How many more, or fewer, deals were won than if these did as others like them."), "sum over the deals of the two chances of the model", "number", "higher", _FIRTH),
    _m("deals_low", N_("Won deals, low end"), N_("The low end of the 95% interval of that difference."), "at the low end of the odds", "number"),
    _m("deals_high", N_("Won deals, high end"), N_("The high end of the 95% interval of that difference."), "at the high end of the odds", "number"),
    _m("value_lost", N_("Money in lost deals"), N_("What the lost deals of the row are worth. Empty where there are several currencies, or where amounts follow from the outcome."), "sum of amount over lost deals", "money", "lower"),
    _m("money_difference", N_("Money more or less"), N_("What the won deals more or fewer are worth, each deal by its own amount. Empty where there are several currencies, or where amounts follow from the outcome."),
       "sum of amount x difference of the two chances", "money", "higher"),
    _m("same_as", N_("Same deals as"), N_("Values of other fields that exactly the same deals have; they are not compared again."), "", "text"),
    _m("is_leakage", N_("Set aside"), N_("True where the field looks written once the outcome was known, so it explains nothing. It is not compared."),
       "filled in far more often for one outcome (by 40 points, or 15% against a tenth of it), or values that end one way in 98 of 100 deals by more than luck (p < 0.000001)", "flag"),
)  # fmt: skip

LOSSES = (
    _m("share_of_known", N_("Share of those with a reason"), N_("Of the lost deals that have a reason, the share with this one. Stages are compared by it, so that blanks do not look like a difference."), "deals / lost deals with a reason", "share"),
    _m("n_known", N_("With a reason"), N_("Lost deals of the row's stage that have a reason."), "count of deals", "count", "higher"),
    _m("money_share", N_("Share of money"), N_("Of the lost money, the share in this row."), "sum of amount / sum of amount over lost deals", "share", source="linearised interval: Cochran (1977), 6.4"),
    _m("money_low", N_("Money, low end"), N_("The low end of the 95% interval of the row's money, or of its share of the money."), "95% interval", "number", source="Cochran (1977), 6.4"),
    _m("money_high", N_("Money, high end"), N_("The high end of the 95% interval of the row's money, or of its share of the money."), "95% interval", "number", source="Cochran (1977), 6.4"),
    _m("spellings", N_("Ways it is written"), N_("In how many ways the reason is written that differ only in case or spaces. They count as one, by the commonest."), "count of distinct texts", "count", "lower"),
    _m("p_value", N_("p-value"), N_("How likely a difference this clear would be by chance, if this were the only comparison."), "odds: Wald; shares: score test, or Fisher's exact test where a cell holds fewer than five", "share", "lower"),
)  # fmt: skip

SECTIONS = (("What separates won from lost", DRIVERS), ("Lost reasons", LOSSES))

ANSWERS = (
    Answer("drivers", N_("What separates won from lost"), N_("Every value that at least 25 and 2% of the closed deals have, of every field of deals, owners, customers and products, against all other closed deals of the same size and source. Only closed deals are compared; open ones are counted beside, never as lost. Fields that look written after the outcome are set aside, with the reason."), drivers.COLUMNS),
    Answer("lost_reasons", N_("Lost reasons"), N_("Why deals were lost, by deals and money: all stages together (an empty stage), then each stage they were lost at, where a history says it. An empty reason is a blank. Each stage is compared with the others."), lost_reasons.COLUMNS),
    Answer("missing_reasons", N_("Lost deals without a reason"), N_("Whether lost deals without a reason differ from the rest by stage, size or owner. Where they do, the reasons that are given lean towards those who give them."), lost_reasons.BLANK_COLUMNS),
)  # fmt: skip
