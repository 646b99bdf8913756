"""The ideal customer: which traits the best customers share that the others do not, and who else has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from analytics.customers import scores, traits
from analytics.customers.basis import Source
from analytics.fields import Field
from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z, share, share_difference, wilson
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number, rows, whole, with_q_values
from data.tables import Tables

COLUMNS = (
    "trait", "trait_value", "customers", "best_customers", "best_rate", "low", "high", "best_rate_all", "times_as_often",
    "share_of_best", "share_of_rest", "trait_odds", "odds_low", "odds_high", "q_value", "tests", "left_out",
    "compared_customers", "best_all",
)  # fmt: skip
PROSPECT_COLUMNS = (
    "customer_id", "customer", "owner", "match", "matched_traits", "traits_for", "traits_against", "open_deals", "open_amount",
    "currency",
)  # fmt: skip
REAL = 0.05
LEAST_DAYS = 180  # a customer of fewer days has not had the time to show what it is worth
BEST = 0.2  # the best are the fifth with most value
MOST_BEST = 0.35  # of equal values all are among them or none, so that they can be as many as this
# Why a field is no trait: its name says so; it rises and falls with value; one of its values holds nearly all the best and no others.
NAMED, RISES, SAYS = "named", "rises_with_value", "says_it_itself"
MOST_CORRELATED = 0.95
MOST_EXPLAINED = 0.85  # the share of the spread of ranks by value that the values of a field explain
MOST_LEVELS = 50  # beyond it every customer has a value of its own, which explains anything


@dataclass(frozen=True)
class Trait:
    """A value of a field that stands: `log_odds` above 0 where the best have it more often than the others."""

    column: str
    field: Field
    value: str
    log_odds: float


def ideal_customer(tables: Tables, filters: Filters) -> Question:
    """One row a value of a trait with 30 customers or more, the clearest first, and one for each field left out. Columns: `COLUMNS`.

    The best are the fifth with most value among customers who have been there for 180 days, currency by currency; those who
    left since count among the others. `best_rate` is the share of customers with the trait that are among the best, with
    Wilson's 95% interval; `times_as_often` divides it by `best_rate_all`, that of all whose field is known. Odds ratios have half a
    customer added to each cell (Haldane 1956) and Woolf's interval. Each value is tested against all other values of its field;
    of two values only the one that the best have more often.
    """
    fields = _named(tables)

    def levels(answers: Answers) -> Mapping[str, ir.Table]:
        return _asks(tables, filters, _source(answers), fields)

    return Question({"report": scores.report_table(filters)}, partial(_profile, fields=fields), (levels,))


def ideal_prospects(tables: Tables, filters: Filters, most: int | None = None) -> Question:
    """Customers who never bought and share traits with the best, the closest first. Columns: `PROSPECT_COLUMNS`.

    `match` is the sum of the logs of the odds ratios of the traits that stand (q below 0.05) and that the customer has: an order,
    not a chance, as traits overlap. Only who matches more than it does not (`match` above 0) is listed; none, where no trait stands.
    """
    fields = _named(tables)

    def levels(answers: Answers) -> Mapping[str, ir.Table]:
        return _asks(tables, filters, _source(answers), fields)

    def prospects(answers: Answers) -> Mapping[str, ir.Table]:
        found = _standing(answers, fields)
        if not found:
            return {}
        listed = _prospects(tables, filters, _source(answers), found)
        return {"prospects": listed if most is None else listed.limit(most)}

    return Question({"report": scores.report_table(filters)}, partial(_listed, fields=fields), (levels, prospects))


def _named(tables: Tables) -> dict[str, Field]:
    return {f"trait_{place}": field for place, field in enumerate(traits.candidates(tables))}


def _source(answers: Answers) -> Source:
    return Source(scores.read_report(answers["report"])["basis"])


def _kept(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: field for name, field in fields.items() if not traits.is_made_of_value(field)}


# the counts


def _asks(tables: Tables, filters: Filters, source: Source, fields: Mapping[str, Field]) -> dict[str, ir.Table]:
    kept = _kept(fields)
    compared = _compared(tables, filters)
    told = traits.with_traits(compared, tables, filters, source, kept)
    asks = {"levels": _levels(told, kept)}
    numeric = {name: field for name, field in kept.items() if field in traits.attributes(list(kept.values()))}
    if numeric:
        asks["numbers"] = _numbers(told, numeric)
    return asks


def _compared(tables: Tables, filters: Filters) -> ir.Table:
    """The customers with enough history: `customer_id, worth, place` (0 to 1 by value in their currency), `is_best`."""
    found = scores.chosen(tables, filters)
    found = found.filter(found.purchases > 0, traits.known_days(found, filters) >= LEAST_DAYS)
    found = found.select("customer_id", "currency", worth=_.value.fill_null(0.0))
    of_currency = ibis.window(group_by="currency")
    upwards, downwards = (
        ibis.window(group_by="currency", order_by=order) for order in (found.worth, found.worth.desc())
    )
    ranked = found.mutate(
        place=ibis.percent_rank().over(upwards),
        above=ibis.rank().over(downwards) / found.count().over(of_currency),  # the share that is worth more
        within=ibis.cume_dist().over(downwards),  # the share that is worth as much or more
    )
    is_best = (_.above < BEST) & (_.within <= MOST_BEST) & (_.worth > 0)
    return ranked.mutate(is_best=is_best).drop("above", "within")


def _levels(told: ir.Table, fields: Mapping[str, Field]) -> ir.Table:
    """One row a field and value: how many customers, how many of the best, and the sums of their places by value."""
    long = told.pivot_longer(list(fields), names_to="column", values_to="level")
    return long.group_by("column", "level").agg(
        n=_.count(), best=_.is_best.sum(), places=_.place.sum(), squares=(_.place * _.place).sum()
    )


def _numbers(told: ir.Table, fields: Mapping[str, Field]) -> ir.Table:
    """One row: of each attribute how many are known and are numbers, and how these go with value, plainly and by rank."""
    numbers = told.mutate(**{f"{name}_number": told[name].try_cast("float64") for name in fields})
    ranked = numbers.mutate(**{
        f"{name}_rank": ibis.percent_rank().over(order_by=numbers[f"{name}_number"].asc(nulls_first=False)) for name in fields
    })  # fmt: skip
    parts: dict[str, ir.Value] = {}
    for name in fields:
        value, is_number = ranked[f"{name}_number"], ranked[f"{name}_number"].notnull()
        parts |= {
            f"{name}_known": ranked[name].count(), f"{name}_numbers": value.count(),
            f"{name}_plain": ranked.worth.corr(value, where=is_number, how="pop"),
            f"{name}_ranked": ranked.place.corr(ranked[f"{name}_rank"], where=is_number, how="pop"),
        }  # fmt: skip
    return ranked.agg(**parts)


# what they come to


def _profile(answers: Answers, fields: Mapping[str, Field]) -> pd.DataFrame:
    return frame(_rows(answers, fields), COLUMNS)


def _rows(answers: Answers, fields: Mapping[str, Field]) -> list[Row]:
    """The rows of `COLUMNS`, each with the `column` its field is called by."""
    counted = rows(answers["levels"])
    of_field: dict[str, list[Row]] = {}
    for row in counted:
        of_field.setdefault(row["column"], []).append(row)
    everyone, best = (sum(whole(row[name]) for row in next(iter(of_field.values()), [])) for name in ("n", "best"))
    about = {"compared_customers": everyone, "best_all": best}
    numbers = rows(answers["numbers"])[0] if "numbers" in answers else {}
    found, left_out, p_values = [], [], []
    for name, field in fields.items():
        known = [row for row in of_field.get(name, []) if row["level"] is not None]
        reason = NAMED if traits.is_made_of_value(field) else _leak(name, known, numbers)
        if reason is not None:
            left_out.append({"column": name, "trait": field.label, "left_out": reason} | about)
            continue
        for row in _tested(known):
            told, p = _level(row, known)
            found.append(told | about | {"column": name, "trait": field.label})
            p_values.append(p)
    with_q_values(found, p_values)
    found.sort(key=lambda row: (row["q_value"], -abs(math.log(row["trait_odds"]))))
    return [*found, *left_out]


def _tested(known: list[Row]) -> list[Row]:
    """The values that can be compared: of 30 customers, with 30 others."""
    n, best = (sum(whole(row[of]) for row in known) for of in ("n", "best"))
    if not 0 < best < n:
        return []
    large = [row for row in known if LEAST_TESTED <= whole(row["n"]) <= n - LEAST_TESTED]
    if len(known) == 2 and len(large) == 2:
        return [max(large, key=lambda row: (whole(row["best"]) / whole(row["n"]), str(row["level"])))]
    return large


def _level(row: Row, known: list[Row]) -> tuple[Row, float | None]:
    n, best = whole(row["n"]), whole(row["best"])
    everyone, all_best = (sum(whole(each[name]) for each in known) for name in ("n", "best"))
    others, other_best = everyone - n, all_best - best
    rate, rate_all = best / n, all_best / everyone
    low, high = wilson(rate, n)
    cells = [count + 0.5 for count in (best, n - best, other_best, others - other_best)]
    log_odds = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    half = Z * math.sqrt(sum(1 / cell for cell in cells))
    told = {
        "trait_value": row["level"], "customers": n, "best_customers": best, "best_rate": rate, "low": low, "high": high,
        "best_rate_all": rate_all, "times_as_often": rate / rate_all if rate_all else None,
        "share_of_best": share(best, all_best), "share_of_rest": share(n - best, everyone - all_best),
        "trait_odds": math.exp(log_odds), "odds_low": math.exp(log_odds - half), "odds_high": math.exp(log_odds + half),
    }  # fmt: skip
    return told, share_difference(rate, n, other_best / others, others)


def _leak(name: str, known: list[Row], numbers: Row) -> str | None:
    """Why a field is only the value under another name; None where it is not."""
    told = whole(numbers.get(f"{name}_known"))
    is_number = told > 0 and whole(numbers[f"{name}_numbers"]) >= 0.9 * told
    ways = ("plain", "ranked")
    if is_number and max(abs(_finite(numbers[f"{name}_{how}"])) for how in ways) > MOST_CORRELATED:
        return RISES
    n, best = (sum(whole(row[of]) for row in known) for of in ("n", "best"))
    if n < LEAST_TESTED:
        return None
    if any(whole(row["best"]) >= MOST_CORRELATED * max(whole(row["n"]), best, 1) for row in known):
        return SAYS
    if len(known) > MOST_LEVELS:
        return None
    places, squares = (sum(number(row[of]) for row in known) for of in ("places", "squares"))
    spread = squares - places**2 / n
    between = sum(number(row["places"]) ** 2 / whole(row["n"]) for row in known) - places**2 / n
    return RISES if spread > 0 and n > 3 * len(known) and between / spread > MOST_EXPLAINED else None


def _finite(value: object) -> float:
    found = number(value)
    return found if math.isfinite(found) else 0.0


# who else has them


def _standing(answers: Answers, fields: Mapping[str, Field]) -> tuple[Trait, ...]:
    """The traits that stand and that a customer can have before it buys."""
    return tuple(
        Trait(row["column"], fields[row["column"]], row["trait_value"], math.log(row["trait_odds"]))
        for row in _rows(answers, fields)
        if row.get("q_value") is not None and row["q_value"] < REAL and fields[row["column"]] != traits.FIRST_PRODUCT
    )


def _prospects(tables: Tables, filters: Filters, source: Source, found: tuple[Trait, ...]) -> ir.Table:
    fields = {trait.column: trait.field for trait in found}
    never = scores.chosen(tables, filters).filter(_.lifecycle == "potential")
    never = never.select("customer_id", "customer", "owner", "open_deals", "open_amount", "currency")
    told = traits.with_traits(never, tables, filters, source, fields)

    def has(trait: Trait) -> ir.BooleanValue:
        return (told[trait.column] == trait.value).fill_null(False)

    match = sum((has(trait).ifelse(trait.log_odds, 0.0) for trait in found), ibis.literal(0.0))
    ranked = told.mutate(match=match).filter(_.match > 0)
    return ranked.order_by(_.match.desc(), _.open_amount.desc(nulls_first=False), "customer_id")


def _listed(answers: Answers, fields: Mapping[str, Field]) -> pd.DataFrame:
    found = _standing(answers, fields)
    made = []
    for row in rows(answers["prospects"]) if found else ():
        own = [trait for trait in found if row[trait.column] == trait.value]
        told = {
            side: [f"{trait.field.label}: {trait.value}" for trait in own if (trait.log_odds > 0) == is_for]
            for side, is_for in (("traits_for", True), ("traits_against", False))
        }
        made.append(
            row
            | {"matched_traits": len(told["traits_for"])}
            | {side: "; ".join(names) or None for side, names in told.items()}
        )
    return frame(made, PROSPECT_COLUMNS)
