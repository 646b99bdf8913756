"""The only door to `st.session_state` and Streamlit's caches: reader, workspace, filters, answers.

Caches are shared by all readers of the server, so the workspace's version (folder and revision) is in every key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from inspect import unwrap
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import ibis.expr.operations as ops
import ibis.expr.types as ir
import pandas as pd
import streamlit as st
from ibis import _

from analytics import fields
from analytics.customers import scores, who
from analytics.fields import Field
from analytics.filters import UNDATED, Choice, Filters, Models
from analytics.filters import values as values_of
from analytics.nps import answers
from analytics.problems import PROBLEMS
from analytics.question import Question
from analytics.what_if.base import Base
from analytics.what_if.outcome import Outcome
from analytics.what_if.scenario import Scenario
from data import workspaces
from data.calendars import Calendar, known, with_macros
from data.customer_settings import CustomerSettings
from data.engine import Engine
from data.errors import DataError
from data.loop_cases import LoopCases
from data.marks import Mark
from data.scenarios import SavedScenario
from data.schema import Header
from data.store import Settings, Workspace
from data.survey_settings import SurveySettings
from data.tables import Tables
from data.theme_list import Theme
from ui import fits, memory, visitors
from ui.charts.theme import DARK, LIGHT, Look
from ui.fits import Fit
from ui.locale import Language, Locale

Version = tuple[str, ...]
Made = TypeVar("Made")
# What of a page the address keeps beside the filters: the view open, the field it is broken down by, the stage looked at.
PLACES = ("view", "by", "stage_of", "customer_of")
RESERVED = ("lang", "from", "to", "as_of", "without", "scenario", *PLACES)
# Links may name fields that are not there: this many names are looked up once and remembered.
MOST_NAMES = 200
# A scenario in so few draws is repainted while its reader waits.
QUICK_DRAWS = 1000
# How many scenarios' outcomes are kept, draw by draw.
OUTCOMES = 3
# In public mode what was computed for a visitor is forgotten when the visitor's workspace is.
KEPT_SECONDS = 60 * visitors.idle_minutes() if visitors.public() else None
memory.keep_for(KEPT_SECONDS)


@dataclass(frozen=True)
class Chosen:
    """What the reader filtered by, in plain names that are the same in both languages.

    `where` maps a field's name in the address to the values kept; `chips` are the fields that got a chip of their own.
    `without` names the data problems whose deals are left out.
    """

    where: dict[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    as_of: date | None = None
    pipeline: str | None = None
    chips: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        return bool(self.where or self.since or self.until or self.as_of or self.pipeline or self.without)


# a run


def begin() -> None:
    """Look up, once a run, the workspace and its settings; another workspace than before starts without filters."""
    here = _workspace()
    if here is not None:
        before = st.session_state.get("workspace")
        if before is not None and before.folder != here.folder:
            choose(Chosen())
        st.session_state["settings"] = _settings(here.notes_stamp, here)
        st.session_state["customer_settings"] = _customer_settings(here.notes_stamp, here)
        st.session_state["survey_settings"] = _survey_settings(here.notes_stamp, here)
    st.session_state["workspace"] = here
    st.session_state["data"] = _data(here.version, here) if here is not None else NO_DATA
    st.session_state["data_currency"] = facts().get("currency", "")
    st.session_state["locale"] = _locale(language(), currency(), calendar() != "every_day")


def in_use() -> AbstractContextManager[None]:
    """Keep a visitor's workspace from being wiped while a run lasts."""
    folder = visitors.folder_of(st.context.cookies) if visitors.public() else None
    return visitors.in_use(folder) if folder else nullcontext()


def _workspace() -> Workspace | None:
    if not visitors.public():
        return Workspace(workspaces.default_workspace())
    folder = visitors.folder_of(st.context.cookies)
    return Workspace(folder) if folder else None


def workspace() -> Workspace:
    """The workspace this reader sees."""
    found: Workspace | None = st.session_state["workspace"]
    if found is None:
        raise LookupError("a visitor without a cookie has no workspace")
    return found


def has_workspace() -> bool:
    """False for a visitor whose browser keeps no cookies."""
    return st.session_state["workspace"] is not None


def settings() -> Settings:
    return st.session_state["settings"]


def customer_settings() -> CustomerSettings:
    found: CustomerSettings = st.session_state["customer_settings"]
    return found


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _customer_settings(stamp: Version, _workspace: Workspace) -> CustomerSettings:
    return _workspace.customer_settings()


def survey_settings() -> SurveySettings:
    found: SurveySettings = st.session_state["survey_settings"]
    return found


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _survey_settings(stamp: Version, _workspace: Workspace) -> SurveySettings:
    return _workspace.survey_settings()


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _settings(stamp: Version, _workspace: Workspace) -> Settings:
    return _workspace.settings()


def loop_cases() -> LoopCases:
    """What was noted in this workspace of the answers that need one back."""
    return _loop_cases(workspace().notes_stamp, workspace())


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _loop_cases(stamp: Version, _workspace: Workspace) -> LoopCases:
    return _workspace.loop_cases()


def today() -> date:
    """The day on which something is noted now: by the clock, and never before the last day of the data."""
    return max(datetime.now(ZoneInfo(settings().time_zone)).date(), latest_day() or date.min)


def marks() -> list[Mark]:
    """The days that readers of this workspace marked, the earliest first."""
    return list(_marks(workspace().notes_stamp, workspace()))


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _marks(stamp: Version, _workspace: Workspace) -> list[Mark]:
    return _workspace.marks()


def scenarios() -> list[SavedScenario]:
    """The scenarios that are kept in this workspace, the one saved last first."""
    return list(_scenarios(workspace().notes_stamp, workspace()))


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _scenarios(stamp: Version, _workspace: Workspace) -> list[SavedScenario]:
    return _workspace.scenarios()


def themes() -> tuple[Theme, ...]:
    """What survey comments are listened for in this workspace."""
    return _themes(workspace().notes_stamp, workspace())


@st.cache_resource(max_entries=64, ttl=KEPT_SECONDS, show_spinner=False)
def _themes(stamp: Version, _workspace: Workspace) -> tuple[Theme, ...]:
    return _workspace.themes()


def wipe() -> None:
    """Delete the visitor's workspace and everything this session kept of it."""
    visitors.wipe(workspace().folder)
    choose(Chosen())


# the reader


def opened_with(key: str) -> list[str]:
    """What the reader's link asked for when the session began."""
    link: dict[str, list[str]] = st.session_state.setdefault(
        "link", {name: st.query_params.get_all(name) for name in st.query_params}
    )
    return link.get(key, [])


def language() -> Language:
    asked = st.session_state.get("lang") or next(iter(opened_with("lang")), "en")
    return "he" if asked == "he" else "en"


def locale() -> Locale:
    # Settled when the run began; before that, what is known by then.
    found: Locale | None = st.session_state.get("locale")
    return found or _locale(language(), currency(), calendar() != "every_day")


@lru_cache(maxsize=64)
def _locale(language: Language, currency: str, is_working_time: bool) -> Locale:
    return Locale(language, currency, is_working_time)


def look() -> Look:
    return _look(locale(), st.context.theme.type == "dark", st.session_state.get("large_type") is True)


@lru_cache(maxsize=64)
def _look(locale: Locale, is_dark: bool, is_large: bool) -> Look:
    return Look(locale, DARK if is_dark else LIGHT, scale=1.25 if is_large else 1.0)


def kept(make: Callable[..., Made], /, *values: Any, **options: Any) -> Made:
    """What `make(*values, **options)` tells this reader: worked out once for the same data, settings, filters and look.

    `make` shows nothing, and reads of the session only what stands in the key here; what else it depends on, it is given.
    What it returns is shared by all readers who ask the same: nobody may change it.
    """
    # A page is run anew each time, and its functions with it: the name and the file tell them, not which object they are.
    of = (make.__qualname__, unwrap(make).__code__.co_filename)
    return memory.once((_reader(), of, memory.key_of(values), memory.key_of(options)), lambda: make(*values, **options))


def _reader() -> str:
    """Everything of the reader that words, tables and figures depend on. As text, which is quickly told from another."""
    stands_on = (chosen(), _now(), settings(), customer_settings(), survey_settings(), look())
    made = st.session_state.get("reader")
    if made is None or any(old is not new for old, new in zip(made[0], stands_on, strict=True)):
        now, data, set_, of_customers, of_surveys, seen = stands_on
        text = repr(
            (data.version, workspace().folder, set_, of_customers, of_surveys, now, seen.locale, seen.dark, seen.scale)
        )
        st.session_state["reader"] = made = (stands_on, text)
    found: str = made[1]
    return found


# the data


@lru_cache(maxsize=64)
def _tables(headers: tuple[Header, ...]) -> Tables:
    return Tables(headers)


@dataclass(frozen=True)
class _Data:
    """What does not change while the data does not; a run holds on to one from beginning to end."""

    version: Version = ()
    engine: Engine | None = None
    facts: dict[str, str] = field(default_factory=lambda: {"is_empty": "true"})
    tables: Tables = field(default_factory=lambda: _tables(()))
    fields: dict[str, Field | None] = field(default_factory=dict)


NO_DATA = _Data()


@st.cache_resource(max_entries=16, ttl=KEPT_SECONDS, show_spinner=False)
def _data(version: Version, _workspace: Workspace) -> _Data:
    """Open the data in force. A reader may still hold one that left the cache, so none is closed here."""
    if _workspace.data_file is None:
        return replace(NO_DATA, version=version)
    opened = _workspace.engine()
    if _workspace.version != version:  # an import finished just now: its numbers must not be kept under the old name
        st.rerun()
    return _Data(version, opened, {"is_empty": "true"} | opened.facts(), _tables(opened.headers))


def _now() -> _Data:
    found: _Data = st.session_state["data"]
    return found


def is_empty() -> bool:
    """True while nothing is loaded."""
    return _now().facts["is_empty"] == "true"


def engine() -> Engine:
    """The engine on the data in force when the run began."""
    return _now().engine or workspace().engine()


def tables() -> Tables:
    """The workspace's tables, attribute columns included, for metrics to be written against."""
    return _now().tables


def facts() -> dict[str, str]:
    """Small things known of the data: company, currency, pipeline, latest event."""
    return {} if is_empty() else _now().facts


def run(expression: ir.Table) -> pd.DataFrame:
    """The rows of an expression, the caller's own to change."""
    return _rows(sql(expression), _now().version, engine()).copy(deep=False)


# Kept as they are: a shallow copy is enough, since pandas copies what is written to.
@st.cache_resource(max_entries=500, ttl=KEPT_SECONDS, show_spinner=False)
def _rows(query: str, version: Version, _engine: Engine) -> pd.DataFrame:
    return _engine.query(query)


def count(expression: ir.Table) -> int:
    """How many rows an expression has."""
    return int(run(expression.count().name("n").as_table())["n"].iloc[0])


def later(expression: ir.Table, finish: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[], pd.DataFrame]:
    """All rows of an expression, fetched when called and kept nowhere; may be called outside a run."""
    query, opened = sql(expression), engine()
    return lambda: finish(opened.query(query))


def sql(expression: ir.Table) -> str:
    """The SQL of an expression, for people to read."""
    return _sql(expression.op())


# Keyed by the operation, which compares exactly: the hash alone takes -1 for -2.
@lru_cache(maxsize=1000)
def _sql(operation: ops.Relation) -> str:
    return Engine.sql(operation.to_expr())


def readable_sql(expression: ir.Table) -> str:
    """The same with all that it takes to run it elsewhere."""
    return with_macros(sql(expression))


Metric = Callable[..., Question]


def answer(metric: Metric, /, within: Filters | None = None, **options: Any) -> pd.DataFrame:
    """What a metric says about the reader's data `within` some filters, by default the reader's own.

    The rows are shared by all who ask the same: nobody may change them.
    """
    within = within or filters()
    return _answer(_key(metric, within, options), _now().version, metric, within, options)


def _key(metric: Metric, within: Filters, options: dict[str, Any]) -> str:
    return repr((metric.__module__, metric.__qualname__, within, sorted(options.items())))


@st.cache_resource(max_entries=300, ttl=KEPT_SECONDS, show_spinner=False)
def _answer(key: str, version: Version, _metric: Metric, _within: Filters, _options: dict[str, Any]) -> pd.DataFrame:
    return memory.shared(_question(key, version, _metric, _within, _options).answer(run).copy(deep=False))


def answer_later(
    metric: Metric, finish: Callable[[pd.DataFrame], pd.DataFrame], /, **options: Any
) -> Callable[[], pd.DataFrame]:
    """The same, asked when called and kept nowhere; may be called outside a run."""
    now, opened = filters(), engine()
    question = _question(_key(metric, now, options), _now().version, metric, now, options)
    return lambda: finish(question.answer(lambda expression: opened.query(sql(expression))))


@st.cache_resource(max_entries=300, ttl=KEPT_SECONDS, show_spinner=False)
def _question(key: str, version: Version, _metric: Metric, _within: Filters, _options: dict[str, Any]) -> Question:
    return _metric(tables(), _within, **_options)


def asked(metric: Metric, /, within: Filters | None = None, **options: Any) -> str:
    """The SQL behind `answer`, one statement a query."""
    within = within or filters()
    return _asked(_key(metric, within, options), _now().version, metric, within, options)


@st.cache_data(max_entries=300, ttl=KEPT_SECONDS, show_spinner=False)
def _asked(key: str, version: Version, _metric: Metric, _within: Filters, _options: dict[str, Any]) -> str:
    asks = _question(key, version, _metric, _within, _options).expressions(run)
    if len(asks) == 1:
        return with_macros(sql(next(iter(asks.values()))))
    return with_macros("\n\n".join(f"-- {name}\n{sql(expression)};" for name, expression in asks.items()))


def expression(build: Callable[..., ir.Table], /, **options: Any) -> ir.Table:
    """The rows that `build(tables, filters, **options)` asks for, put together once for the same filters and options."""
    now = filters()
    key = repr((build.__module__, build.__qualname__, now, sorted(options.items())))
    return _expression(key, _now().version, build, now, options)


@st.cache_resource(max_entries=300, ttl=KEPT_SECONDS, show_spinner=False)
def _expression(
    key: str, version: Version, _build: Callable[..., ir.Table], _filters: Filters, _options: dict[str, Any]
) -> ir.Table:
    return _build(tables(), _filters, **_options)


def currencies() -> list[str]:
    """The currencies of the amounts on screen, the commonest first."""
    return kept(_currencies_found)


def _currencies_found() -> list[str]:
    found = run(expression(_currencies))
    return list(found["currency"])


def _currencies(known: Tables, now: Filters) -> ir.Table:
    valued = now.deals(known).filter(_.amount.notnull() & _.currency.notnull())
    return valued.group_by("currency").agg(n=_.count()).order_by(_.n.desc(), _.currency)


def deals() -> int:
    """How many deals the filters leave, those created in the period where there is one."""
    return kept(_deals)


def _deals() -> int:
    now = filters()
    return count(now.deals(tables(), "created" if now.has_period else None))


def counts(field: Field) -> dict[str, int]:
    """The values of a field with how many deals have them, the commonest first; "" stands for no value."""
    version = _now().version
    return memory.once((version, "counts", field), lambda: _counts(field))


def _counts(field: Field) -> dict[str, int]:
    rows = run(values_of(tables(), field))
    return {
        "" if value is None or value != value else value: int(n)
        for value, n in zip(rows["value"], rows["deals"], strict=True)
    }


# customers


def customers() -> int:
    """How many customers the filters leave."""
    return kept(_customers)


def _customers() -> int:
    return count(who.chosen(who.customers(tables(), filters()), tables(), filters()))


def customer_counts(field: Field) -> dict[str, int]:
    """The values of a field with how many customers have them, the commonest first; "" stands for no value."""
    return memory.once((_now().version, "customers", filters().as_of, field), lambda: _customer_counts(field))


def _customer_counts(field: Field) -> dict[str, int]:
    found = run(who.values(tables(), filters(), field))
    return {
        "" if value is None or value != value else value: int(n)
        for value, n in zip(found["value"], found["customers"], strict=True)
    }


def survey_answers() -> int:
    """How many answers on the scale of NPS the filters leave."""
    return kept(_survey_answers)


def _survey_answers() -> int:
    return count(answers.answers(tables(), filters()))


def answer_counts(field: Field) -> dict[str, int]:
    """The values of a field with how many survey answers have them, the commonest first; "" stands for no value."""
    return memory.once((_now().version, "answers", filters().as_of, field), lambda: _answer_counts(field))


def _answer_counts(field: Field) -> dict[str, int]:
    found = run(answers.values(tables(), filters(), field))
    return {
        "" if value is None or value != value else value: int(n)
        for value, n in zip(found["value"], found["answers"], strict=True)
    }


def fit() -> Fit | None:
    """The fit of the customers' models that is under way, begun now where need be; None where their scores are there."""
    now = filters()
    if scores.is_there(engine(), now):
        return None
    return fits.begin((_now().version, scores.name(now)), engine(), tables(), now)


def report() -> dict[str, Any]:
    """What the fit of the customers' models said of itself. The scores must be there."""
    return memory.once(
        (_now().version, scores.name(filters())), lambda: scores.read_report(run(scores.report_table(filters())))
    )


def currency() -> str:
    """The currency money is told in, or nothing where the data names none."""
    chosen = st.session_state.get("settings")
    return (chosen.currency if chosen else "") or st.session_state.get("data_currency", "")


def company() -> str:
    """Whose data it is: the company the data names, else the workspace."""
    known = facts()
    if known.get("company"):
        return known["company"]
    if known.get("is_demo") == "true":
        return locale()._("The made-up company")
    return locale()._("Your data") if visitors.public() else workspace().name


def as_of_words() -> str:
    """The day that stands for now, in the words under a chart."""
    _ = locale()._
    if chosen().as_of or latest_day():
        return _("as of {day}").format(day=locale().day(filters().as_of))
    return _("no dates in the data")


def latest_day() -> date | None:
    """The day of the latest recorded event, in the workspace's time zone."""
    value = facts().get("latest_event_at")
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(settings().time_zone)).date()


# what if


def base(scenario: Scenario) -> Base:
    """What would come without the scenario, fitted on the reader's data. The scores of customers must be there, where any can be."""
    from analytics.what_if.fitted import without_amounts  # most pages do without it, and it is slow to load

    asked = without_amounts(scenario)
    return _base(_stands_on(asked), _now().version, asked)


@st.cache_resource(max_entries=6, ttl=KEPT_SECONDS, show_spinner=False)
def _base(key: str, version: Version, _asked: Scenario) -> Base:
    from analytics.what_if.fitted import base_question

    question = base_question(tables(), filters(), _asked, customer_settings())
    found = {name: run(rows) for name, rows in question.asks.items()}
    for further in question.more:
        found |= {name: run(rows) for name, rows in further(found).items()}
    return question.base(found)


def outcome(scenario: Scenario) -> Outcome:
    """What comes of the scenario, in as many draws as it says. Nobody may change it."""
    # What is drawn at once and then drawn better must not push out what took longer.
    key = _stands_on(scenario)
    if scenario.draws <= QUICK_DRAWS:
        return _quick_outcome(key, _now().version, scenario)
    found = _outcome(key, _now().version, scenario)
    before = [each for each in st.session_state.get("simulated", ()) if each != (key, _now().version)]
    st.session_state["simulated"] = [*before, (key, _now().version)][-OUTCOMES:]
    return found


def is_simulated(scenario: Scenario) -> bool:
    """Whether the reader has seen what comes of the scenario, so that it is likely still there."""
    return (_stands_on(scenario), _now().version) in st.session_state.get("simulated", ())


# Tens of megabytes each.
@st.cache_resource(max_entries=OUTCOMES, ttl=KEPT_SECONDS, show_spinner=False)
def _outcome(key: str, version: Version, _scenario: Scenario) -> Outcome:
    return _simulated(_scenario)


@st.cache_resource(max_entries=6, ttl=KEPT_SECONDS, show_spinner=False)
def _quick_outcome(key: str, version: Version, _scenario: Scenario) -> Outcome:
    return _simulated(_scenario)


def _simulated(scenario: Scenario) -> Outcome:
    from analytics.what_if.simulate import simulate

    return simulate(base(scenario), scenario)


def of_outcome(make: Callable[[Outcome], pd.DataFrame], scenario: Scenario) -> pd.DataFrame:
    """What `make` tells of the outcome of a scenario: shared, nobody may change it."""
    key = (_now().version, _stands_on(scenario), make)
    return memory.once(key, lambda: make(outcome(scenario)))


def of_base(make: Callable[..., pd.DataFrame], scenario: Scenario, **options: Any) -> pd.DataFrame:
    """What `make(base, scenario, **options)` tells: shared, nobody may change it."""
    key = (_now().version, _stands_on(scenario), make, memory.key_of(options))
    return memory.once(key, lambda: make(base(scenario), scenario, **options))


def _stands_on(scenario: Scenario) -> str:
    """Everything of the reader that an outcome depends on, beside the data."""
    return repr((scenario, filters(), customer_settings(), workspace().folder))


# the filters


def chosen() -> Chosen:
    """What the reader filtered by; at first what the link asked for."""
    if "chosen" not in st.session_state:
        st.session_state["chosen"] = _from_link()
    return st.session_state["chosen"]


def choose(what: Chosen) -> None:
    """Filter by `what` from now on; widgets that show filters are drawn anew."""
    st.session_state["chosen"] = what
    st.session_state["filter_round"] = filter_round() + 1


def filter_round() -> int:
    """Part of the key of every filter widget: a new number makes it forget what it showed."""
    return st.session_state.get("filter_round", 0)


def keep(name: str, key: str) -> None:
    """Take what the widget `key` shows as the values of the filter `name`."""
    values = st.session_state[key]
    values = tuple(values) if isinstance(values, (list, tuple)) else (values,) if values is not None else ()
    now = chosen()
    where = {field: kept for field, kept in now.where.items() if field != name} | ({name: values} if values else {})
    st.session_state["chosen"] = replace(now, where=where)


def keep_one(part: str, key: str) -> None:
    """Take what the widget `key` shows as `since`, `until`, `as_of` or `pipeline`."""
    st.session_state["chosen"] = replace(chosen(), **{part: st.session_state[key]})


def clear() -> None:
    """Take every filter away."""
    choose(Chosen(chips=chosen().chips))


def filters() -> Filters:
    """The reader's filters, for the metrics. Fields the data lacks are left out: `unknown_filters` names them."""
    now = chosen()
    made = st.session_state.get("filters")
    stands_on = (now, _now(), settings(), customer_settings())
    if made is None or any(old is not new for old, new in zip(made[0], stands_on, strict=True)):
        st.session_state["filters"] = made = (stands_on, _filters(now))
    return made[1]


def _filters(now: Chosen) -> Filters:
    choices = []
    for name, values in now.where.items():
        known = find(name)
        if known is not None:
            choices.append(Choice(known, values))
    return Filters(
        as_of=now.as_of or latest_day() or UNDATED,
        since=now.since,
        until=now.until,
        where=tuple(choices),
        pipeline=now.pipeline or facts().get("pipeline"),
        time_zone=settings().time_zone,
        without=tuple(name for name in now.without if name in PROBLEMS),
        recorded_until=latest_day(),
        calendar=calendar(),
        models=Models(customer_settings().horizon_months, customer_settings().discount_rate),
    )


def calendar() -> Calendar:
    """Which days the durations of this workspace count."""
    chosen = st.session_state.get("settings")
    return known(chosen.calendar) if chosen else "every_day"


def left_out() -> dict[str, int]:
    """How many of the deals on screen each data problem leaves out, where the reader leaves any out."""
    return kept(_left_out) if filters().without else {}


def _left_out() -> dict[str, int]:
    now = filters()
    dated: Literal["created"] | None = "created" if now.has_period else None
    return {name: all_deals() - count(replace(now, without=(name,)).deals(tables(), dated)) for name in now.without}


def all_deals() -> int:
    """How many deals the filters would leave, were none left out for a problem of its data."""
    return kept(_all_deals)


def _all_deals() -> int:
    now = replace(filters(), without=())
    return count(now.deals(tables(), "created" if now.has_period else None))


def leave_out(name: str) -> None:
    """Leave out the deals with a data problem, on every page."""
    now = chosen()
    if name not in now.without:
        choose(replace(now, without=(*now.without, name)))


def put_back(*names: str) -> None:
    """Count the deals with these data problems again."""
    now = chosen()
    choose(replace(now, without=tuple(name for name in now.without if name not in names)))


def find(name: str) -> Field | None:
    """The field of that name in the address, or None where the data has no such field."""
    known = _now().fields
    if name not in known and len(known) < MOST_NAMES:
        known[name] = _find(name)
    return known[name] if name in known else _find(name)


def _find(name: str) -> Field | None:
    """A field of deals and what they are linked to, else of survey answers."""
    for near in ("deals", answers.TABLE):
        with suppress(DataError):
            return fields.find(name, tables(), near)
    return None


def unknown_filters() -> list[str]:
    return [name for name in chosen().where if find(name) is None]


def unknown_problems() -> list[str]:
    return [name for name in chosen().without if name not in PROBLEMS]


def _from_link() -> Chosen:
    link = st.session_state.get("link") or {name: st.query_params.get_all(name) for name in st.query_params}
    where = {name: tuple(values) for name, values in link.items() if name not in (*RESERVED, "pipeline")}
    return Chosen(
        where=where,
        since=_date(opened_with("from")),
        until=_date(opened_with("to")),
        as_of=_date(opened_with("as_of")),
        pipeline=next(iter(opened_with("pipeline")), None),
        chips=tuple(where),
        without=tuple(dict.fromkeys(opened_with("without"))),
    )


def _date(values: Iterable[str]) -> date | None:
    try:
        return date.fromisoformat(next(iter(values), ""))
    except ValueError:
        return None


def arrive(page: str) -> None:
    """Take the places that a link to `page` names; those of the page before are forgotten."""
    asked = {name: st.query_params[name] for name in PLACES if name in st.query_params}
    # On the same page an address other than the one written last is the reader's: a link, or a step back in the browser.
    if st.session_state.get("placed_on") == page and asked == st.session_state.get("places", {}):
        return
    st.session_state["places"] = asked
    st.session_state["placed_on"] = page
    st.session_state["arrivals"] = st.session_state.get("arrivals", 0) + 1


def place(name: str, known: Iterable[str], default: str) -> str:
    """Where on the page the reader is: one of `PLACES`, as the address or the reader's last choice says."""
    value = st.session_state.get("places", {}).get(name, default)
    return value if value in known else default


def place_key(name: str) -> str:
    """The key of the widget that chooses a place: a link that names another makes it forget what it showed."""
    return f"place_{name}_{st.session_state.get('arrivals', 0)}"


def keep_place(name: str) -> None:
    """Take what the widget of a place shows, into the address too."""
    value = st.session_state.get(place_key(name))
    kept = {other: kept for other, kept in st.session_state.get("places", {}).items() if other != name}
    st.session_state["places"] = kept | ({name: value} if value else {})
    # In one step: an address in between would be one more to go back through.
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def take_place(name: str, value: str) -> None:
    """Be at a place of the page from now on, as after a link that names it; what its widget showed is forgotten."""
    st.session_state["places"] = {**st.session_state.get("places", {}), name: value}
    st.session_state["arrivals"] = st.session_state.get("arrivals", 0) + 1
    st.query_params[name] = value


def link_to(**places: str) -> dict[str, str | list[str]]:
    """The query of a link that carries the reader's filters and language, and opens `places`."""
    return {**_link(), **places}


def write_link() -> None:
    """Keep the address a reader can copy: language, filters and places, in plain names."""
    link = link_to(**st.session_state.get("places", {}))
    if {name: st.query_params.get_all(name) for name in st.query_params} != {
        name: [value] if isinstance(value, str) else value for name, value in link.items()
    }:
        st.query_params.from_dict(link)


def _link() -> dict[str, str | list[str]]:
    now = chosen()
    link: dict[str, str | list[str]] = {name: list(values) for name, values in now.where.items()}
    for name, value in (("from", now.since), ("to", now.until), ("as_of", now.as_of)):
        if value:
            link[name] = value.isoformat()
    if now.pipeline:
        link["pipeline"] = now.pipeline
    if now.without:
        link["without"] = list(now.without)
    if language() != "en":
        link["lang"] = language()
    return link


# small things a page keeps


def get(key: str, default: Any = None) -> Any:
    """What a widget shows, or what a page kept."""
    return st.session_state.get(key, default)


def put(key: str, value: Any) -> None:
    """Keep something for the next run."""
    st.session_state[key] = value


def drop(*keys: str) -> None:
    """Forget."""
    for key in keys:
        st.session_state.pop(key, None)
