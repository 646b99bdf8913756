"""What the figures about answering the unhappy are called and mean."""

from __future__ import annotations

from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from analytics.nps import loop, loop_effect, loop_times
from data.messages import N_

_WILSON = "Wilson (1927)"
_KM = "Kaplan and Meier (1958)"
_BC = "Brookmeyer and Crowley (1982)"
_COX = "Cox (1972), Breslow (1974)"

LOOP = (
    _m("case_number", N_("Key of the case"), N_("Tells cases apart, and stays the same whatever else is loaded: it is made from the survey's own number of the answer, else from who answered and when."), "", "text"),
    _m("case_reason", N_("Why it needs an answer"), N_("detractor: an answer from 0 to 6; fallen: a 7 or 8 of somebody who gave 9 or 10 before; detractor_fallen: both."), "", "text"),
    _m("respondent", N_("Respondent"), N_("Who answered the survey."), "", "text"),
    _m("comment", N_("Comment"), N_("What the respondent wrote."), "", "text"),
    _m("answer_on", N_("Answered on"), N_("The day of the answer, where the workspace is."), "", "text"),
    _m("case_status", N_("Status"), N_("open: nobody noted anything, or it was opened again; contacted: somebody was in touch; closed: done. As people of the workspace note it; nothing of it follows from other data."), "", "text"),
    _m("answer_due_on", N_("Answer due"), N_("By which day somebody is to be in touch: the day of the answer and seven days, or as many as the settings say; or the day that was noted."), "day of the answer + days to answer in", "text"),
    _m("answer_overdue", N_("Days overdue"), N_("For how many days an open case has been overdue; empty where it is not."), "day - due day", "days", "lower"),
    _m("case_age", N_("Age of the case"), N_("Days since the answer; of closed cases until they were closed."), "day - day of the answer", "days", "lower"),
    _m("contacted_on", N_("Contacted on"), N_("The day somebody was in touch, as it was noted."), "", "text"),
    _m("closed_on", N_("Closed on"), N_("The day the case was closed, as it was noted."), "", "text"),
    _m("case_note", N_("Note"), N_("What was noted of the case."), "", "text"),
    _m("service_case_on", N_("Service case"), N_("The first service case of the customer opened within 14 days after the answer. A hint that somebody may have reacted, never a status: it may be about something else."), "", "text"),
    _m("cases", N_("On the list"), N_("Answers that need one back. In how fast they are: answers from 0 to 6 since work on the list began."), "count of answers", "count"),
    _m("open_cases_now", N_("Not contacted"), N_("Cases of which nobody noted a contact yet."), "count of cases", "count", "lower"),
    _m("overdue_cases", N_("Overdue cases"), N_("Open cases past the day they are due on."), "count of cases", "count", "lower"),
    _m("contacted_cases", N_("Contacted cases"), N_("Cases where somebody was in touch, not closed yet."), "count of cases", "count"),
    _m("closed_cases", N_("Closed cases"), N_("Cases that are closed."), "count of cases", "count", "higher"),
    _m("revenue_open", N_("Revenue, open"), N_("The revenue in 12 months of the customers with a case that is not closed, each once."), "sum of revenue in 12 months", "money"),
    _m("revenue_overdue", N_("Revenue, overdue"), N_("The same of the customers with an overdue case."), "sum of revenue in 12 months", "money", "lower"),
    _m("older_cases", N_("Older answers"), N_("Answers older than the list reaches, of which nothing was noted; they are not on it."), "count of answers", "count"),
    _m("answered_again", N_("Answered again"), N_("Answers of people who gave another since, of which nothing was noted; the later answer stands for them."), "count of answers", "count"),
    _m("contacted_ever", N_("Contacted"), N_("Cases where somebody was in touch, however late."), "count of cases", "count", "higher"),
    _m("cases_judged", N_("Cases old enough"), N_("Cases whose days to be answered in are over; younger ones say nothing yet of the share in time."), "count of cases", "count"),
    _m("contacted_in_time", N_("Contacted in time"), N_("Those of them contacted within the days to answer in, seven unless the settings say otherwise."), "count of cases", "count", "higher"),
    _m("contacted_in_time_share", N_("Share contacted in time"), N_("What part of the cases old enough that is."), "contacted in time / cases old enough", "share", "higher"),
    _m("contacted_low", N_("Share contacted in time, low end"), N_("The low end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("contacted_high", N_("Share contacted in time, high end"), N_("The high end of its 95% interval."), "95% interval", "share", source=_WILSON),
    _m("contact_days", N_("Days to contact"), N_("Within how many days half of the cases are contacted. Cases that wait are counted for as long as they have waited; empty where half were not reached."), "Kaplan-Meier median", "days", "lower", _KM),
    _m("contact_days_low", N_("Days to contact, low end"), N_("The low end of its 95% interval."), "95% interval", "days", source=_BC),
    _m("contact_days_high", N_("Days to contact, high end"), N_("The high end of its 95% interval; empty where it was not reached."), "95% interval", "days", source=_BC),
    _m("close_days", N_("Days to close"), N_("Within how many days half of the cases are closed, told alike."), "Kaplan-Meier median", "days", "lower", _KM),
    _m("close_days_low", N_("Days to close, low end"), N_("The low end of its 95% interval."), "95% interval", "days", source=_BC),
    _m("close_days_high", N_("Days to close, high end"), N_("The high end of its 95% interval; empty where it was not reached."), "95% interval", "days", source=_BC),
    _m("waiting_now", N_("Still waiting"), N_("Cases nobody was in touch about yet."), "count of cases", "count", "lower"),
    _m("waiting_days", N_("Waiting for"), N_("Half of those who wait have waited for longer than this."), "median of days since the answer", "days", "lower"),
    _m("counted_since", N_("Counted since"), N_("The first day of answers that are counted: the first day anything was noted on, less the days to answer in. Nobody can tell how fast older ones were answered."), "", "text"),
    _m("loop_step", N_("Step"), N_("contact: somebody was in touch; close: the case was closed."), "", "text"),
    _m("day_after", N_("Days after the answer"), N_("How many days after the answer the row tells of."), "", "days"),
    _m("reached_share", N_("Reached by then"), N_("The share of cases that had come to the step by that day, those that still wait counted for as long as they have waited."), "1 - Kaplan-Meier", "share", "higher", _KM),
    _m("reached_low", N_("Reached by then, low end"), N_("The low end of its 95% interval."), "95% interval on the effective number", "share", source=_WILSON),
    _m("reached_high", N_("Reached by then, high end"), N_("The high end of its 95% interval."), "95% interval on the effective number", "share", source=_WILSON),
    _m("still_waiting", N_("Watched"), N_("Cases that had not come to the step before that day and had been watched as long."), "count of cases", "count"),
    _m("is_sure", N_("Enough watched"), N_("Whether at least ten cases were watched as long."), "", "flag"),
    _m("loop_group", N_("Group"), N_("closed: the case was closed within 30 days of the answer; not_closed: it was not."), "", "text"),
    _m("loop_outcome", N_("What is followed"), N_("left: the contract that ran then ended and none followed within 30 days; bought: it bought again, where customers buy without a contract. Both are counted from 30 days after the answer on."), "", "text"),
    _m("happened", N_("It happened to"), N_("How many customers left, or bought again, while they were watched."), "count of customers", "count"),
    _m("happened_share", N_("Share within that time"), N_("The share of customers it happened to within that many days; those watched for less are counted for as long as they were."), "1 - Kaplan-Meier", "share", source=_KM),
    _m("happened_low", N_("Share within that time, low end"), N_("The low end of its 95% interval."), "95% interval on the effective number", "share", source=_WILSON),
    _m("happened_high", N_("Share within that time, high end"), N_("The high end of its 95% interval."), "95% interval on the effective number", "share", source=_WILSON),
    _m("strata", N_("Comparisons"), N_("In how many groups of like customers there are both kinds: the same third of revenue, the same kind of answer (0-3, 4-6, 7-8) and the same half year. Only within these are customers compared."), "count", "count", source=_COX),
    _m("compared", N_("Compared"), N_("How many customers those groups hold."), "count of customers", "count"),
    _m("has_happened", N_("It happened"), N_("Whether the customer left, or bought again, while it was watched."), "", "flag"),
    _m("days_after", N_("Watched for"), N_("Days from 30 days after the answer until it happened, or until the last day known."), "", "days"),
)  # fmt: skip

SECTIONS = ((N_("Closing the loop"), LOOP),)

ANSWERS = (
    Answer("loop_cases", N_("Answers that need one back"), N_("The answers of detractors, and of promoters who are none any more, with what was noted of each: those overdue first, then those of the customers with most revenue."), loop.COLUMNS),
    Answer("loop_standing", N_("How the cases stand"), N_("How many answers need one back, how many are overdue, contacted and closed, and the revenue of their customers: in all, and by owner."), loop.STANDING_COLUMNS),
    Answer("loop_times", N_("How fast the unhappy are contacted"), N_("The share of detractors contacted in time and the days until they are contacted and their cases closed, those who still wait counted for as long as they have waited. Nothing is told before the first contact is noted."), loop_times.COLUMNS),
    Answer("loop_curve", N_("Contacted and closed, day by day"), N_("The share of detractors that was contacted, and whose case was closed, by each day after the answer."), loop_times.CURVE_COLUMNS),
    Answer("loop_effect", N_("Whether closing a case pays"), N_("Customers whose case was closed within 30 days against those whose was not, from then on and among like customers: who stays, or buys again. No experiment: cases are closed where somebody thinks it worth while, so a difference need not come from closing them."), loop_effect.COLUMNS),
    Answer("loop_effect_customers", N_("Who is behind it"), N_("The customers that are compared, first those whose case was not closed and who left, or have not bought since, with most revenue."), loop_effect.LIST_COLUMNS),
)  # fmt: skip
