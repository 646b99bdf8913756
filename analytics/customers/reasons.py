"""Why a customer is where it is, in words, and what to do about it: nothing but what its row says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from data.messages import Message, say, say_n

Found = tuple[float, Message]
Reason = Callable[[Mapping[str, Any], date], Found | None]

MOST = 3
# From when on a difference says something; below it, it is how customers are.
SILENT_TIMES, UNSEEN_TIMES = 1.5, 2.0
LEAST_PURCHASES, LEAST_CONTACTS = 3, 3
LEAST_UNSEEN_DAYS = 21  # a visit put off by a few days is nothing
# A fall between two years means something only of who buys often enough in each of them.
REGULAR_DAYS, FALLEN = 91.0, 0.25
SOON_DAYS, YEAR_DAYS = 90, 365
LOW_SCORE, FALL_OF_SCORE = 6, 2
MANY_CASES, MANY_RETURNS = 3, 0.2
NEW_MONTHS, ONCE_DAYS = 6, 30

PLAYS = {
    "protect": "contact_programme",
    "keep": "loyalty_tier",
    "grow": "account_plan",
    "watch": "reconsider",
}


def reasons(row: Mapping[str, Any], as_of: date, most: int = MOST) -> list[Message]:
    """What stands out about a customer, what says most first. `row` has the facts of the scores; unknown is None or missing."""
    known = {name: None if value is None or value != value else value for name, value in row.items()}
    if known.get("lifecycle") == "potential":
        return []
    found = [said for said in (reason(known, as_of) for reason in REASONS) if said is not None]
    found.sort(key=lambda said: -said[0])
    return [message for _strength, message in found[:most]]


def play_of(row: Mapping[str, Any]) -> str | None:
    """What to do with a customer of this quadrant, as one word: a value of `PLAYS`, or "win_back" for who has left."""
    if row.get("lifecycle") == "lost":
        return "win_back"
    quadrant = row.get("quadrant")
    return PLAYS.get(quadrant) if isinstance(quadrant, str) else None


def next_step(row: Mapping[str, Any], as_of: date) -> Message | None:
    """The first step of the play for this customer, by what is known of it."""
    known = {name: None if value is None or value != value else value for name, value in row.items()}
    play = play_of(known)
    if play is None:
        return None
    if play == "win_back":
        return say("Ask why it left, and offer a way back if that can be mended.")
    urgent = _urgent(known, as_of) if play in ("contact_programme", "loyalty_tier") else None
    if urgent is not None:
        return urgent
    if play == "contact_programme":
        if known.get("contacts") == 1:
            return say("Call now, agree the next contact, and get to know a second person there.")
        return say("Call now, and agree the next contact while you speak.")
    if play == "loyalty_tier":
        return say("Give it the terms of a good customer, and review them with it once a year.")
    if play == "account_plan":
        if known.get("lifecycle") == "first_time":
            return say("Offer what others bought second.")
        return say("Plan the account: what it buys elsewhere, and what of that you could sell.")
    return say("Check what it costs before spending on it; a message that costs little is enough.")


def _urgent(row: Mapping[str, Any], as_of: date) -> Message | None:
    left = _days_until(row.get("ends_on"), as_of)
    if left is not None and 0 <= left <= SOON_DAYS:
        return say("Talk about the renewal now.")
    if row.get("open_cases"):
        return say_n("Close the open case, then call.", "Close the {n} open cases, then call.", int(row["open_cases"]))
    score = row.get("last_score")
    if score is not None and score <= LOW_SCORE and (_days_since(row.get("last_answer_on"), as_of) or 0) < YEAR_DAYS:
        return say("Call about the low score before anything else.")
    return None


# what may stand out, each with how much it says


def _silent(row: Mapping[str, Any], as_of: date) -> Found | None:
    days, usual = row.get("days_since"), row.get("gap_days")
    if not days or not usual or (row.get("purchases") or 0) < LEAST_PURCHASES or days < SILENT_TIMES * usual:
        return None
    every = round(usual)
    said = (
        say_n("silent for {n} day, usually buys daily", "silent for {n} days, usually buys daily", round(days))
        if every <= 1
        else say_n(
            "silent for {n} day, usually buys every {usual} days",
            "silent for {n} days, usually buys every {usual} days",
            round(days),
            usual=every,
        )
    )
    return 1.0 + math.log2(days / usual), said


def _bought_less(row: Mapping[str, Any], as_of: date) -> Found | None:
    now, before, usual = row.get("revenue_12m"), row.get("revenue_before_12m"), row.get("gap_days")
    if now is None or not before or before <= 0 or not usual or usual > REGULAR_DAYS:
        return None
    since = _days_since(row.get("first_on"), as_of)
    if since is None or since < 2 * YEAR_DAYS or (row.get("purchases") or 0) < 2 * LEAST_PURCHASES:
        return None
    fall = 1 - now / before
    if fall < FALLEN:
        return None
    if now <= 0:
        return 2.5, say("bought nothing in the last twelve months, unlike in the twelve before")
    said = say("bought {percent}% less than in the twelve months before", percent=round(100 * fall))
    return 0.5 - math.log2(max(1 - fall, 0.01)), said


def _once(row: Mapping[str, Any], as_of: date) -> Found | None:
    days = row.get("days_since")
    if row.get("purchases") != 1 or days is None or row.get("tenure_months") is not None:
        return None
    if days < max(ONCE_DAYS, row.get("gap_warning_days") or 0):
        return None
    return 1.6, say_n(
        "never came back after a first purchase {n} day ago",
        "never came back after a first purchase {n} days ago",
        round(days),
    )


def _ends(row: Mapping[str, Any], as_of: date) -> Found | None:
    left = _days_until(row.get("ends_on"), as_of)
    if left is None or not 0 <= left <= SOON_DAYS:
        return None
    if left == 0:
        return 3.5, say("the contract ends today")
    return 3.0 - left / SOON_DAYS, say_n("the contract ends in {n} day", "the contract ends in {n} days", left)


def _ended(row: Mapping[str, Any], as_of: date) -> Found | None:
    since = _days_since(row.get("last_on"), as_of)
    if since is None or row.get("tenure_months") is None or row.get("lifecycle") != "lost":
        return None
    return 4.0, say_n("the contract ended {n} day ago", "the contract ended {n} days ago", since)


def _raised(place: int) -> Reason:
    """What of a customer with a contract raises its risk: the strongest, or the one after it."""

    def reason(row: Mapping[str, Any], as_of: date) -> Found | None:
        found = json.loads(row["raised_by"]) if row.get("raised_by") else []
        if len(found) <= place or row.get("lifecycle") == "lost":
            return None
        field, value, times = found[place]
        if value is None:
            return math.log(times), say(
                "no {field} on record: such leave {times} times as often", field=field, times=times
            )
        return math.log(times), say(
            "{field} {value}: such leave {times} times as often", field=field, value=value, times=times
        )

    return reason


def _score(row: Mapping[str, Any], as_of: date) -> Found | None:
    score, before = row.get("last_score"), row.get("score_before")
    since = _days_since(row.get("last_answer_on"), as_of)
    if score is None or since is None or since >= YEAR_DAYS:
        return None
    if before is not None and before - score >= FALL_OF_SCORE and score < 9:
        return 0.8 + 0.25 * (before - score), say(
            "score fell from {before} to {score}", before=_score_of(before), score=_score_of(score)
        )
    if score <= LOW_SCORE:
        return 0.8 + 0.1 * (LOW_SCORE - score), say("gave a score of {score}", score=_score_of(score))
    return None


def _cases(row: Mapping[str, Any], as_of: date) -> Found | None:
    still, year = int(row.get("open_cases") or 0), int(row.get("cases_12m") or 0)
    if still:
        return 1.0 + 0.25 * min(still, 6), say_n("{n} open case", "{n} open cases", still)
    if year >= MANY_CASES:
        return 0.6 + 0.1 * min(year, 10), say_n(
            "{n} case in the last twelve months", "{n} cases in the last twelve months", year
        )
    return None


def _unseen(row: Mapping[str, Any], as_of: date) -> Found | None:
    since, usual = _days_since(row.get("last_contact_on"), as_of), row.get("contact_gap_days")
    if since is None or not usual or (row.get("contact_days") or 0) < LEAST_CONTACTS:
        return None
    if since < max(UNSEEN_TIMES * usual, LEAST_UNSEEN_DAYS):
        return None
    return 0.4 + 0.6 * math.log2(since / usual), say_n(
        "not contacted for {n} day, usually every {usual}",
        "not contacted for {n} days, usually every {usual}",
        since,
        usual=max(round(usual), 1),
    )


def _one_person(row: Mapping[str, Any], as_of: date) -> Found | None:
    return (0.3, say("only one contact known")) if row.get("contacts") == 1 else None


def _returns(row: Mapping[str, Any], as_of: date) -> Found | None:
    returned, kept = row.get("returned") or 0.0, row.get("revenue") or 0.0
    if returned <= 0 or (row.get("purchases") or 0) < LEAST_PURCHASES or returned < MANY_RETURNS * (returned + kept):
        return None
    return 0.9, say("{percent}% of what it bought came back", percent=round(100 * returned / (returned + kept)))


def _new(row: Mapping[str, Any], as_of: date) -> Found | None:
    months = row.get("tenure_months")
    if months is None or months > NEW_MONTHS or row.get("lifecycle") == "lost":
        return None
    return 0.7, say_n("a customer for {n} month only", "a customer for {n} months only", max(round(months), 1))


REASONS: tuple[Reason, ...] = (
    _silent, _bought_less, _once, _ends, _ended, _score, _cases, _unseen, _one_person, _returns, _new, _raised(0), _raised(1),
)  # fmt: skip


def _days_since(day: Any, as_of: date) -> int | None:
    if day is None:
        return None
    return (as_of - (day.date() if hasattr(day, "date") else day)).days


def _days_until(day: Any, as_of: date) -> int | None:
    since = _days_since(day, as_of)
    return None if since is None else -since


def _score_of(score: float) -> float | int:
    """A score as people write it: days with several answers have a mean."""
    return int(score) if float(score).is_integer() else round(float(score), 1)
