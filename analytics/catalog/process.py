"""What the map of the process is called and means."""

from __future__ import annotations

from analytics import process_map
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

PROCESS = (
    _m("from_stage", N_("From"), N_("The stage the deal left; empty where it came from no stage of the pipeline."), "", "text"),
    _m("from_order", N_("Place of the stage left"), N_("The place in the pipeline of the stage the deal left."), "", "count"),
    _m("to_stage", N_("To"), N_("The stage the deal went to; empty where it went to none. All won stages are one."), "", "text"),
    _m("to_order", N_("Place of the stage come to"), N_("The place in the pipeline of the stage the deal went to."), "", "count"),
    _m("timed", N_("Moves with a time"), N_("Moves of which it is known how long the deal was at the stage before. Their days rest on them."), "count of stays that are over, with a time of coming and leaving", "count"),
    _m("p75_completed_days", N_("Slow quarter of the completed"), N_("A quarter of the moves came after more days at the stage than this. It looks too short: the slow ones still go on and are not in it."), "75th percentile of leaving - coming, moves made", "days", "lower"),
)  # fmt: skip

SECTIONS = (("Process map", PROCESS),)

ANSWERS = (
    Answer("process_map", N_("Process map"), N_("Every direct move from one stage to the next: how often, by how many deals, after how many days at the stage, and with how much money. Beside the moves out of a stage there are those into it from outside: start, where deals begin, and came_in, from another pipeline or after having been closed. So what comes to a stage is what leaves it and what is still there. Days are those of the moves made; how long a stage takes, with those still there counted, is in process_stages."),
           process_map.ARROW_COLUMNS),
    Answer("process_stages", N_("Stages of the process map"), N_("The stages between the arrows of process_map: visits, those that go on, money, and the days by which half have left, those still there counted for as long as they have been there. A period bounds the creation of deals, as in process_map."),
           process_map.NODE_COLUMNS),
)  # fmt: skip
