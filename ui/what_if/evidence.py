"""How sure a simulation is: the models it rests on, how they did on the past, how much doubt that adds, and what it takes for granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from analytics.customers.basis import CONTRACTS
from analytics.customers.model_report import tested
from analytics.customers.value_risk_totals import Z80
from analytics.rows import Row, rows
from analytics.what_if.base import Base
from analytics.what_if.doubt import PARTS, pipeline_won, widening
from analytics.what_if.scenario import SHORTEST, Scenario
from data.errors import DataError
from ui import session, tables
from ui.charts.what_if_amounts import Beside, amounts_figure
from ui.charts.what_if_evidence import came_figure
from ui.customers import evidence as of_customers
from ui.customers import evidence_back_test, evidence_contracts, evidence_parameters
from ui.parts import Piece, chart, drawn, heading, legend, note, paper, problem, section, told, under_chart
from ui.what_if import asked, evidence_taken, guard
from ui.what_if.evidence_new import came_by_month, came_sql
from ui.what_if.results_basis import About, basis, sql_of
from ui.what_if.results_models import none_to_come
from ui.what_if.words import range_words
from ui.words import Meaning

Report = Mapping[str, Any]
DRAWS = 4000  # bands of a year are told well enough by so many


def show() -> None:
    """The view: one card for each thing the simulation rests on."""
    title = session.locale()._("What if")
    if not guard.is_ready(title):
        return
    scenario = asked.current()
    try:
        base = asked.base(_plain(scenario))
    except DataError as error:
        heading(title, session.locale()._("**Nothing can be simulated on this data.**"))
        problem(error)
        return
    drawn(_heading, title, scenario)
    report = base.report
    is_contract = report.get("basis") in CONTRACTS
    if report.get("basis"):
        of_customers.show_model(report)
    test = tested(report)
    if is_contract:
        _stays(report)
    elif test is not None and test["origins"]:
        evidence_back_test.show_origins(test)
    with st.container(border=True, key="card_what_if_error"):
        drawn(_error, scenario)
    cards = [("new", _new)] if base.new is not None or none_to_come(scenario, base) else []
    cards += [("pipeline", _pipeline)] if base.pipeline is not None else []
    for place, (name, tell) in zip(st.columns(len(cards), gap="small") if cards else (), cards, strict=True):
        with place, st.container(border=True, key=f"card_what_if_{name}", height="stretch"):
            drawn(tell, scenario)
    if report.get("basis") and not is_contract:
        evidence_parameters.show(report)
    evidence_taken.show(scenario, base)
    if report.get("basis"):
        st.page_link(
            "../pages/customers.py", label=session.locale()._("More of how sure the models of customers are"), icon=":material/fact_check:",
            query_params=session.link_to(view="evidence"),
        )  # fmt: skip


def _plain(scenario: Scenario) -> Scenario:
    """The scenario without its levers: what would come anyway, the same for all scenarios over this time."""
    return replace(
        scenario, name="", levers=(), capacity=replace(scenario.capacity, per_owner_per_month=None), budget=None
    )


def _year(scenario: Scenario) -> Scenario:
    plain = _plain(scenario)
    return replace(plain, horizon_months=max(min(plain.horizon_months, 12), SHORTEST), draws=min(plain.draws, DRAWS))


# the sentence


@told
def _heading(title: str, scenario: Scenario) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    base = asked.base(_plain(scenario))
    said = [_("Models learn from all customers of the workspace; the filters above choose whom a scenario is about.")]
    if base.report.get("untested") and not (tested(base.report) or {}).get("refused"):
        said.append(_("**Untested:** nothing of the past could be held against what the simulation tells, so its intervals hold only what the models themselves do not know."))  # fmt: skip
    yield partial(heading, title, finding(base), " ".join(said))


def finding(base: Base) -> str:
    """How well the model told the past."""
    locale = session.locale()
    _ = locale._
    report = base.report
    why = guard.refused() if base.cells is None else ""
    if why:
        return _("**No model of the customers could be fitted**, so scenarios tell of deals alone. {why}").format(
            why=why
        )
    if not report.get("basis"):
        return _("**Nothing tells what customers buy, so scenarios tell of deals alone.** How well the pipeline's model tells the future is untested.")  # fmt: skip
    return evidence_contracts.finding(report) if report["basis"] in CONTRACTS else evidence_back_test.finding(report)


# contracts: who stayed


def _stays(report: Report) -> None:
    found = report.get("back_test_stays")
    with st.container(border=True, key="card_what_if_stays"):
        drawn(_stays_told, dict(found) if found else None)


@told
def _stays_told(found: Row | None) -> Iterator[Piece]:
    """What was told of those with a contract a horizon ago, and who is there now."""
    locale = session.locale()
    _ = locale._
    if not found:
        yield partial(section, _("Told and came"), _("Too few customers had a contract a horizon ago to hold a fit of then against now."))  # fmt: skip
        return
    spread = found["doubt"] * Z80 * found["predicted"]
    low, high = max(found["predicted"] - spread, 0.0), min(found["predicted"] + spread, found["n"])
    words_ = _("Of {n} customers with a contract {months} months ago, a model fitted on what was known then tells {told} to be there now (80%: {range}); **{came} are**.").format(
        n=locale.count(found["n"]), months=locale.count(found["months"]), told=locale.count(found["predicted"]),
        range=locale.between(locale.count(low), locale.count(high)), came=locale.count(found["observed"]),
    )  # fmt: skip
    yield partial(section, _("Told and came"), words_)


# what back-tests add


@told
def _error(scenario: Scenario) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    year = _year(scenario)
    found = {row["part"]: row for row in rows(asked.of_base(widening, year))}
    yield partial(section, _("What the past adds to the doubt"), _error_words(asked.base(_plain(scenario)), found))
    if not asked.base(_plain(scenario)).error:
        return
    names = {"models": _("As the models have it"), "with_error": _("With what back-tests add")}
    shown = [found[part] for part in PARTS]
    currency = shown[0]["currency"]
    drawn_rows = pd.DataFrame({
        "value": [row["revenue"] for row in shown], "low": [row["revenue_p10"] for row in shown],
        "high": [row["revenue_p90"] for row in shown], "is_main": [row["part"] == "with_error" for row in shown],
    })  # fmt: skip
    ranges = [range_words(*_ends(row), locale) for row in shown]
    beside = [Beside(_("middle"), [f"<b>{locale.money(row['revenue'], currency)}</b>" for row in shown]), Beside("80%", ranges, 136)]  # fmt: skip
    used = {"models": "", "with_error": _("used everywhere else")}
    figure = amounts_figure(drawn_rows, [(names[row["part"]], used[row["part"]]) for row in shown], beside, look, currency=currency)  # fmt: skip
    alt = _("Revenue of the coming year without any scenario, with 80% intervals: {lines}.").format(
        lines=", ".join(f"{names[row['part']]} {locale.money(row['revenue'], currency)} ({range_})" for row, range_ in zip(shown, ranges, strict=True))
    )  # fmt: skip
    yield partial(chart, figure, "what_if_error", alt, wide=True)
    table = tables.columns_once(
        pd.DataFrame(shown).assign(part=[names[row["part"]] for row in shown]),
        [
            ("part", _("Told"), "text"), ("revenue", _("Revenue"), "money"), ("revenue_p10", _("80% from"), "money"),
            ("revenue_p90", _("80% to"), "money"), ("error", _("Extra error, of a year"), "share"), ("months", _("Months"), "count"),
            ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip
    means = [
        Meaning(_("As the models have it"), _("The 80% interval by what the models themselves do not know, and chance.")),
        Meaning(_("With what back-tests add"), _("The same with the standard deviation of a year's revenue beyond it, as back-tests showed: the mode of its posterior under a half-Cauchy prior of scale 0.10."), "log(came / told) ~ N(0, s^2 + tau^2 years)"),
    ]  # fmt: skip
    yield _under(year, "error", _("What the past adds to the doubt"), table, means, sql_of(year), picture="wide_what_if_error", more=_("without any scenario"))  # fmt: skip


def _ends(row: Row) -> tuple[str, str]:
    locale = session.locale()
    return locale.money(row["revenue_p10"], row["currency"]), locale.money(row["revenue_p90"], row["currency"])


def _error_words(base: Base, found: Mapping[str, Row]) -> str:
    locale = session.locale()
    _ = locale._
    if base.report.get("untested"):
        return _("**Untested.** The data are too short to hold anything back, so nothing could be added for what models miss: the bands are likely too narrow.")  # fmt: skip
    if not base.error:
        return _("What came lay within what the models say of themselves, so nothing is added to their own doubt.")
    wide, narrow = (found[part]["revenue_p90"] - found[part]["revenue_p10"] for part in ("with_error", "models"))
    times = locale.ltr(f"{wide / narrow:.1f}") if narrow > 0 else "–"
    return _("In back-tests a year's revenue was off by about **{error} beyond what the models say of themselves**. Every future of a simulation is off by so much at random, which makes the band of a year {times} times as wide.").format(
        error=locale.share(base.error), times=times
    )  # fmt: skip


# new customers, and deals


@told
def _new(scenario: Scenario) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    plain = _plain(scenario)
    new = asked.base(plain).new
    if new is None:
        yield partial(section, _("Customers still to come"), none_to_come(scenario, asked.base(plain)))
        return
    found = came_by_month(asked.base(plain).currency, new.months_seen)
    low, high = max(new.rate - Z80 * new.rate_sd, 0.0), new.rate + Z80 * new.rate_sd
    if not scenario.counts_new:
        yield partial(section, _("Customers still to come"), _("This scenario leaves them out."))
        return
    words_ = _("**{n} new customers a month** are told (80%: {range}), as many as came in the last twelve months; each month is spread by {times} times what pure chance would.").format(
        n=_one(new.rate), range=locale.between(_one(low), _one(high)), times=locale.ltr(f"{new.dispersion:.1f}"),
    )  # fmt: skip
    yield partial(section, _("Customers still to come"), words_)
    yield partial(legend, [(look.colors.neutral, _("came")), (look.colors.accent, _("told, 80%"))])
    alt = _("New customers by month: {lines}.").format(
        lines=", ".join(f"{locale.month(pd.Timestamp(row['month']).date())} {locale.count(row['new_customers'])}" for row in rows(found))
    )  # fmt: skip
    yield partial(chart, came_figure(found, (low, new.rate, high), look), "what_if_new", alt)
    table = tables.columns_once(found, [("month", _("Month from"), "day"), ("new_customers", _("New customers"), "count")])  # fmt: skip
    means = [
        Meaning(_("New customers"), _("Customers whose first purchase, or first contract, was in the month; months are of equal length and end on the as-of date.")),
        Meaning(_("Told"), _("The mean of the last twelve months, with the 80% interval of what the average of the months to come will be: by the spread from month to month and by how much the rate changed from one year to the next.")),
    ]  # fmt: skip
    more = locale.n_("{n} month seen", "{n} months seen", new.months_seen)
    sql = came_sql(asked.base(plain).currency, new.months_seen)
    yield _under(plain, "new", _("Customers still to come"), table, means, sql, picture="chart_what_if_new", more=more)


def _under(
    scenario: Scenario, name: str, title: str, table: tables.Table, means: Sequence[Meaning], sql: str, *, picture: str, more: str
) -> Piece:  # fmt: skip
    """The row under a chart of what would come without any scenario."""
    said = basis(About(scenario, scenario.draws), more)
    what = paper(f"what_if_{name}", title, *table, meanings=means, basis=said)
    return partial(under_chart, what, sql, means, said, picture=picture)


def _one(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@told
def _pipeline(scenario: Scenario) -> Iterator[Piece]:
    locale = session.locale()
    _ = locale._
    found = rows(asked.of_base(pipeline_won, _year(scenario)))
    if not found:
        return
    row = found[0]
    money = locale.money(row["won"], row["currency"])
    range_ = range_words(
        locale.money(row["won_p10"], row["currency"]), locale.money(row["won_p90"], row["currency"]), locale
    )
    deals = locale.between(locale.count(row["deals_p10"]), locale.count(row["deals_p90"]))
    yield partial(section, _("New business from the pipeline"), _("Deals move from stage to stage as they did so far: how long each stay took and what became of it, by stage. The doubt is that of resampled deals."))  # fmt: skip
    lines = [
        _("Within {months} months **{money}** is told to be won (80%: {range}), in {n} deals ({deals}).").format(
            months=locale.count(row["months"]), money=money, range=range_, n=locale.count(row["deals"]), deals=deals
        ),
        locale.n_("It learnt from {n} deal;", "It learnt from {n} deals;", int(row["deals_seen"])) + " "
        + locale.n_("{n} is open now.", "{n} are open now.", int(row["deals_open"])),
        _("A won deal is worth {money}, weighed by money.").format(money=locale.money(row["size"], row["currency"])),
        _("**Untested:** no pipeline of the past was held against what was won of it."),
    ]  # fmt: skip
    for line in lines:
        yield partial(note, line)
