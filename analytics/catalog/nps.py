"""What the Net Promoter Score is called and means."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps import trend
from data.messages import N_

_ROCKS = "Rocks (2016)"

NPS = (
    _m("nps", N_("NPS"), N_("The Net Promoter Score: the share of promoters less the share of detractors, from -100 to 100. Only whole answers from 0 to 10 to the question whether one would recommend count; answers on other scales are told apart under their own names, and blank answers are none. Of several answers of one person within 24 hours the last one counts."), "100 x (promoters - detractors) / n", "points", "higher", "Reichheld (2003)"),
    _m("promoters", N_("Promoters"), N_("Answers of 9 and 10."), "count of answers", "count", "higher"),
    _m("passives", N_("Passives"), N_("Answers of 7 and 8."), "count of answers", "count"),
    _m("detractors", N_("Detractors"), N_("Answers from 0 to 6."), "count of answers", "count", "lower"),
    _m("against", N_("Compared with"), N_("before: the period before; rest: all other answers. With fewer than 30 answers on either side there is no test. People who answered in both periods are counted as the same."), "z = difference / sqrt(SE1^2 + SE2^2 - 2 cov), adjusted SEs", "text", source=_ROCKS),
)  # fmt: skip

SECTIONS = (("NPS", NPS),)

ANSWERS = (
    Answer("nps", N_("NPS over time"), N_("The Net Promoter Score of each period, with its interval, and whether it really changed against the period before; with --grain all and --by, of each group against all other answers."),
           trend.COLUMNS),
)  # fmt: skip
