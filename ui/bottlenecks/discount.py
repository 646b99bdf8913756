"""Discounts against the list price: what is given away, what goes with it, and who gives it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from analytics.discounts import ABOVE, AT_LIST, BAND_ENDS, BANDS, NOT_UNIT_PRICES, deals_by_discount, discounts
from ui import session, tables, words
from ui.bottlenecks import discount_owners
from ui.bottlenecks.shared import REAL, Record, chance_columns, clearest, without_few
from ui.charts.causes import dots_figure
from ui.charts.funnel import LEAST_SHOWN
from ui.funnel.deal_list import deal_list
from ui.locale import NOTHING, Locale
from ui.parts import Piece, chart, drawn, legend, note, nothing, paper, rich, section, table, told, under_chart

MEANS = ("band", "discount", "given_away", "chance", "break_even", "expected", "pays", "not_comparable", "q_value")


def band_words(band: str) -> str:
    locale = session.locale()
    _ = locale._
    if band == ABOVE:
        return _("Above list price")
    if band == AT_LIST:
        return _("At list price")
    place = BANDS.index(band) - 1
    if place == len(BAND_ENDS) - 1:
        return _("over {share} off").format(share=locale.share(BAND_ENDS[-1], 0))
    low, high = (locale.share(end, 0) for end in BAND_ENDS[place : place + 2])
    return _("{range} off").format(range=locale.between(low, high))


def is_told(found: pd.DataFrame) -> bool:
    """Whether discounts can be told at all: most amounts are near a list price."""
    first = found.iloc[0]
    return bool(first["deals"]) and first["reason"] != NOT_UNIT_PRICES


def sentence(row: Record) -> str:
    """What a real difference by discount is, as a claim."""
    locale = session.locale()
    _ = locale._
    said = {
        "band": band_words(row["band"]), "own": locale.share(row["chance"]), "rest": locale.share(row["chance"] - row["difference"]),
        "range": locale.points_between(row["difference_low"] * 100, row["difference_high"] * 100),
    }  # fmt: skip
    if row["difference"] > 0:
        words_ = _("**Deals priced {band} are won more often: {own}, against {rest} of the others** ({range} points).")
    else:
        words_ = _("**Deals priced {band} are won less often: {own}, against {rest} of the others** ({range} points).")
    return words_.format(**said)


def clearest_discount(found: pd.DataFrame) -> Record | None:
    return clearest(found[found["band"] != "all"])


def show(found: pd.DataFrame) -> None:
    if not is_told(found):
        _without_prices(found.iloc[0])
        return
    with st.container(border=True, key="card_discounts"):
        drawn(_told, found, f"discounts_{session.get('discounts_round', 0)}")
        _deals(found)
    discount_owners.show(found.iloc[0])


def _without_prices(first: pd.Series) -> None:
    """What is missing: list prices, the product of each deal, or how many units a deal is of."""
    locale = session.locale()
    _ = locale._
    with st.container(border=True, key="card_nothing_discounts"):
        if first["not_comparable"]:
            share = locale.share(first["comparable_share"])
            nothing(
                "sell",
                _("Discounts need the quantity of each deal"),
                _("Only {share} of the deals with a list price have an amount near it: the others are likely of several units, and a discount cannot be told from a number of units.").format(share=share),
                [_("Add a column **Quantity** to the file of deals."), _("Or give each deal's product with the **list price of the whole deal**.")],
            )  # fmt: skip
        else:
            nothing(
                "sell",
                _("Discounts need list prices"),
                _("With them, this view shows what is given away, who gives it, and whether deals with a discount are won more often."),
                [
                    _("A file of products: **product number or name, and list price**."),
                    _("In the file of deals: the **product** of each deal, and its **amount**, for lost deals too."),
                ],
            )  # fmt: skip
        st.page_link("../pages/import_data.py", label=_("Import files"), icon=":material/upload_file:")


@told
def _told(found: pd.DataFrame, chart_key: str) -> Iterator[Piece]:
    locale, look = session.locale(), session.look()
    _ = locale._
    first, bands = found.iloc[0], found[(found["band"] != "all")].reset_index(drop=True)
    yield partial(section, _("Discounts and what goes with them"), _given(first))
    shown, kinds = discount_table(found)
    means = words.meanings(*MEANS, of="discounts")
    basis = _basis(first)
    what = paper("discounts", _("Discounts"), shown, kinds, meanings=means, basis=basis)
    if first["reason"] is not None and first["reason"] == first["reason"]:
        yield partial(note, _(first["reason"]))
        picture = ""
    else:
        yield partial(note, _says(bands))
        rows, names = _dots(bands)
        if rows["mark"].notna().any():
            yield partial(legend, ((f"line:{look.colors.ink}", _("chance from which the discount pays for itself")),))
        at_list = bands.loc[bands["band"] == AT_LIST].iloc[0]
        is_known = at_list["n"] >= LEAST_SHOWN and not pd.isna(at_list["chance"])
        yield partial(
            chart,
            dots_figure(
                rows, names, look, head=_("chance to be won"), line=_("at list price"), typical=float(at_list["chance"]) if is_known else None
            ),
            chart_key,
            _("Chance to be won by discount: {lines}.").format(
                lines=", ".join(
                    f"{name} {locale.share(rate)}" for (name, _n), rate, n in zip(names, rows["rate"], rows["n"], strict=True) if n >= LEAST_SHOWN
                )
            ),
            wide=True,
            on_select=lambda: _pick(chart_key, list(bands.loc[pd.to_numeric(bands["deals"]) > 0, "band"])),
        )  # fmt: skip
        picture = f"wide_{chart_key}"
    yield partial(
        table, *_lines(bands), caption=_("Discounts: what was given away and what a deal brings"), numbers=range(1, 8)
    )
    yield partial(under_chart, what, session.asked(discounts), means, basis, picture=picture)


def _given(first: pd.Series) -> str:
    """What was given away on won deals."""
    locale = session.locale()
    _ = locale._
    if first["won"] < LEAST_SHOWN:
        return locale.n_(
            "{n} won deal can be compared with a list price.",
            "{n} won deals can be compared with a list price.",
            int(first["won"]),
        )
    said = {
        "share": locale.share(first["discounted_share"]), "money": locale.money(first["given_away"], first["currency"]),
        "mean": locale.share(first["discount"]), "range": locale.shares(first["discount_low"], first["discount_high"]),
    }  # fmt: skip
    return _("{share} of the won deals were below list price, and gave away **{money}** in all. Over all won deals the discount is {mean} ({range}).").format(**said)  # fmt: skip


def _says(bands: pd.DataFrame) -> str:
    """Whether a band is won more or less often, and whether a discount brings more than it gives away."""
    locale = session.locale()
    _ = locale._
    tests = int(bands["tests"].max())
    family = locale.n_("{n} group compared", "{n} groups compared", tests)
    real = clearest(bands)
    if real is not None:
        said = (
            sentence(real).replace("**", "") + " " + _("It stands after correction ({family}).").format(family=family)
        )
    elif tests:
        said = _("No discount goes with another chance to be won by more than could be chance ({family}).").format(
            family=family
        )
    else:
        said = _("Too few deals to test: it takes 30 in a group.")
    off = bands[~bands["band"].isin((ABOVE, AT_LIST)) & (pd.to_numeric(bands["n"]) >= 30)]
    costs, gains = off[pd.to_numeric(off["pays_high"]) < 0], off[pd.to_numeric(off["pays_low"]) > 0]
    for some, template in (
        (costs, _("Deals priced {bands} bring less each than deals like them at list price.")),
        (gains, _("Deals priced {bands} bring more each than deals like them at list price.")),
    ):
        if len(some):
            said += " " + template.format(bands=locale.listed([band_words(band) for band in some["band"]]))
    return (
        said
        + " "
        + _("Discounts are often given late, to deals that have come far: that alone makes their chance look higher.")
    )


def _dots(bands: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    locale = session.locale()
    bands = bands[pd.to_numeric(bands["deals"]) > 0]
    rows = pd.DataFrame({name: pd.to_numeric(bands[of]) for name, of in
                         (("rate", "chance"), ("low", "low"), ("high", "high"), ("n", "n"), ("mark", "break_even"))})  # fmt: skip
    rows["mark"] = rows["mark"].where(~bands["band"].isin((ABOVE, AT_LIST)))
    rows["is_real"] = pd.to_numeric(bands["q_value"]) < REAL
    names = [
        (band_words(band), locale.n_("{n} deal", "{n} deals", int(n)))
        for band, n in zip(bands["band"], bands["deals"], strict=True)
    ]
    return rows.reset_index(drop=True), names


def _lines(bands: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of the table on screen."""
    locale = session.locale()
    _ = locale._
    has_chances = bands["chance"].notna().any()
    head = [_("Price"), _("Won"), _("Lost"), _("Still open"), _("Average discount"), _("Given away")]
    head += [_("A deal brings"), _("At list price it would")] if has_chances else []
    lines = []
    for row in bands[pd.to_numeric(bands["deals"]) > 0].to_dict("records"):
        is_few = row["n"] < LEAST_SHOWN
        cells = [
            rich(band_words(row["band"])), locale.count(row["won"]), locale.count(row["lost"]), locale.count(row["undecided"]),
            rich(_("not enough · {n}").format(n=locale.count(row["won"]))) if row["won"] < LEAST_SHOWN else locale.share(row["discount"]),
            locale.money(row["given_away"], row["currency"]),
        ]  # fmt: skip
        if has_chances:
            cells += [
                NOTHING if is_few or pd.isna(row[name]) else locale.money(row[name], row["currency"])
                for name in ("expected", "expected_at_list")
            ]
        lines.append(cells)
    return head, lines


def _basis(first: pd.Series) -> str:
    locale = session.locale()
    _ = locale._
    parts = [
        locale.n_("{n} deal", "{n} deals", int(first["deals"])),
        _("as of {day}").format(day=locale.day(session.filters().as_of)),
    ]
    for name, words_ in (
        ("no_amount", _("{n} without an amount")), ("no_list_price", _("{n} without a list price")),
        ("not_comparable", _("{n} not near the list price of one, likely several units")), ("other_currency", _("{n} in another currency")),
    ):  # fmt: skip
        if first[name]:
            parts.append(words_.format(n=locale.count(first[name])))
    return " · ".join(parts)


def discount_table(found: pd.DataFrame) -> tables.Table:
    _ = session.locale()._
    rows = without_few(found).assign(band=[_("all") if band == "all" else band_words(band) for band in found["band"]])
    few = pd.to_numeric(found["n"]) < LEAST_SHOWN
    rows = rows.assign(
        **{
            name: pd.to_numeric(rows[name]).mask(few)
            for name in ("expected", "expected_at_list", "pays", "pays_low", "pays_high", "break_even")
        }
    )
    return tables.columns(
        rows,
        [
            ("band", _("Price"), "text"), ("deals", _("Deals"), "count"), *chance_columns(), ("discount", _("Average discount"), "share"),
            ("given_away", _("Given away"), "money"), ("break_even", _("Break-even chance"), "share"), ("expected", _("A deal brings"), "money"),
            ("expected_at_list", _("At list price it would"), "money"), ("pays", _("Gained a deal"), "money"),
            ("pays_low", _("Gained: from"), "money"), ("pays_high", _("Gained: to"), "money"), ("currency", _("Currency"), "text"),
        ],
    )  # fmt: skip


def _pick(chart_key: str, bands: list[str]) -> None:
    points = (session.get(chart_key) or {}).get("selection", {}).get("points", [])
    if points:
        session.put("discounts_band", bands[int(points[0]["customdata"][0])])
        session.put("discounts_round", session.get("discounts_round", 0) + 1)


def _close() -> None:
    session.put("discounts_band", None)


def _deals(found: pd.DataFrame) -> None:
    _ = session.locale()._
    bands = list(found.loc[(found["band"] != "all") & (pd.to_numeric(found["deals"]) > 0), "band"])
    if session.get("discounts_band") not in bands:
        session.put("discounts_band", None)
    band = st.selectbox(
        _("Deals by price"), bands, index=None, key="discounts_band", placeholder=_("Choose"), width=260, format_func=band_words,
        persist_state="session",
    )  # fmt: skip
    if band:
        deal_list(
            session.expression(deals_by_discount, band=band),
            band_words(band),
            "discounted",
            _priced_table,
            close=_close,
        )


def _priced_table(rows: pd.DataFrame, locale: Locale) -> tables.Table:
    _ = locale._
    rows = rows.assign(status=rows["status"].map({"won": _("won"), "lost": _("lost"), "open": _("open")}))
    return tables.columns(
        rows,
        [
            ("deal_name", _("Deal"), "text"), ("deal_id", _("Deal number"), "text"), ("customer", _("Customer"), "text"),
            ("owner", _("Owner"), "text"), ("product", _("Product"), "text"), ("status", _("Status"), "text"), ("amount", _("Amount"), "money"),
            ("list_price", _("List price"), "money"), ("discount", _("Discount"), "share"), ("given", _("Below list price"), "money"),
            ("currency", _("Currency"), "text"), ("created_at", _("Created"), "day"), ("closed_at", _("Closed"), "day"),
        ],
    )  # fmt: skip
