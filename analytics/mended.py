"""What if all that leaks and waits were mended at once: recomputed, since the money of single bottlenecks overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics import reworked
from analytics.against_rest import lasting_against
from analytics.bottlenecks import Ranking
from analytics.fields import Field
from analytics.filters import Filters
from analytics.findings import STAGES, told_apart
from analytics.funnel import FATES
from analytics.intervals import LEAST_TESTED
from analytics.question import Answers, Question
from analytics.rows import Row, frame, number
from analytics.segment_pairs import Pair
from analytics.stage_chain import DRAWS, Funnel, ends
from analytics.stakes import Worth
from analytics.survival import Lengths
from data.tables import Tables

COLUMNS = (
    "kind", "pipeline", "stage", "rows_mended", "n", "share", "share_rest", "share_delta", "stay_days", "stay_days_rest",
    "days_delta", "value_entered", "money", "money_low", "money_high", "added_up",
    "days_shorter", "days_shorter_low", "days_shorter_high", "currency",
)  # fmt: skip


def bottlenecks_joint(tables: Tables, filters: Filters, by: Field | None = None) -> Question:
    """What if every leak of `bottlenecks` that stands were mended at once, and every delay. Columns: `COLUMNS`.

    For each kind one row without a stage, of all mended together, and one for each stage mended alone. Mended means that the
    deals of groups that do worse at a stage do there as the deals of none of them; a deal of several such groups counts once.
    Of leaks, the funnel is then worked out again to winning: a deal saved early may still be lost later, where later stages
    are mended too. Of delays, what waits less at any time is added over stages, since a deal waits at one at a time. Leaks and
    delays are never added. Repeats of a costlier row are left out. `added_up` is what the single rows come to. The period bounds
    the creation of deals.
    """
    return _Mending(Ranking(tables, filters, by)).question()


@dataclass(frozen=True)
class _Mending:
    ranking: Ranking
    last: list[tuple[pd.DataFrame, list[tuple[Pair, Row]]]] = field(default_factory=list, compare=False)

    def question(self) -> Question:
        search = self.ranking.search
        return Question(
            {"told_apart": told_apart(self.ranking.tables), "stages": self.ranking.tables.stages},
            self.finish,
            (search.fields, search.scan, self.ranking.repeats, self.ranking.closer, self.asks),
        )

    def standing(self, answers: Answers, kind: str) -> list[tuple[Pair, Row]]:
        """The pairs of a kind that stand, with what they cost."""
        if not self.last or self.last[0][0] is not answers["groups"]:
            self.last[:] = [(answers["groups"], self.ranking.standing(answers))]
        return [(pair, row) for pair, row in self.last[0][1] if pair.kind == kind]

    def asks(self, answers: Answers) -> dict[str, ir.Table]:
        """The stays by whether their deal is of a group that does worse there, where deals went on to, and where they began."""
        leaks, delays = ([pair for pair, _row in self.standing(answers, kind)] for kind in ("leak", "delay"))
        if not leaks and not delays:
            return {}
        search = self.ranking.search
        order = search.order(answers)
        deals = search.with_values(sorted({pair.place for pair in (*leaks, *delays)}))
        coded = deals.select(of_deal=deals.deal_no, leaky=_bits(deals, leaks, order), slow=_bits(deals, delays, order))
        stays = search.stays(answers).inner_join(coded, [("deal_no", "of_deal")])
        bit = stays.stage.cases(*((name, 1 << at) for at, name in enumerate(order)), else_=0).cast("int64")
        sums = {
            "n": stays.count(), "known": stays.amount.count(), "amount": stays.amount.sum(),
            "squares": (stays.amount * stays.amount).sum(),
        }  # fmt: skip
        here = {"is_leaky": (stays.leaky & bit) != 0, "is_slow": (stays.slow & bit) != 0}
        begins = stays.turn == 1
        return {
            "lengths": stays.agg(**sums, by=["stage", "fate", "length", *(value.name(name) for name, value in here.items())]),
            "ways": stays.filter(stays.fate.isin(["advanced", "back"])).agg(n=_.count(), by=["stage", "fate", "next_stage"]),
            "came": stays.agg(
                **sums, began=stays.count(where=begins), began_known=stays.amount.count(where=begins),
                began_amount=stays.amount.sum(where=begins), by=["stage", "leaky"],
            ),
        }  # fmt: skip

    def finish(self, answers: Answers) -> pd.DataFrame:
        if "lengths" not in answers:
            return frame([], COLUMNS)
        search = self.ranking.search
        order = search.order(answers)
        currencies = self.ranking.currencies(answers)
        funnel = Funnel.of(order, answers)
        found = [*self._leaks(answers, funnel), *self._delays(answers, funnel)]
        for row in found:
            row |= {"pipeline": self.ranking.filters.pipeline, "currency": next(iter(currencies), None)}
            if len(currencies) > 1:
                money = ("value_entered", "money", "money_low", "money_high", "added_up")
                row |= dict.fromkeys((*money, "currency"))
        return frame(found, COLUMNS)

    def _leaks(self, answers: Answers, funnel: Funnel) -> Iterable[Row]:
        standing = self.standing(answers, "leak")
        mended = [stage for stage in funnel.order if funnel.can_mend(stage)]
        if not standing or not mended:
            return
        for stages, name in ((mended, None), *(([stage], stage) for stage in mended)):
            own = [(pair, row) for pair, row in standing if pair.stage in stages]
            row: Row = {"kind": "leak", "stage": name, "rows_mended": len(own)}
            row |= {"n": sum(funnel.leaky_n(stage) for stage in stages)}
            if name is not None:
                share, other = funnel.chance(name)
                row |= {"share": share, "share_rest": other, "share_delta": share - other}
            if funnel.entered:
                row |= {"value_entered": funnel.entered} | funnel.gain(stages)
                row |= {"added_up": sum(number(each.get("money")) for _pair, each in own)}
            yield row

    def _delays(self, answers: Answers, funnel: Funnel) -> Iterable[Row]:
        standing = self.standing(answers, "delay")
        if not standing:
            return
        groups = answers["groups"]
        at_stage = groups[groups["place"] == STAGES]
        seen = at_stage.groupby("stage", as_index=False).agg(first=("first", "min"), last=("last", "max"))
        spans = reworked.spans(self.ranking.search, seen)
        path, found, drawn, days = funnel.typical, [], np.zeros(DRAWS), np.zeros(DRAWS)
        total: Row = {"kind": "delay", "stage": None, "days_shorter": 0.0}
        random = np.random.default_rng(1)
        for stage in dict.fromkeys(pair.stage for pair, _row in standing):
            waits = _waiting(answers["lengths"], stage)
            if waits is None:
                continue
            longer, error, mean, rest, worth, share = waits
            extra = random.normal(longer, error, DRAWS)
            scale = worth.n / worth.known / max(spans.get(stage, 1.0), 1.0) if worth.known else 0.0
            flow = np.maximum(random.normal(worth.amount, worth.squares**0.5, DRAWS), 0.0) * scale
            own = [row for pair, row in standing if pair.stage == stage]
            row: Row = {"kind": "delay", "stage": stage, "rows_mended": len(own), "n": worth.n}
            row |= {"stay_days": mean, "stay_days_rest": rest, "days_delta": longer}
            row |= {"days_shorter": longer * share} | ends("days_shorter", extra * share)
            if worth.known:
                row |= {"money": longer * worth.amount * scale} | ends("money", extra * flow)
                row |= {"added_up": sum(number(each.get("money")) for each in own)}
            found.append(row)
            for name in ("rows_mended", "n", "added_up", "money"):
                if name in row:
                    total[name] = total.get(name, 0) + row[name]
            drawn += extra * flow
            if stage in path:
                total["days_shorter"] += longer * share
                days += extra * share
        if found:
            yield total | (ends("money", drawn) if "money" in total else {}) | ends("days_shorter", days)
            yield from found


def _bits(deals: ir.Table, pairs: Sequence[Pair], order: Sequence[str]) -> ir.IntegerValue:
    """A number whose bits are the stages at which a deal is of one of the groups."""
    found: ir.IntegerValue = ibis.literal(0, "int64")
    for at, stage in enumerate(order):
        own = [deals[f"f{pair.place}"].isin([pair.segment]).fill_null(False) for pair in pairs if pair.stage == stage]
        if own:
            found = found + reduce(or_, own).ifelse(1 << at, 0).cast("int64")
    return found


Waiting = tuple[float, float, float, float, Worth, float]


def _waiting(lengths: pd.DataFrame, stage: str | None) -> Waiting | None:
    """How much longer the slow groups' deals stay, its standard error, both means, what they are worth, and their share."""
    here = lengths[(lengths["stage"] == stage).fillna(False)]
    is_slow = here["is_slow"].astype(bool)
    both = [
        Lengths.of(part.rename(columns={"length": "hours"}), "fate", FATES).known
        for part in (here[is_slow], here[~is_slow])
    ]
    hours = np.union1d(both[0].hours, both[1].hours)
    counts = np.zeros((2, len(hours), len(FATES)))
    for at, each in enumerate(both):
        counts[at, np.searchsorted(hours, each.hours)] = each.counts
    seen = lasting_against(counts[:1], counts[1:], hours / 24)
    if both[1].n < LEAST_TESTED or seen.days[0] != seen.days[0]:
        return None
    mean, rest = float(seen.days[0]), float(seen.days_rest[0])
    return (
        mean - rest,
        float(seen.error[0]),
        mean,
        rest,
        Worth.of(here[is_slow]),
        float(here.loc[is_slow, "n"].sum() / here["n"].sum()),
    )
