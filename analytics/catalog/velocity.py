"""What the sales velocity and its levers are called and mean."""

from __future__ import annotations

from analytics import sales_velocity
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

VELOCITY = (
    _m("velocity", N_("Sales velocity"), N_("How much money the pipeline turns into sales a day: deals times what a won one is worth times the share that is won, divided by the days it takes. The interval takes the four as independent."),
       "deals x average won value x win rate / median cycle in days", "money", "higher", "interval: delta method on logarithms"),
    _m("lever", N_("Lever"), N_("The velocity, or one of the four numbers it is made of; of a scenario, what is done, as scenario files name it."), "velocity, deals, average_won_value, win_rate, sales_cycle_days", "text"),
    _m("change_share", N_("Change"), N_("How much higher or lower than in the period before, as a share of it."), "value / previous - 1", "share"),
    _m("change_low", N_("Change, low end"), N_("The low end of the 95% interval of the velocity's change."), "95% interval", "share", source="delta method on logarithms"),
    _m("change_high", N_("Change, high end"), N_("The high end of the 95% interval of the velocity's change."), "95% interval", "share", source="delta method on logarithms"),
    _m("contribution", N_("Part of the change"), N_("How much of the change in money a day came from this lever. The four add up to the change exactly."),
       "L(V1, V0) x ln(value / previous), minus for the cycle; L the logarithmic mean", "money", "higher", "LMDI: Ang (2005)"),
    _m("worth_of_tenth", N_("A tenth better"), N_("What the formula gives if this lever alone were a tenth better: 10% more, or a cycle 10% shorter. Arithmetic, not a forecast: in life the levers pull on each other."),
       "velocity x 10%; for the cycle velocity x (1/0.9 - 1)", "money", "higher"),
    _m("counted", N_("Deals counted"), N_("Whether the deals are those created in the period or those open at its end."), "created, open", "text"),
    _m("since", N_("From"), N_("The first day of the period."), "", "text"),
    _m("until", N_("To"), N_("The last day of the period."), "", "text"),
    _m("previous_since", N_("Before, from"), N_("The first day of the period before."), "", "text"),
    _m("previous_until", N_("Before, to"), N_("The last day of the period before."), "", "text"),
)  # fmt: skip

SECTIONS = (("Sales velocity", VELOCITY),)

ANSWERS = (
    Answer("sales_velocity", N_("Sales velocity"), N_("Money a day the pipeline turns into sales, its four levers, and how much each moved it since the period before. Without a period: the last 91 days against the 91 before. Levers are tested against the period before; the correction is over the four. Deals open at one moment are not tested."), (*sales_velocity.COLUMNS, "q_value", "tests")),
)  # fmt: skip
