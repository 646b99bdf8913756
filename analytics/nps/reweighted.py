"""What the score would be if those who do not answer were heard: by weights, and by those who answer late."""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import _

from analytics.filters import Filters
from analytics.intervals import LEAST_TESTED, Z
from analytics.nps.invitations import invitations
from analytics.nps.non_response import Floats, asked, traits
from analytics.question import Answers, Question
from analytics.rows import Row, frame, rows
from data.tables import Tables

COLUMNS = (
    "heard_as", "n", "effective_n", "nps", "low", "high", "score_shift", "shift_low", "shift_high", "settled", "answered_late",
    "late_after_days",
)  # fmt: skip
HEARD_AS = ("plain", "reweighted", "like_late")
LATE_SHARE = 0.75  # the slowest quarter is late
# No answer counts for more than so many average ones.
TRIMMED_AT = 5.0
DRAWS = 200
STEPS = 2  # of Newton for each draw, from the fit of all
RIDGE = 1.0


def nps_reweighted(tables: Tables, filters: Filters) -> Question:
    """Three rows: the score of the answers to invitations, the same reweighted, and with non-respondents like late respondents.

    Columns: `COLUMNS`. The scores must be there. Weights are one over the chance to answer, by logistic regression on what is
    known of customers (`non_response`), cut at five times their mean; `effective_n` is Kish's. `like_late` gives those who did not
    answer the score of the slowest quarter of those who did. Intervals are 95%, from 200 draws of customers with the weights
    fitted anew for each. Without 30 answers, 30 invitations unanswered and 30 customers there is only the plain row.
    """
    sent = invitations(tables, filters).filter(_.arrived, _.is_settled, _.customer_id.notnull())
    late = sent.agg(late_after=sent.days_to_answer.quantile(LATE_SHARE), soonest=sent.days_to_answer.min())

    def more(told: Answers) -> dict[str, ir.Table]:
        row = rows(told["late"])[0]
        is_told = row["late_after"] is not None and row["late_after"] > row["soonest"]
        return {"asked": asked(tables, filters, row["late_after"] if is_told else None)}

    return Question({"late": late}, lambda told: _told(told["asked"], rows(told["late"])[0]["late_after"]), (more,))


def _told(found: pd.DataFrame, late_after: float | None) -> pd.DataFrame:
    n = int(found["answered"].sum())
    if not n:
        return frame([], COLUMNS)
    settled, late = int(found["settled"].sum()), int(found["late"].sum())
    values = {
        name: found[name].to_numpy(dtype=float) for name in ("settled", "answered", "votes", "late", "late_votes")
    }
    is_enough = min(n, settled - n, len(found)) >= LEAST_TESTED
    features = _with_constant(traits(found)[0])
    start = coefficients(features, values["answered"], values["settled"]) if is_enough else None
    once = np.ones(len(found))
    scores, effective = _scores(values, once, chances(features, start))
    random = np.random.default_rng(1)
    drawn = []
    for _draw in range(DRAWS if len(found) > 1 else 0):
        times = random.multinomial(len(found), once / len(found)).astype(float)
        own = start
        for _step in range(STEPS):
            if own is not None:
                own = _newton(features, values["answered"] * times, values["settled"] * times, own)
        drawn.append(_scores(values, times, chances(features, own))[0])
    draws = np.array(drawn).reshape(-1, len(HEARD_AS))
    made: list[Row] = []
    for place, name in enumerate(HEARD_AS):
        score = scores[place]
        if np.isnan(score) or (name != "plain" and not is_enough):
            continue
        row: Row = {"heard_as": name, "n": n, "nps": score, "settled": settled}
        if name == "reweighted":
            row["effective_n"] = effective
        if name == "like_late":
            row |= {"answered_late": late, "late_after_days": late_after}
        row["low"], row["high"] = _around(score, draws[:, place], 100.0)
        if name != "plain":
            row["score_shift"] = score - scores[0]
            row["shift_low"], row["shift_high"] = _around(row["score_shift"], draws[:, place] - draws[:, 0], 200.0)
        made.append(row)
    return frame(made, COLUMNS)


def coefficients(features: Floats, answered: Floats, settled: Floats) -> Floats:
    """A logistic regression of whether an invitation of each customer is answered, with a ridge penalty on all but the constant.

    The first column of `features` is the constant.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    both = np.concatenate([features, features])[:, 1:]
    weights = np.concatenate([answered, settled - answered])
    if not both.shape[1]:
        return np.array([np.log(answered.sum() / (settled - answered).sum())])
    kept = weights > 0
    model = LogisticRegression(C=1 / RIDGE, max_iter=300)
    with threadpool_limits(1):  # so small a fit is slower on several cores
        model.fit(both[kept], np.repeat([1, 0], len(answered))[kept], sample_weight=weights[kept])
    return np.concatenate([model.intercept_, model.coef_[0]])


def chances(features: Floats, fitted: Floats | None) -> Floats | None:
    """The chance that an invitation of each customer is answered; None without a fit."""
    return None if fitted is None else 1 / (1 + np.exp(-np.clip(features @ fitted, -30, 30)))


def _newton(features: Floats, answered: Floats, settled: Floats, now: Floats) -> Floats:
    """One step of the same regression on other counts."""
    chance = 1 / (1 + np.exp(-np.clip(features @ now, -30, 30)))
    penalty = np.full(len(now), RIDGE)
    penalty[0] = 1e-9
    slope = features.T @ (answered - settled * chance) - penalty * now
    curve = (features * (settled * chance * (1 - chance))[:, None]).T @ features + np.diag(penalty)
    return now + np.asarray(np.linalg.solve(curve, slope))


def _with_constant(features: Floats) -> Floats:
    return np.concatenate([np.ones((len(features), 1)), features], axis=1)


def _scores(values: dict[str, Floats], times: Floats, likely: Floats | None) -> tuple[Floats, float | None]:
    """The plain score, the reweighted and that with late ones for the silent; and the effective number of weighted answers."""
    answered, settled = values["answered"] * times, values["settled"] * times
    votes, late, late_votes = (values[name] * times for name in ("votes", "late", "late_votes"))
    n, every = answered.sum(), settled.sum()
    scores = np.full(len(HEARD_AS), np.nan)
    effective = None
    if not n:
        return scores, effective
    scores[0] = 100 * votes.sum() / n
    if likely is not None:
        weights = 1 / np.maximum(likely, 1e-6)
        mean = float(answered @ weights / n)
        weights = np.minimum(weights, TRIMMED_AT * mean)
        total = float(answered @ weights)
        scores[1] = 100 * float(votes @ weights) / total
        effective = total**2 / float(answered @ weights**2)
    if late.sum():
        scores[2] = (n * scores[0] + (every - n) * 100 * late_votes.sum() / late.sum()) / every
    return scores, effective


def _around(value: float, draws: Floats, most: float) -> tuple[float | None, float | None]:
    """The 95% interval about a value, from the spread of the draws."""
    known = draws[~np.isnan(draws)]
    if len(known) < DRAWS / 2:
        return None, None
    half = Z * float(known.std(ddof=1))
    return max(value - half, -most), min(value + half, most)
