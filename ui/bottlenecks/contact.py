"""How soon deals are first contacted, and what goes with it; the deals to call today."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from ibis import _ as column

from analytics.first_contact import first_contact, uncontacted
from ui import session, tables, words
from ui.bottlenecks.shared import REAL, Record, chance_columns, clearest, open_table, without_few
from ui.charts.causes import pairs_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.funnel.deal_list import deal_list
from ui.parts import Piece, chart, drawn, legend, note, nothing, paper, section, told, under_chart

CONTACT_MEANS = ("landmark_days", "chance", "difference", "contacted_share", "median_hours", "q_value", "money")


def clearest_contact(found: pd.DataFrame) -> Record | None:
    """The landmark whose difference is surest; None where none stands."""
    return clearest(found[found["contact"] == "contacted"])


def age(days: float) -> str:
    """A landmark in words."""
    locale = session.locale()
    return locale._("1 hour") if days < 1 else locale.days(days)


def contact_sentence(row: Record) -> str:
    """What a real difference by contact is, as a claim."""
    locale = session.locale()
    _ = locale._
    said = {
        "age": age(row["landmark_days"]), "yes": locale.share(row["chance"]), "no": locale.share(row["chance"] - row["difference"]),
        "range": locale.points_between(row["difference_low"] * 100, row["difference_high"] * 100),
    }  # fmt: skip
    if row["difference"] > 0:
        words_ = _("**Deals contacted within {age} are won more often: {yes}, against {no} of those not contacted by then** ({range} points).")  # fmt: skip
    else:
        words_ = _("**Deals contacted within {age} are won less often: {yes}, against {no} of those not contacted by then** ({range} points).")  # fmt: skip
    return words_.format(**said)


def without_activities() -> None:
    """The card in place of both where no activity is known."""
    _ = session.locale()._
    with st.container(border=True, key="card_nothing_activities"):
        nothing(
            "call",
            _("Speed of contact and touches need activities"),
            _("With them, this view shows whether deals contacted sooner or more often are won more often, and which open deals nobody has called yet."),
            [
                _("Salesforce: the report **Tasks and Events**, with the opportunity's number."),
                _("HubSpot: an export of **calls, meetings and emails**, with the deal."),
                _("Any other system: one row an activity, with **deal or customer, date, and whether it was done**."),
            ],
        )  # fmt: skip
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


def show_contact(found: pd.DataFrame) -> None:
    with st.container(border=True, key="card_contact"):
        drawn(_contact_told, found, _key("contact"))
        _uncontacted(found)


def _key(name: str) -> str:
    return f"{name}_{session.get(f'{name}_round', 0)}"


@told
def _contact_told(found: pd.DataFrame, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    first = found.iloc[0]
    yield partial(section, _("Speed to first contact"), _speed(first))
    lines = _lines(found)
    if not len(lines) or not ((lines["yes_n"] >= LEAST_SHOWN) & (lines["no_n"] >= LEAST_SHOWN)).any():
        yield partial(note, _("At no age are there 10 deals contacted and 10 not yet: too few to compare."))
        return
    yield partial(note, _contact_says(found))
    filled = (look.colors.accent, _("contacted by then"))
    yield partial(legend, (filled, (f"hollow:{look.colors.neutral}", _("still open and not contacted by then"))))
    names = [(_("by {age}").format(age=age(row["landmark_days"])), _sizes(row)) for row in lines.to_dict("records")]
    yield partial(
        chart,
        pairs_figure(lines, names, look, head=_("difference")),
        chart_key,
        _("Chance to be won after each age, contacted by then against not: {lines}.").format(lines=_in_words(lines)),
        wide=True,
        on_select=lambda: _pick_landmark(list(lines["landmark_days"]), chart_key),
    )
    shown, kinds = contact_table(found)
    means = words.meanings(*CONTACT_MEANS, of="first_contact")
    basis = _contact_basis(found)
    what = paper("first_contact", _("Speed to first contact"), shown, kinds, meanings=means, basis=basis)
    yield partial(under_chart, what, session.asked(first_contact), means, basis, picture=f"wide_{chart_key}")


def _speed(first: pd.Series) -> str:
    """How fast the first contact comes, and how many have none."""
    locale = session.locale()
    _ = locale._
    never = locale.share(1 - first["contacted_share"])
    if pd.isna(first["median_hours"]):
        return _(
            "Fewer than half of the deals are ever contacted: {share} had no activity while they were open."
        ).format(share=never)
    said = {"time": hours(first["median_hours"]), "never": never, "range": _hour_range(first)}
    return _("Half of all deals have their first contact within {time} ({range}); {never} had none so far.").format(
        **said
    )


def hours(value: float) -> str:
    """A time as hours up to two days, else as days."""
    locale = session.locale()
    if value >= 48:
        return locale.days(value / 24)
    return locale._("{n} hours").format(n=locale.ltr(f"{value:.0f}" if value >= 9.5 else f"{value:.1f}"))


def _hour_range(first: pd.Series) -> str:
    locale = session.locale()
    low, high = first["median_low_hours"], first["median_high_hours"]
    if pd.isna(low) or pd.isna(high):
        return locale._("interval not known")
    if first["median_hours"] >= 48:
        return locale.days_between(low / 24, high / 24)
    return locale._("{n} hours").format(n=locale.between(f"{low:.0f}", f"{high:.0f}"))


def _contact_says(found: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    real = clearest_contact(found)
    tests = int(found["tests"].max())
    family = locale.n_("{n} age compared", "{n} ages compared", tests)
    if real is None:
        if not tests:
            return _("Too few deals to test: it takes 30 contacted and 30 not yet at one age.")
        return _("At no age is the difference more than could be chance ({family}).").format(family=family)
    said = (
        contact_sentence(real).replace("**", "")
        + " "
        + _("It stands after correction ({family}).").format(family=family)
    )
    if not pd.isna(real["money"]):
        said += " " + _("For the deals not contacted by then that is {money} ({range}), if contact were the reason, which this cannot show.").format(
            money=f"**{locale.money(real['money'], real['currency'])}**",
            range=locale.between(locale.money(real["money_low"], real["currency"]), locale.money(real["money_high"], real["currency"])),
        )  # fmt: skip
    return said


def _lines(found: pd.DataFrame) -> pd.DataFrame:
    """One row a landmark, contacted and not side by side."""
    sides = {
        side: found[found["contact"] == contact].reset_index(drop=True)
        for side, contact in (("yes", "contacted"), ("no", "not_contacted"))
    }
    lines = sides["yes"][["landmark_days", "difference", "difference_low", "difference_high", "q_value"]].copy()
    for side, rows in sides.items():
        lines[side] = pd.to_numeric(rows["chance"])
        for name in ("low", "high", "n"):
            lines[f"{side}_{name}"] = pd.to_numeric(rows[name])
    lines["is_real"] = pd.to_numeric(lines["q_value"]) < REAL
    return lines


def _sizes(row: Record) -> str:
    locale = session.locale()
    return locale._("{yes} against {no} deals").format(yes=locale.count(row["yes_n"]), no=locale.count(row["no_n"]))


def _in_words(lines: pd.DataFrame) -> str:
    locale = session.locale()
    told_ = lines[(lines["yes_n"] >= LEAST_SHOWN) & (lines["no_n"] >= LEAST_SHOWN)]
    return ", ".join(
        f"{age(row['landmark_days'])} {locale.share(row['yes'])} / {locale.share(row['no'])}"
        for row in told_.to_dict("records")
    )


def _contact_basis(found: pd.DataFrame) -> str:
    locale = session.locale()
    _ = locale._
    first = found.iloc[0]
    parts = [
        locale.n_("{n} deal", "{n} deals", int(first["n"])), _("as of {day}").format(day=locale.day(session.filters().as_of)),
        _("only deals still open at each age, by what became of them afterwards"),
    ]  # fmt: skip
    if first["via_customer"]:
        parts.append(_("{n} known by the customer only").format(n=locale.count(first["via_customer"])))
    if first["contacted_before"]:
        parts.append(_("{n} contacted before creation left out").format(n=locale.count(first["contacted_before"])))
    left_out = int(first["undated"] + first["negative"])
    if left_out:
        parts.append(_("{n} without usable dates left out").format(n=locale.count(left_out)))
    return " · ".join(parts)


def contact_table(found: pd.DataFrame) -> tables.Table:
    _ = session.locale()._
    said = {"all": _("all deals"), "contacted": _("contacted by then"), "not_contacted": _("not contacted by then")}
    rows = without_few(found).assign(contact=found["contact"].map(said))
    return tables.columns(
        rows,
        [
            ("landmark_days", _("Age, days"), "days"), ("contact", _("In touch yet"), "text"), ("n", _("Deals"), "count"),
            *chance_columns(), ("contacted_share", _("Contacted by then"), "share"), ("money", _("Money"), "money"),
            ("money_low", _("Money: from"), "money"), ("money_high", _("Money: to"), "money"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip


def _pick_landmark(landmarks: list[float], chart_key: str) -> None:
    points = (session.get(chart_key) or {}).get("selection", {}).get("points", [])
    if points:
        session.put("contact_age", landmarks[int(points[0]["customdata"][0])])
        session.put("contact_round", session.get("contact_round", 0) + 1)


def _uncontacted(found: pd.DataFrame) -> None:
    """The open deals that nobody has contacted: whom to call today."""
    locale = session.locale()
    _ = locale._
    landmarks = [float(days) for days in found["landmark_days"].dropna().unique()]
    if session.get("contact_age") not in landmarks:
        real = clearest_contact(found)
        session.put("contact_age", real["landmark_days"] if real else 1.0)
    query = session.expression(uncontacted, days=float(session.get("contact_age")))
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        section(_("To call today"), _waiting(query, float(session.get("contact_age"))))
        st.selectbox(
            _("Open for at least"), landmarks, key="contact_age", format_func=age, width=170, persist_state="session"
        )
    if session.count(query):
        deal_list(query, _("Not contacted yet"), "uncontacted", open_table)


def _waiting(query: Any, days: float) -> str:
    """How many open deals wait for their first contact, and what they are worth."""
    locale = session.locale()
    _ = locale._
    n = session.count(query)
    if not n:
        return _("Every open deal of that age has been contacted.")
    worth = session.run(
        query.group_by("currency").agg(total=column.amount.sum()).order_by(column.total.desc(nulls_first=False))
    )
    sums = [
        locale.money(row["total"], row["currency"])
        for row in worth.to_dict("records")
        if row["total"] == row["total"] and row["total"]
    ]
    return _count_waiting(n, age(days), sums)


def _count_waiting(n: int, since: str, sums: list[str]) -> str:
    locale = session.locale()
    _ = locale._
    many = locale.n_("**{n} open deal**", "**{n} open deals**", n)
    if sums:
        return _("{deals} worth {money}: created at least {age} ago, and not contacted yet.").format(deals=many, money=", ".join(sums), age=since)  # fmt: skip
    return _("{deals}: created at least {age} ago, and not contacted yet.").format(deals=many, age=since)
