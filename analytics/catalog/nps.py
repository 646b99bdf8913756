"""What the Net Promoter Score is called and means."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps import change_points, compared, marked, trend
from data.messages import N_

_ROCKS = "Rocks (2016)"

NPS = (
    _m("nps", N_("NPS"), N_("The Net Promoter Score: the share of promoters less the share of detractors, from -100 to 100. Only whole answers from 0 to 10 to the question whether one would recommend count; answers on other scales are told apart under their own names, and blank answers are none. Of several answers of one person within 24 hours the last one counts."), "100 x (promoters - detractors) / n", "points", "higher", "Reichheld (2003)"),
    _m("promoters", N_("Promoters"), N_("Answers of 9 and 10."), "count of answers", "count", "higher"),
    _m("passives", N_("Passives"), N_("Answers of 7 and 8."), "count of answers", "count"),
    _m("detractors", N_("Detractors"), N_("Answers from 0 to 6."), "count of answers", "count", "lower"),
    _m("against", N_("Compared with"), N_("before: the period before; rest: all other answers. With fewer than 30 answers on either side there is no test. People who answered in both periods are counted as the same; against all other answers, those of one customer count together where that makes the error larger."), "z = difference / sqrt(SE1^2 + SE2^2 - 2 cov), adjusted SEs", "text", source=_ROCKS),
    _m("mark", N_("Mark"), N_("What people wrote of the day they marked."), "", "text"),
    _m("before_since", N_("Before, first day"), N_("The first day of the stretch before."), "", "text"),
    _m("before_until", N_("Before, last day"), N_("The last day of the stretch before."), "", "text"),
    _m("after_since", N_("After, first day"), N_("The first day of the stretch after."), "", "text"),
    _m("after_until", N_("After, last day"), N_("The last day of the stretch after."), "", "text"),
    _m("pairs_of_answers", N_("Pairs of answers"), N_("How many pairs there are of an answer before and an answer after by the same person. What they have in common makes the difference surer, or less sure, than of strangers."), "cov = sum (v1 - m1)(v2 - m2) / (n1 n2)", "count"),
    _m("answers_a_month", N_("Answers a month"), N_("How many answers came a month, from the change before to the change after."), "answers / months", "number"),
    _m("answers_needed", N_("Answers needed"), N_("How many answers each of two months would need for a change as large as this to stand out from one month to the next in four of five cases, as the only real one among all months."), "2 (z + 0.84)^2 (sd / change)^2, z at 2.5% / months", "count"),
)  # fmt: skip

SECTIONS = (("NPS", NPS),)

ANSWERS = (
    Answer("nps", N_("NPS over time"), N_("The Net Promoter Score of each period, with its interval, and whether it really changed against the period before; with --grain all and --by, of each group against all other answers."),
           trend.COLUMNS),
    Answer("nps_windows", N_("NPS by windows of enough answers"), N_("The Net Promoter Score by windows of whole days that wait until they have enough answers, 100 unless another number is asked for. They do not overlap and are cut from the newest answer back; what is left at the beginning belongs to the oldest. No more than 60 come of it. Each is tested against the one before it."),
           trend.COLUMNS),
    Answer("nps_compared", N_("NPS of two periods"), N_("The Net Promoter Scores of any two periods and their difference, the second less the first. People who answered in both are counted as the same people."),
           compared.COLUMNS),
    Answer("nps_change_points", N_("Since when NPS is another"), N_("The days on which the Net Promoter Score changed, with the score before (back to the change before) and after (up to the next). The day with the largest standardised difference of before and after is held against the same of the answers dealt to the days at random, 999 times; it stands with p below 0.01, so that where nothing changed less than one history in a hundred shows a change. What lies before and after it is then looked at in the same way. Where people answered more than once, the difference counts for as much less as that makes it less sure. The day is the likeliest, and may be off by some weeks where answers are few; a change is seen where it was, not why."),
           change_points.COLUMNS),
    Answer("nps_marks", N_("NPS before and after marked days"), N_("For each day people marked in the workspace, the Net Promoter Score of the days before it and of as many from it on, and whether the difference is real, corrected over all marks. What else happened in those days is in it too."),
           marked.COLUMNS),
)  # fmt: skip
