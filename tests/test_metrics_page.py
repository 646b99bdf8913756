"""METRICS.md and the catalogue say the same, and leave no column of an answer unexplained."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from analytics.before_after import before_after
from analytics.bottlenecks import bottlenecks
from analytics.catalog import ANSWERS, METRICS, SECTIONS, page
from analytics.commands import COMMANDS
from analytics.comparison import Compared, comparison
from analytics.conversion_trend import conversion_trend
from analytics.cumulative_flow import cumulative_flow
from analytics.customers.churn_definitions import churn_definitions, churn_list
from analytics.customers.concentration import concentration, revenue_curve
from analytics.customers.contact_programme import contact_breaches, contact_coverage, contact_programme
from analytics.customers.customer_card import customer_card, customer_contacts, customer_open_deals
from analytics.customers.ideal import ideal_customer, ideal_prospects
from analytics.customers.lifecycle_moves import lifecycle_moves, logo_churn
from analytics.customers.lifecycle_stages import lifecycle_stages
from analytics.customers.model_report import lifetime_back_test, lifetime_deciles, model_parameters, none_calibration
from analytics.customers.profit import customer_profit, whale_curve
from analytics.customers.rep_dependency import if_leaves, rep_dependency, single_contacts, single_totals
from analytics.customers.rfm_segments import rfm, rfm_cells
from analytics.customers.sales_totals import sales_totals
from analytics.customers.timeline import customer_changes, customer_timeline
from analytics.customers.value_risk import customer_value_risk
from analytics.customers.value_risk_cells import quadrant_cells
from analytics.customers.value_risk_totals import value_at_risk
from analytics.discounts import discounts
from analytics.drivers import drivers
from analytics.fields import find
from analytics.filters import Filters
from analytics.findings import findings
from analytics.first_contact import first_contact
from analytics.funnel import stage_conversion
from analytics.funnel_deals import skipped_stages, stage_deals
from analytics.lost_reasons import lost_reasons, missing_reasons
from analytics.mended import bottlenecks_joint
from analytics.nps.accounts import account_nps
from analytics.nps.adaptive import nps_windows
from analytics.nps.at_stake import nps_at_stake, nps_detractors
from analytics.nps.change_points import nps_change_points
from analytics.nps.compared import Sides, nps_compared
from analytics.nps.distribution import nps_distribution
from analytics.nps.leaving import nps_and_leaving, nps_before_leaving
from analytics.nps.loop import loop_cases, loop_standing
from analytics.nps.loop_effect import loop_effect, loop_effect_customers
from analytics.nps.loop_times import loop_curve, loop_times
from analytics.nps.marked import nps_marks
from analytics.nps.matching import respondent_matches
from analytics.nps.mix import nps_mix
from analytics.nps.moves import nps_moved, nps_moves
from analytics.nps.non_response import non_response
from analytics.nps.repeat import nps_and_repeat, nps_and_revenue
from analytics.nps.respondent_history import respondent_history
from analytics.nps.response_rate import response_rate
from analytics.nps.revenue_weighted import nps_accounts, revenue_weighted_nps
from analytics.nps.reweighted import nps_reweighted
from analytics.nps.scales import survey_scales
from analytics.nps.silence_follows import silence_follows
from analytics.nps.silent import silence, silent_accounts
from analytics.nps.themes.heard import theme_comments, theme_volume
from analytics.nps.themes.keyness import nps_keyness
from analytics.nps.themes.suggestions import theme_suggestions
from analytics.nps.themes.themes import nps_themes
from analytics.nps.trend import nps
from analytics.owners import owner_attribution
from analytics.pipeline_waterfall import pipeline_waterfall
from analytics.process_map import process_map, process_stages
from analytics.push_rate import push_rate
from analytics.quality import quality
from analytics.question import Question
from analytics.queue_growth import queue_growth
from analytics.sales_cycle import sales_cycle
from analytics.sales_velocity import sales_velocity
from analytics.stage_curve import stage_curve
from analytics.stage_paths import rework, stage_moves, stage_paths
from analytics.stalled_deals import stalled_deals, stalled_reasons
from analytics.stalled_stages import open_deal_ages, stalled_owners, stalled_stages
from analytics.summary import METRICS as HEADLINES
from analytics.summary import summary
from analytics.summary_trend import summary_trend
from analytics.time_in_stage import time_in_stage
from analytics.time_to_convert import time_to_convert
from analytics.touches import touches
from analytics.what_if.budget import budget, budget_curve, budget_strategies
from analytics.what_if.compared import compared, side
from analytics.what_if.kept_scenarios import scenarios
from analytics.what_if.looked_back import looked_back, looked_back_verdict
from analytics.what_if.scenario import Scenario
from analytics.win_rate import DEFINITIONS, win_rate
from data.customer_settings import CustomerSettings
from data.engine import Engine
from tests.analytics.kept_forecast import outcome as drawn
from tests.analytics.kept_forecast import saved
from tests.analytics.scored import keep
from tests.analytics.what_if_asked import WHAT_IF

PERIODS = ((date(2025, 1, 1), date(2025, 6, 30)), (date(2025, 7, 1), date(2025, 12, 31)))
SPENT: dict[str, Any] = {"scenario": Scenario("Nothing", budget=0.0), "settings": CustomerSettings()}
SIDES = [side(Scenario("Plan", horizon_months=3), drawn())]
QUESTIONS: dict[str, Callable[..., Question]] = {
    **WHAT_IF,
    "scenarios": partial(scenarios, kept=(saved(),)),
    "looked_back": partial(looked_back, saved=saved()),
    "looked_back_verdict": partial(looked_back_verdict, saved=saved()),
    "compare_scenarios": lambda tables, filters: Question({}, lambda answers: compared(SIDES)),
    "budget": partial(budget, **SPENT),
    "budget_strategies": partial(budget_strategies, **SPENT),
    "budget_curve": partial(budget_curve, **SPENT),
    "nps_keyness": nps_keyness,
    "nps_themes": nps_themes,
    "theme_volume": theme_volume,
    "theme_comments": theme_comments,
    "theme_suggestions": theme_suggestions,
    "bottlenecks": bottlenecks,
    "all_mended": bottlenecks_joint,
    "before_after": partial(before_after, on=date(2026, 1, 1)),
    "stalled_deals": stalled_deals,
    "stalled_stages": stalled_stages,
    "stalled_owners": stalled_owners,
    "stalled_reasons": stalled_reasons,
    "open_deal_ages": open_deal_ages,
    "time_in_stage": time_in_stage,
    "stage_curve": stage_curve,
    "time_to_convert": time_to_convert,
    "conversion_trend": conversion_trend,
    "comparison": partial(comparison, compared=Compared(periods=PERIODS)),
    "win_rate": win_rate,
    "stage_conversion": stage_conversion,
    "sales_cycle": sales_cycle,
    "quality": quality,
    "summary": summary,
    "summary_trend": summary_trend,
    "findings": findings,
    "stage_paths": stage_paths,
    "stage_moves": stage_moves,
    "rework": rework,
    "queue_growth": queue_growth,
    "cumulative_flow": cumulative_flow,
    "process_map": process_map,
    "process_stages": process_stages,
    "sales_velocity": sales_velocity,
    "push_rate": push_rate,
    "pipeline_waterfall": pipeline_waterfall,
    "drivers": drivers,
    "first_contact": first_contact,
    "touches": touches,
    "discounts": discounts,
    "lost_reasons": lost_reasons,
    "missing_reasons": missing_reasons,
    "skipped_stages": skipped_stages,
    "deals_in_stage": stage_deals,
    "owner_attribution": owner_attribution,
    "lifetime_back_test": lifetime_back_test,
    "lifetime_deciles": lifetime_deciles,
    "none_calibration": none_calibration,
    "model_parameters": model_parameters,
    "sales_totals": sales_totals,
    "concentration": concentration,
    "revenue_curve": revenue_curve,
    "rep_dependency": rep_dependency,
    "single_contacts": single_contacts,
    "single_totals": single_totals,
    "if_leaves": partial(if_leaves, leaver="owner", name="Ann"),
    "customer_profit": customer_profit,
    "whale_curve": whale_curve,
    "customer_value_risk": customer_value_risk,
    "value_at_risk": value_at_risk,
    "quadrant_cells": quadrant_cells,
    "lifecycle": lifecycle_stages,
    "lifecycle_moves": lifecycle_moves,
    "logo_churn": logo_churn,
    "churn_definitions": churn_definitions,
    "churn_list": churn_list,
    "rfm": rfm,
    "rfm_cells": rfm_cells,
    "ideal_customer": ideal_customer,
    "ideal_prospects": ideal_prospects,
    "contact_programme": contact_programme,
    "contact_coverage": contact_coverage,
    "contact_breaches": contact_breaches,
    "customer_card": partial(customer_card, customer="1", is_number=True),
    "customer_timeline": partial(customer_timeline, customer="1", is_number=True),
    "customer_changes": partial(customer_changes, customer="1", is_number=True),
    "customer_contacts": partial(customer_contacts, customer="1", is_number=True),
    "nps": nps,
    "nps_windows": nps_windows,
    "nps_compared": partial(
        nps_compared, sides=Sides((date(2025, 1, 1), date(2025, 6, 30)), (date(2025, 7, 1), date(2025, 12, 31)))
    ),
    "nps_change_points": nps_change_points,
    "nps_marks": nps_marks,
    "customer_open_deals": partial(customer_open_deals, customer="1", is_number=True),
    "nps_and_leaving": nps_and_leaving,
    "nps_and_repeat": nps_and_repeat,
    "nps_and_revenue": nps_and_revenue,
    "nps_before_leaving": nps_before_leaving,
    "nps_at_stake": nps_at_stake,
    "nps_detractors": nps_detractors,
    "nps_moves": nps_moves,
    "nps_moved": nps_moved,
    "respondent_history": partial(respondent_history, customer="1", is_number=True),
    "nps_mix": nps_mix,
    "account_nps": account_nps,
    "revenue_weighted_nps": revenue_weighted_nps,
    "nps_accounts": nps_accounts,
    "nps_distribution": nps_distribution,
    "survey_scales": survey_scales,
    "respondent_matches": respondent_matches,
    "loop_cases": loop_cases,
    "loop_standing": loop_standing,
    "loop_times": loop_times,
    "loop_curve": loop_curve,
    "loop_effect": loop_effect,
    "loop_effect_customers": loop_effect_customers,
    "response_rate": response_rate,
    "non_response": non_response,
    "nps_reweighted": nps_reweighted,
    "silent_accounts": silent_accounts,
    "silence": silence,
    "silence_follows": silence_follows,
}
WITHOUT_GROUPS = {
    *WHAT_IF,
    "scenarios", "looked_back", "looked_back_verdict", "compare_scenarios",
    "budget", "budget_strategies", "budget_curve",
    "nps_windows", "nps_compared", "nps_change_points", "nps_marks",
    "nps_keyness", "nps_themes", "theme_volume", "theme_comments", "theme_suggestions",
    "loop_cases", "loop_standing", "loop_curve", "loop_effect", "loop_effect_customers",
    "non_response", "nps_reweighted", "silent_accounts", "silence_follows",
    "nps_distribution", "survey_scales", "respondent_matches",
    "nps_accounts",
    "lifetime_back_test", "lifetime_deciles", "none_calibration", "model_parameters",
    "contact_programme", "contact_breaches",
    "customer_card", "customer_timeline", "customer_changes", "customer_contacts", "customer_open_deals",
    "customer_value_risk", "quadrant_cells",
    "sales_totals", "concentration", "revenue_curve", "rep_dependency", "single_contacts", "single_totals", "if_leaves", "customer_profit",
    "whale_curve",
    "lifecycle_moves", "logo_churn", "churn_definitions", "churn_list", "rfm", "rfm_cells", "ideal_customer", "ideal_prospects",
    "queue_growth", "cumulative_flow",
    "before_after",
    "conversion_trend", "comparison", "quality", "pipeline_waterfall",
    "summary", "summary_trend", "findings", "stage_paths", "stage_moves", "rework", "process_map", "process_stages", "sales_velocity", "drivers", "lost_reasons", "missing_reasons",
    "first_contact", "touches",
    "stalled_deals", "stalled_stages", "stalled_owners", "stalled_reasons", "open_deal_ages",
    "skipped_stages", "deals_in_stage", "owner_attribution",
    "nps_and_leaving", "nps_and_repeat", "nps_and_revenue", "nps_before_leaving", "nps_at_stake", "nps_detractors", "nps_moves", "nps_moved", "respondent_history",
}  # fmt: skip


def test_no_name_means_two_things():
    names = [metric.name for _title, metrics in SECTIONS for metric in metrics]
    assert len(names) == len(set(names))


def test_the_page_is_the_catalogue(root: Path):
    assert (root / "METRICS.md").read_text("utf-8") == page(), "run: python -m analytics.catalog > METRICS.md"


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_column_is_explained(name):
    deals = {"deal_id": ["1", "2"], "status": ["open", "won"], "owner": ["Ann", "Ann"], "amount": [None, 10.0]}
    deals |= {"customer_id": [None, "C"], "closed_at": [None, datetime(2025, 12, 1)]}
    engine = Engine.in_memory({"deals": deals})
    if COMMANDS[name].needs_scores:
        keep(engine, Filters(date(2026, 1, 1)), [])
    options = {} if name in WITHOUT_GROUPS else {"by": find("owner", engine.tables)}
    found = QUESTIONS[name](engine.tables, Filters(date(2026, 1, 1)), **options).answer(engine.run)
    own = ANSWERS[name].columns
    assert [column for column in found.columns if column != "owner" or column in own] == list(own)
    for column in ANSWERS[name].columns:
        assert METRICS[column].meaning


def test_every_headline_and_definition_is_explained():
    assert set(HEADLINES) <= METRICS.keys()
    for definition in DEFINITIONS:
        name = "win_rate" if definition == "closed" else f"win_rate_{definition}"
        assert METRICS[name].formula and METRICS[name].meaning


def test_commands_and_answers_are_the_same():
    assert ANSWERS.keys() == COMMANDS.keys()
