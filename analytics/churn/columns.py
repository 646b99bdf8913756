"""Which columns of a customer file can tell who leaves, and how: as numbers, as groups, or not at all, with the reason."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.churn.judging import auc
from data.messages import N_

Kind = Literal["number", "group"]
MOST_LEVELS = 50
NUMBERS_FROM = 0.95  # of what is filled in, so many must be numbers
FEW_NUMBERS = 5  # so few different numbers are the names of groups
SUSPICIOUS = 0.97  # a column that alone tells leavers this well looks written afterwards
PURE = 0.98
LEAST_SHARE = 0.1
LEAST_CASES = 10

NAMED = N_("Its name says that it tells of leaving, so it is left out.")
DECIDES = N_("It alone tells leavers from the others almost without exception, so it looks written afterwards.")
AFTERWARDS = N_("It is filled in almost only for those who left, so it looks written afterwards.")
SINGLE_VALUE = N_("One of its values is almost only seen with those who left, so it looks written afterwards.")
IDENTIFIES = N_("Nearly every customer has another value, so it is a number or a name and tells of nothing.")
MANY_VALUES = N_("It has more than 50 different values, too many to learn from.")
CONSTANT = N_("It has the same value for all.")
AS_OF_NOW = N_("The file says it as it stands now, and not as it was on the days customers are looked at from.")

_LEAVING = re.compile(
    r"""churn|cancel|terminat|attrition|deactivat|unsubscri|off-?board|win-?back|lost\ (?:reason|date|on|at)
    |exit\ (?:reason|date|survey|interview|on|at)|(?:reason|date)\ (?:of\ |for\ )?(?:leaving|exit|loss|closing|end)
    |leaving|left\ (?:on|at|date|reason)|date\ left|(?:end|ended|closed|closing|expiry|stop)\ (?:date|on|at|day|reason)
    |customer\ lost|is\ lost|נטיש|נטש|נוטש|ביטול|בוטל|עזיב|עזב|סיום|הסתיי""",
    re.VERBOSE | re.IGNORECASE,
)
# What is written anew whenever something happens with the customer.
_CHANGING = re.compile(
    r"\b(?:status|active|inactive|stage|health|last|latest|recent)\b|סטטוס|פעיל|מצב|אחרו", re.IGNORECASE
)
_LEADING_ZERO = r"^[+-]?0\d"
_MONEY = str.maketrans("", "", ",\u20aa$€£% \u00a0")


@dataclass(frozen=True)
class Feature:
    """A column a model may use: `column` of the frame, `name` as people call it, `levels` the groups there are, "" for blanks."""

    column: str
    name: str
    kind: Kind
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftOut:
    """A column that is not used, and why; `alone` is how well it tells leavers by itself (AUC, at least 0.5)."""

    column: str
    name: str
    reason: str
    is_leak: bool
    alone: float | None = None


@dataclass(frozen=True)
class Chosen:
    features: tuple[Feature, ...]
    left_out: tuple[LeftOut, ...]
    alone: Mapping[str, float]  # by column, of those kept


def chosen(frame: pd.DataFrame, names: Mapping[str, str], left: NDArray[np.bool_]) -> Chosen:
    """What of the columns `names` (column -> what people call it) can be learnt from, one row a customer.

    A column that tells of leaving by its name, that tells leavers almost without exception, or that is filled in only for
    them is left out as a leak; names, numbers of customers and columns of one value are left out too. Empty columns are
    passed over.
    """
    features: list[Feature] = []
    left_out: list[LeftOut] = []
    alone: dict[str, float] = {}
    for column, name in names.items():
        if not (values_of(frame[column], "group") != "").any():
            continue
        kind = kind_of(frame[column])
        if kind is None:
            is_leak = tells_of_leaving(name)
            left_out.append(LeftOut(column, name, NAMED if is_leak else _not_learnt(frame[column]), is_leak))
            continue
        values = values_of(frame[column], kind)
        own = tells_alone(values, kind, left)
        leak = _leak(values, name, kind, left, own)
        if leak is not None:
            left_out.append(LeftOut(column, name, leak, True, own))
        else:
            levels = tuple(sorted(values.unique())) if kind == "group" else ()
            features.append(Feature(column, name, kind, levels))
            alone[column] = own
    return Chosen(tuple(features), tuple(left_out), alone)


def known_then(columns: Chosen, frame: pd.DataFrame, of_file: Container[str]) -> Chosen:
    """What is left to learn from where customers are looked at from days in the past, of columns that the file of customers has
    as they are today (`of_file`): numbers go on counting, and a state is that after the customer left or stayed."""
    late = {
        each.column
        for each in columns.features
        if each.column in of_file and (_CHANGING.search(_words(each.name)) or _counts(frame[each.column]))
    }
    out = [LeftOut(each.column, each.name, AS_OF_NOW, True, columns.alone[each.column]) for each in columns.features if each.column in late]  # fmt: skip
    return Chosen(
        tuple(each for each in columns.features if each.column not in late),
        (*columns.left_out, *out),
        {column: own for column, own in columns.alone.items() if column not in late},
    )


def _counts(column: pd.Series) -> bool:
    """Whether a column holds numbers, be they few."""
    filled = values_of(column, "group") != ""
    return bool(numbers_in(column)[filled].notna().mean() >= NUMBERS_FROM)


def design(frame: pd.DataFrame, features: Sequence[Feature]) -> pd.DataFrame:
    """The values of the features as floats: numbers with blanks as NaN, groups as their place in `levels`, -1 for others."""
    made = {}
    for each in features:
        if each.kind == "number":
            values = numbers_in(frame[each.column])
        else:
            codes, texts = coded(frame[each.column])
            places = pd.Index(each.levels).get_indexer(texts).astype("float64")
            values = pd.Series(places[codes], index=frame.index)
        made[each.column] = values
    return pd.DataFrame(made, index=frame.index)


def values_of(column: pd.Series, kind: Kind) -> pd.Series:
    """A column as numbers, or as text with blanks as ""."""
    if kind == "number":
        return numbers_in(column)
    codes, texts = coded(column)
    return pd.Series(np.array(texts, dtype=object)[codes], index=column.index, dtype=object)


def coded(column: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    """A column as places in a list of its different texts; blanks are "". Equal cells are read once, as there may be millions."""
    codes, different = pd.factorize(column, use_na_sentinel=True)
    texts = [_text(each) for each in different.tolist()]
    if (codes < 0).any():
        codes = np.where(codes < 0, len(texts), codes)
        texts.append("")
    return codes.astype(np.int64), texts


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def numbers_in(column: pd.Series) -> pd.Series:
    """The numbers that are written in a column: with thousands marks, a currency or a percent sign too; others are NaN."""
    if pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64").replace([np.inf, -np.inf], np.nan)
    codes, different = coded(column)
    cells = pd.Series(different, dtype="object").astype(str)
    if cells.str.contains(r"\d,\d{1,2}$").any() and not cells.str.contains(".", regex=False).any():
        cells = cells.str.replace(",", ".", regex=False)  # a comma before the cents
    read = pd.to_numeric(cells.str.translate(_MONEY), errors="coerce")
    known = read.to_numpy(dtype=np.float64)[codes]
    return pd.Series(np.where(np.isfinite(known), known, np.nan), index=column.index)


def kind_of(column: pd.Series) -> Kind | None:
    """Whether a column holds numbers or groups; None where it holds names, numbers of customers, or one value."""
    text = values_of(column, "group")
    filled = text[text != ""]
    different = filled.nunique()
    if different == 0 or (different == 1 and len(filled) == len(text)):
        return None
    values = numbers_in(column[filled.index])
    # What is a number by itself, and not by how a cell is written, names nobody.
    is_amount = pd.api.types.is_numeric_dtype(column) or not _identifies(filled, values)
    if values.notna().mean() >= NUMBERS_FROM and different > FEW_NUMBERS and is_amount:
        return "number"
    return "group" if different <= MOST_LEVELS and different <= max(len(filled) / 2, 2) else None


def tells_of_leaving(name: str) -> bool:
    """Whether a column's name says that it is about leaving."""
    return _LEAVING.search(_words(name)) is not None


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_\W]+", " ", name)


def tells_alone(values: pd.Series, kind: Kind, left: NDArray[np.bool_]) -> float:
    """How well a column alone tells those who left from the others, whichever way: AUC, 0.5 to 1.

    Groups are ordered by the share that left among the other nine tenths of the customers, so that rare ones prove nothing.
    """
    if left.all() or not left.any():
        return 0.5
    if kind == "group":
        return max(0.5, auc(left, _shares_elsewhere(values, left)))
    is_blank = values.isna().to_numpy()
    known = values.fillna(values.median()).to_numpy()
    found = [auc(left, known), auc(left, is_blank.astype(float))]
    # A number that is only there for some: what it says where it is there counts too.
    return max(max(each, 1 - each) for each in found)


def _shares_elsewhere(values: pd.Series, left: NDArray[np.bool_], parts: int = 10) -> NDArray[np.float64]:
    """The share that left of each customer's group, counted among the customers of the other parts."""
    codes, levels = pd.factorize(values)
    part = np.random.default_rng(1).permutation(len(values)) % parts
    size = len(levels) * parts
    cell = codes * parts + part
    all_, lost = (np.bincount(cell, weight, size).reshape(-1, parts) for weight in (None, left.astype(float)))
    others, lost_others = all_.sum(1, keepdims=True) - all_, lost.sum(1, keepdims=True) - lost
    whole = float(left.mean())
    return ((lost_others + whole) / (others + 1)).ravel()[cell]


def _identifies(filled: pd.Series, values: pd.Series) -> bool:
    """Whether numbers are names: with leading zeros, or whole and nearly all different."""
    if filled.str.contains(_LEADING_ZERO).any():
        return True
    known = values.dropna()
    is_whole = bool((known % 1 == 0).all())
    return is_whole and len(known) >= 50 and known.nunique() > 0.98 * len(known)


def _not_learnt(column: pd.Series) -> str:
    text = values_of(column, "group")
    filled = text[text != ""]
    if filled.nunique() <= 1:
        return CONSTANT
    return IDENTIFIES if filled.nunique() > 0.5 * len(filled) else MANY_VALUES


def _leak(values: pd.Series, name: str, kind: Kind, left: NDArray[np.bool_], alone: float) -> str | None:
    if tells_of_leaving(name):
        return NAMED
    is_filled = (values.notna() if kind == "number" else values != "").to_numpy()
    if (~is_filled).sum() > 0 and _is_pure(is_filled, left):
        return AFTERWARDS
    if alone > SUSPICIOUS:
        return DECIDES
    if kind == "group" and any(_is_pure((values == level).to_numpy(), left) for level in values.unique()):
        return SINGLE_VALUE
    return None


def _is_pure(part: NDArray[np.bool_], left: NDArray[np.bool_]) -> bool:
    """Whether those of a part almost all left, are a tenth of all who did, and that is a wonder at the usual share."""
    n, lost, whole = int(part.sum()), int((part & left).sum()), float(left.mean())
    if n < LEAST_CASES or lost < PURE * n or lost < LEAST_SHARE * left.sum():
        return False
    return whole**lost < 1e-6
