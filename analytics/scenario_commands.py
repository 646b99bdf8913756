"""The commands about scenarios that are kept, and the options each alone has."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from analytics.calls import Asked, Call, Command
from analytics.what_if.kept_scenarios import compare_scenarios, scenarios
from analytics.what_if.looked_back import looked_back, looked_back_verdict
from analytics.what_if.scenario import Scenario
from analytics.what_if.scenario_file import as_name, of_json
from analytics.what_if_commands import scenario_of
from data.errors import RequestProblem
from data.messages import say
from data.scenarios import found


def _scenarios(call: Call) -> Asked:
    return Asked(scenarios(call.tables, call.filters, call.scenarios), {})


def _looked_back(call: Call) -> Asked:
    saved = found(call.scenarios, call.options.scenario_name)
    return Asked(looked_back(call.tables, call.filters, saved), {"scenario": saved.name})


def _verdict(call: Call) -> Asked:
    saved = found(call.scenarios, call.options.scenario_name)
    return Asked(looked_back_verdict(call.tables, call.filters, saved), {"scenario": saved.name})


def _which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", dest="scenario_name", required=True, metavar="NAME", help="a scenario that is kept")


def _compared(call: Call) -> Asked:
    asked = _asked_for(call)
    question = compare_scenarios(call.tables, call.filters, call.customers, asked)
    return Asked(question, {"scenarios": [scenario.name for scenario in asked], "seed": asked[0].seed})


def _asked_for(call: Call) -> list[Scenario]:
    """The scenarios of the files and names given, files first; one without a name is called as its file."""
    asked = []
    for name in call.options.scenario_files:
        scenario = scenario_of(name)
        asked.append(scenario if scenario.name else replace(scenario, name=as_name(Path(name).stem)))
    asked += [of_json(found(call.scenarios, name).written) for name in call.options.scenario_names]
    if not asked:
        raise RequestProblem(
            say("No scenario was given to compare."),
            say("Give --scenario FILE or --name NAME, up to six times in all."),
        )
    return asked


def _which_ones(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scenario", dest="scenario_files", action="append", default=[], metavar="FILE",
        help="a scenario in YAML or JSON; again for each",
    )  # fmt: skip
    parser.add_argument(
        "--name", dest="scenario_names", action="append", default=[], metavar="NAME",
        help="a scenario that is kept; again for each",
    )  # fmt: skip


SCENARIOS: dict[str, Command] = {
    "scenarios": Command(_scenarios, has_by=False, of_customers=True),
    "looked_back": Command(_looked_back, _which, has_by=False, of_customers=True),
    "looked_back_verdict": Command(_verdict, _which, has_by=False, of_customers=True),
    "compare_scenarios": Command(_compared, _which_ones, has_by=False, of_customers=True, needs_scores=True),
}
