"""The shape of a command of `python -m analytics`: what a call asks about, and how a command makes its question."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from analytics.fields import Field
from analytics.filters import Filters
from analytics.question import Question
from data.customer_settings import CustomerSettings
from data.loop_cases import LoopCases
from data.marks import Mark
from data.scenarios import SavedScenario
from data.survey_settings import SurveySettings
from data.tables import Tables
from data.theme_list import STARTER, Theme


@dataclass(frozen=True)
class Call:
    """What one call of a command asks about: `options` are its parsed arguments, `facts` what is known of the data, `has_scores`
    whether the models of customers were fitted for these filters."""

    tables: Tables
    filters: Filters
    by: Field | None
    options: argparse.Namespace
    facts: Mapping[str, str]
    customers: CustomerSettings = field(default_factory=CustomerSettings)
    themes: tuple[Theme, ...] = STARTER
    has_scores: bool = False
    loop: LoopCases = field(default_factory=LoopCases)
    surveys: SurveySettings = field(default_factory=SurveySettings)
    marks: tuple[Mark, ...] = ()
    scenarios: tuple[SavedScenario, ...] = ()


@dataclass(frozen=True)
class Asked:
    """The question of a call, and what its result should say of how it was asked, beside the filters; `as_text` where the answer is a
    text, and no table."""

    question: Question
    said: Mapping[str, Any]
    as_text: Callable[[pd.DataFrame], str] | None = None


@dataclass(frozen=True)
class Command:
    """How a command makes its question. `has_by` gives it `--by`; `one_pipeline` means the largest unless one is named;
    `needs_history` that little or nothing can be told where no file says when deals came to their stages; `of_customers` that
    filters and groups are fields of customers, `of_answers` of survey answers and their customers, `of_asked` that fields of
    answers choose nothing all the same: it is about who was asked, answer or none; `needs_scores` that the models of customers
    are fitted first, `uses_scores` that they are where anything tells of customers."""

    ask: Callable[[Call], Asked]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    has_by: bool = True
    one_pipeline: bool = False
    needs_history: bool = False
    of_customers: bool = False
    of_answers: bool = False
    of_asked: bool = False
    needs_scores: bool = False
    uses_scores: bool = False
