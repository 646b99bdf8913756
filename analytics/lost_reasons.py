"""Why deals were lost, at which stage, what they were worth, and how far the reasons can be trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.fields import OTHERS, find, with_value
from analytics.filters import Filters
from analytics.intervals import Z, ratio_variance, share, share_difference, wilson
from analytics.question import Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.tables import Tables

COLUMNS = (
    "pipeline", "stage", "stage_order", "reason", "deals", "n", "share", "low", "high", "share_of_known", "n_known",
    "money", "money_share", "money_low", "money_high", "value_known", "currency", "spellings", "undated", "p_value",
    "q_value", "tests",
)  # fmt: skip
BLANK_COLUMNS = (
    "field", "value", "deals", "n", "share", "low", "high", "money", "money_share", "currency", "p_value", "q_value",
    "tests",
)  # fmt: skip
DEAL_COLUMNS = (
    "deal_id", "deal_name", "customer", "owner", "amount", "currency", "created_at", "closed_at", "stage", "lost_reason",
)  # fmt: skip
BLANK_FIELDS = ("stage", "deal_size", "owner")
MOST_REASONS = 100
MOST_OWNERS = 100
Sums = dict[str, float]
SUMS = ("deals", "known", "money", "squares")


def lost_reasons(tables: Tables, filters: Filters) -> Question:
    """One row a reason, stages together (null `stage`), then one a reason and stage of loss. Columns: `COLUMNS`.

    A null `reason` is a blank. The period bounds the close date. Reasons that differ in case or spaces alone are one;
    beyond the commonest `MOST_REASONS` they are one row, `OTHERS`. Stages are known where their history was recorded.
    """
    # Reasons are compared once each, as they are written, and not once a deal.
    written = _keyed(_lost(tables, filters).agg(**_sums(), by=["pipeline", "stage", "stage_order", "lost_reason"]))
    spellings = written.agg(n=_.deals.sum(), by=["reason_key", "lost_reason"])
    named = (
        spellings.filter(_.reason_key != "")
        .agg(
            n=_.n.sum(),
            reason=_.lost_reason.first(order_by=[_.n.desc(), _.lost_reason]),
            spellings=_.lost_reason.count(),
            by=_.reason_key.name("named"),
        )
        .order_by(_.n.desc(), "named")
        .limit(MOST_REASONS)
    )
    cells = (
        written.left_join(named, [("reason_key", "named")])
        .mutate(reason=_.reason.fill_null((_.reason_key == "").ifelse("", OTHERS)))
        .agg(**_added(), by=["pipeline", "stage", "stage_order", "reason", "spellings"])
    )
    asks = {"cells": cells}
    if filters.has_period:
        undated = filters.deals(tables).filter((_.status == "lost") & _.closed_at.isnull())
        asks["undated"] = undated.agg(undated=_.count())
    return Question(asks, _rows)


def missing_reasons(tables: Tables, filters: Filters) -> Question:
    """Whether lost deals without a reason differ from the rest: a row a stage, size and owner. Columns: `BLANK_COLUMNS`."""
    lost = _lost(tables, filters).mutate(owner=_.owner.nullif(""))
    sized = with_value(lost, tables, find("deal_size", tables), "deal_size")
    cells = sized.agg(**_sums(), by=["stage", "deal_size", "owner", "lost_reason"])
    cells = cells.mutate(is_blank=_.lost_reason.fill_null("").strip() == "")
    parts = [
        cells.agg(
            deals=_.deals.sum(where=_.is_blank),
            n=_.deals.sum(),
            money=_.money.sum(where=_.is_blank),
            total=_.money.sum(),
            first_currency=_.first_currency.min(),
            last_currency=_.last_currency.max(),
            by=cells[name].name("value"),
        )
        .mutate(field=ibis.literal(name))
        .order_by(_.n.desc())
        .limit(MOST_OWNERS)
        for name in BLANK_FIELDS
    ]
    return Question({"groups": ibis.union(*parts)}, _blanks)


def lost_deals(
    tables: Tables, filters: Filters, reason: str | None, stage: str | None = None, named: tuple[str, ...] = ()
) -> ir.Table:
    """The lost deals behind a row of `lost_reasons`, largest first. Columns: `DEAL_COLUMNS`.

    A null `reason` is a blank; `OTHERS` are those that are not among `named`. Without `stage`, deals of every stage.
    """
    lost = _keyed(_lost(tables, filters))
    if reason == OTHERS:
        keys = [_key(ibis.literal(name)) for name in named]
        lost = lost.filter((_.reason_key != "") & ~_.reason_key.isin(keys))
    else:
        lost = lost.filter(_.reason_key == ("" if reason is None else _key(ibis.literal(reason))))
    if stage is not None:
        lost = lost.filter(_.stage == stage)
    return lost.select(*DEAL_COLUMNS).order_by(_.amount.desc(nulls_first=False), "deal_id")


def _lost(tables: Tables, filters: Filters) -> ir.Table:
    """The deals lost in the period; `stage` is the one they were lost from, null where no file says."""
    lost = filters.deals(tables, "closed" if filters.has_period else None).filter(_.status == "lost")
    stays = tables.stage_entries.filter((_.fate == "lost") & (_.outcome == "open") & _.is_recorded)
    if filters.pipeline is not None:
        stays = stays.filter(_.pipeline == filters.pipeline)
    stays = stays.semi_join(lost.select(lost_no=_.deal_no), [("deal_no", "lost_no")])
    # A deal that was lost twice counts where it was lost last.
    ends = stays.agg(
        lost_from=_.stage.argmax(_.left_at), from_order=_.stage_order.argmax(_.left_at), by=_.deal_no.name("of_deal")
    )
    return (
        lost.drop("stage").left_join(ends, [("deal_no", "of_deal")]).rename(stage="lost_from", stage_order="from_order")
    )


def _sums() -> dict[str, ibis.Deferred]:
    """The sums of deals that shares and money are told from; amounts without a currency have none to disagree in."""
    return {
        "deals": _.count(),
        "known": _.amount.count(),
        "money": _.amount.sum(),
        "squares": (_.amount * _.amount).sum(),
        "first_currency": _.currency.min(where=_.amount.notnull()),
        "last_currency": _.currency.max(where=_.amount.notnull()),
    }


def _added() -> dict[str, ibis.Deferred]:
    """Sums of `_sums`."""
    ends = {"first_currency": _.first_currency.min(), "last_currency": _.last_currency.max()}
    return {name: _[name].sum() for name in SUMS} | ends


def _key(reason: ir.StringValue) -> ir.StringValue:
    """A reason without what does not tell it from another: case, and spaces around and between words."""
    return reason.re_replace(r"\s+", " ").strip().lower()


def _keyed(lost: ir.Table) -> ir.Table:
    return lost.mutate(reason_key=_key(_.lost_reason.fill_null("")))


Place = tuple[Any, Any, Any]  # pipeline, stage, stage order; of all stages together Nones


def _rows(answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    undated = whole(answers["undated"]["undated"].iloc[0]) if "undated" in answers else 0
    cells = rows(answers["cells"])
    spellings = {row["reason"]: row["spellings"] for row in cells if row["spellings"]}
    currencies = {row[end] for row in cells for end in ("first_currency", "last_currency")} - {None}
    stages: dict[Place, dict[str, Sums]] = defaultdict(lambda: defaultdict(lambda: dict.fromkeys(SUMS, 0.0)))
    for row in cells:
        for place in {(None, None, None), (row["pipeline"], row["stage"], row["stage_order"])}:
            if place == (None, None, None) or row["stage"] is not None:
                for name in SUMS:
                    stages[place][row["reason"]][name] += number(row[name])
    known_stages = [of for place, of in stages.items() if place[1] is not None]
    located = _together(known_stages)
    found: list[Row] = []
    tests: list[float | None] = []
    for place in sorted(stages, key=lambda each: (each[1] is not None, str(each[0]), number(each[2]), str(each[1]))):
        of = stages[place]
        if place[1] is not None:
            for reason in located:  # one that is never given at a stage is a share of 0 there
                of.setdefault(reason, dict.fromkeys(SUMS, 0.0))
        for reason in sorted(of, key=lambda name: (name == "", name == OTHERS, -of[name]["deals"], name)):
            row = {"pipeline": place[0], "stage": place[1], "reason": reason or None, "undated": undated}
            row |= {"stage_order": whole(place[2]) if place[1] is not None else None}
            row |= {"spellings": whole(spellings.get(reason)) or None}
            found.append(row | _shares(of, reason, currencies))
            tests.append(_p(of, located, reason) if place[1] is not None and len(known_stages) > 1 else None)
    for row, p in zip(found, tests, strict=True):
        row["p_value"] = p
    with_q_values(found, tests)
    return frame(found, COLUMNS)


def _together(stages: list[dict[str, Sums]]) -> dict[str, Sums]:
    total: dict[str, Sums] = defaultdict(lambda: dict.fromkeys(SUMS, 0.0))
    for of in stages:
        for reason, sums in of.items():
            for name in SUMS:
                total[reason][name] += sums[name]
    return total


def _total(of: Mapping[str, Sums], name: str, *, without_blank: bool = False) -> float:
    return sum(sums[name] for reason, sums in of.items() if reason or not without_blank)


def _shares(of: Mapping[str, Sums], reason: str, currencies: set[str]) -> Row:
    own = of[reason]
    n, n_known = int(_total(of, "deals")), int(_total(of, "deals", without_blank=True))
    rate = share(own["deals"], n)
    low, high = wilson(rate, n)
    row: Row = {
        "deals": int(own["deals"]), "n": n, "share": rate, "low": low, "high": high,
        "share_of_known": share(own["deals"], n_known) if reason else None, "n_known": n_known,
        "value_known": share(own["known"], own["deals"]),
    }  # fmt: skip
    # Amounts of different currencies do not add up.
    if len(currencies) > 1 or not _total(of, "known"):
        return row
    money, total = own["money"], _total(of, "money")
    row |= {"money": money, "money_share": share(money, total), "currency": next(iter(currencies), None)}
    variance = ratio_variance(
        int(_total(of, "known")), money, total, own["squares"], _total(of, "squares"), own["squares"]
    )
    if variance is not None and row["money_share"] is not None:
        half = Z * variance**0.5
        row |= {"money_low": max(0.0, row["money_share"] - half), "money_high": min(1.0, row["money_share"] + half)}
    return row


def _p(of: Mapping[str, Sums], located: Mapping[str, Sums], reason: str) -> float | None:
    """Whether the reason's share of the stage's deals with a reason differs from other stages'; of a blank, of all."""
    own, everyone = (each.get(reason, {"deals": 0.0})["deals"] for each in (of, located))
    n, total = (_total(each, "deals", without_blank=bool(reason)) for each in (of, located))
    if not n or n == total:
        return None
    return share_difference(own / n, n, (everyone - own) / (total - n), total - n)


def _blanks(answers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    groups = rows(answers["groups"])
    currencies = {row[end] for row in groups for end in ("first_currency", "last_currency")} - {None}
    found: list[Row] = []
    tests: list[float | None] = []
    for field in BLANK_FIELDS:
        of = [row for row in groups if row["field"] == field]
        n, blank = sum(whole(row["n"]) for row in of), sum(whole(row["deals"]) for row in of)
        if all(row["value"] is None for row in of):
            continue
        for row in sorted(of, key=lambda each: (each["value"] is None, -whole(each["n"]), str(each["value"]))):
            own_n, own = whole(row["n"]), whole(row["deals"])
            low, high = wilson(share(own, own_n), own_n)
            p = share_difference(own / own_n, own_n, (blank - own) / (n - own_n), n - own_n) if own_n < n else None
            made: Row = {
                "field": field, "value": row["value"], "deals": own, "n": own_n, "share": share(own, own_n),
                "low": low, "high": high, "p_value": p,
            }  # fmt: skip
            if len(currencies) <= 1 and row["total"] is not None:
                made |= {
                    "money": number(row["money"]),
                    "money_share": share(number(row["money"]), number(row["total"])),
                }
                made["currency"] = next(iter(currencies), None)
            found.append(made)
            tests.append(p)
    with_q_values(found, tests)
    return frame(found, BLANK_COLUMNS)
