"""How the open pipeline changes, and how often deals are put off: what these numbers are called and mean."""

from __future__ import annotations

from analytics import pipeline_waterfall, push_rate
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

PUSHES = (
    _m("push_rate", N_("Push rate"), N_("Of the deals seen at two times, the share whose expected close was moved to a later month at least once while they were open."), "pushed / deals seen at two times", "share", "lower", "Wilson (1927)"),
    _m("pushed", N_("Put off"), N_("Deals whose expected close was moved to a later month at least once."), "count of deals", "count", "lower"),
    _m("pushes", N_("Times put off"), N_("How often deals were put off, each time counted."), "count of moves to a later month", "count", "lower"),
    _m("mean_pushes", N_("Times put off, mean"), N_("How often a deal that was put off was so, on average."), "pushes / pushed", "number", "lower"),
    _m("mean_days_pushed", N_("Days put off, mean"), N_("By how many days a deal that was put off was so, all its pushes together, on average."), "sum of days / pushed", "days", "lower"),
    _m("unobserved", N_("Seen once only"), N_("Deals left out because nothing says what their expected close was at two times: load the export again in a week, or add a history of fields."), "count of deals", "count"),
)  # fmt: skip

WATERFALL = (
    _m("step", N_("Step"), N_("What changed the open pipeline. opening: what was open when the first day began. created, reopened: deals that came in. increased, decreased: deals whose amount changed while they were open. moved_in, moved_out: deals whose currency changed. won, lost: deals that left. closing: what was open when the last day ended."),
       "opening + created + reopened + increased + moved_in + decreased + moved_out + won + lost = closing, in money and, without increased and decreased, in deals; what leaves is negative", "text"),
    _m("unknown_amounts", N_("Without an amount"), N_("Deals of the row whose amount at the time is not known. They are in the count and add no money."), "count of deals", "count", "lower"),
    _m("amounts_recorded", N_("Amounts of the time"), N_("True where the data records changes of amounts, so that money is what it was at the time. False: present amounts stand for those of the past."), "", "flag", "higher"),
)  # fmt: skip

SECTIONS = (("Pushes", PUSHES), ("Pipeline waterfall", WATERFALL))

ANSWERS = (
    Answer("push_rate", N_("Push rate"), N_("How often deals are put off to a later month, among those seen at two times: by two files, the second while the deal was open, or by a file that records changes of the deal. A period bounds the pushes, among deals open within it. With --by: each group against all others."), (*push_rate.COLUMNS, "q_value", "tests")),
    Answer("pipeline_waterfall", N_("Pipeline waterfall"), N_("How the open pipeline of one day became that of another, step by step, in each currency. It balances to the cent. Without a period: the last 91 days. A deal closed on an unknown day is left out and counted."), pipeline_waterfall.COLUMNS),
)  # fmt: skip
