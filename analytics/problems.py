"""What can be wrong with a deal, and how each problem is told from the rows.

A problem is judged over all deals of the workspace, whatever else is filtered: which deals are unusual must not depend on
who looks. Status, amount and names are judged as they are recorded; what is late or old, as of a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Literal

import ibis.expr.types as ir

from analytics import problem_marks as marks
from analytics.problem_marks import Mark, When
from data.errors import RequestProblem
from data.messages import N_, say
from data.tables import Tables

# wrong: it cannot be, or counts what is not there; missing: a figure needs it; info: may well be so.
Severity = Literal["wrong", "missing", "info"]
KEPT_MARKS = 64


@dataclass(frozen=True)
class Problem:
    """One thing that can be wrong with a deal: what it is, what it does, and what to do about it."""

    name: str
    severity: Severity
    mark: Mark
    label: str
    meaning: str
    why: str
    advice: str
    # Deals that are open on paper only: leaving them out of a win rate changes nothing, taking them for lost does.
    is_open_on_paper: bool = False


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        Problem(
            "overdue", "wrong", marks.overdue, N_("Overdue"),
            N_("Open, and more than 30 days past the date they were expected to close."),
            N_("Many were lost and nobody said so: the open pipeline and the win rate both look too good."),
            N_("Close them as lost, or give them a date that somebody stands behind."),
            is_open_on_paper=True,
        ),
        Problem(
            "zombie", "wrong", marks.zombie, N_("Open for too long"),
            N_("Open for longer than 95 in 100 closed deals of the same pipeline took. Judged where at least 30 have closed."),
            N_("Deals this old are seldom won: the open pipeline and the win rate both look too good."),
            N_("Ask the owner whether each is alive; close the others as lost."),
            is_open_on_paper=True,
        ),
        Problem(
            "status_against_stage", "wrong", marks.status_against_stage, N_("Status against stage"),
            N_("The status says won, lost or open, and the stage says another. The status decides."),
            N_("If the stage is right, these deals are counted on the wrong side of the win rate."),
            N_("Correct the status or the stage in the CRM; or say on the Import page what the stage means."),
        ),
        Problem(
            "closed_without_date", "wrong", marks.closed_without_date, N_("Closed without a date"),
            N_("Won or lost, and no file says when."),
            N_("Figures of a period and the sales cycle cannot count them."),
            N_("Fill in the close date in the CRM, or load a stage history that has it."),
        ),
        Problem(
            "future_date", "wrong", marks.future_date, N_("Dated in the future"),
            N_("Created or closed after the last day on which anything can have been recorded."),
            N_("What was created later is in no figure; what closed later counts as open."),
            N_("Correct the date; often day and month changed places."),
        ),
        Problem(
            "closed_before_created", "wrong", marks.closed_before_created, N_("Closed before created"),
            N_("The close date lies before the date of creation."),
            N_("They have no length, so the sales cycle leaves them out; and one of their dates puts them into the wrong period."),
            N_("Correct the dates; records that were entered afterwards need their true date of creation."),
        ),
        Problem(
            "bulk_edit", "wrong", marks.bulk_edit, N_("Changed in bulk"),
            N_("Created, closed or moved to a stage at the very same moment as at least 20 deals, 2% of all, and ten times as many as usual share one moment."),
            N_("A clean-up or a migration wrote that moment: cycles, trends and periods take it for sales work."),
            N_("Load the true dates if they are known; else leave these deals out of questions about time."),
        ),
        Problem(
            "repeated_deal", "wrong", marks.repeated_deal, N_("Entered twice"),
            N_("Same name, customer and amount as a deal created up to 30 days earlier, under another number. The first is not counted here."),
            N_("The same money counts twice, and so does the win or the loss."),
            N_("Merge them in the CRM."),
        ),
        Problem(
            "placeholder_name", "wrong", marks.placeholder_name, N_("No real name"),
            N_("The deal or its customer is called by a single letter, one letter over and over, or a word such as test."),
            N_("They are trials of the CRM and no sales."),
            N_("Delete them in the CRM, or leave them out here."),
        ),
        Problem(
            "probability_against_status", "wrong", marks.probability_against_status, N_("Probability against status"),
            N_("Open with a probability of 100%, or won with less."),
            N_("A forecast from probabilities counts them wrongly; an open deal at 100% may be won already."),
            N_("Close the open ones, or set their probability right."),
        ),
        Problem(
            "zero_or_negative_amount", "wrong", marks.zero_or_negative_amount, N_("Amount of nothing or less"),
            N_("The amount is 0 or below."),
            N_("They pull averages down, and as lost deals make the win rate by value look too good."),
            N_("Fill in what the deal is, or was, worth."),
        ),
        Problem(
            "currency_gap", "wrong", marks.currency_gap, N_("Amount without a currency"),
            N_("The amount names no currency, while those of other deals do."),
            N_("Their money is kept apart and added to nothing."),
            N_("Name the currency in the settings, or fill it in in the CRM."),
        ),
        Problem(
            "no_amount", "missing", marks.no_amount, N_("No amount"),
            N_("What the deal is worth is not filled in, while it is for others."),
            N_("They are in counts and not in money: revenue and pipeline look too small."),
            N_("Fill in an amount, open deals first."),
        ),
        Problem(
            "no_owner", "missing", marks.no_owner, N_("No owner"),
            N_("Nobody owns the deal, while others have an owner."),
            N_("Nobody follows it up, and no figure by owner or team has it."),
            N_("Give each an owner."),
        ),
        Problem(
            "no_customer", "missing", marks.no_customer, N_("No customer"),
            N_("No customer is named, while other deals name one."),
            N_("No figure by customer, segment or region has them."),
            N_("Link them to a customer in the CRM."),
        ),
        Problem(
            "no_created_date", "missing", marks.no_created_date, N_("No date of creation"),
            N_("No file says when the deal was created, while it is known of others."),
            N_("The sales cycle and every period of creation leave them out."),
            N_("Load an export that has the date."),
        ),
        Problem(
            "closed_without_history", "missing", marks.closed_without_history, N_("Closed without a history"),
            N_("Won or lost, and the stage history does not know them, while it knows others."),
            N_("The funnel has to assume where they were; no time in a stage is known of them."),
            N_("Export the stage history over all of the time."),
        ),
        Problem(
            "backward_stage", "info", marks.backward_stage, N_("Went back a stage"),
            N_("The stage history has them going back to an earlier stage."),
            N_("It may be true work done again, or a stage set by mistake and corrected."),
            N_("Look at the Paths of the funnel; correct what was a mistake."),
        ),
    )
}  # fmt: skip


def check_names(names: Iterable[str]) -> None:
    """Raises RequestProblem for a name that no problem has."""
    for name in names:
        if name not in PROBLEMS:
            raise RequestProblem(
                say('There is no data problem called "{name}".', name=name),
                say("The names are: {names}.", names=", ".join(PROBLEMS)),
            )


def marked(tables: Tables, when: When, names: tuple[str, ...]) -> ir.Table:
    """All deals with a column for each of `names`: whether the deal has that problem. Never null."""
    deals = tables.deals
    return deals.mutate(**{name: PROBLEMS[name].mark(deals, tables, when).fill_null(False) for name in names})


@lru_cache(maxsize=KEPT_MARKS)
def deals_with(tables: Tables, when: When, names: tuple[str, ...]) -> ir.Table:
    """The deals that have any of these problems: `troubled_no` and `troubled_id`, their numbers."""
    deals = tables.deals
    has_any = reduce(or_, (PROBLEMS[name].mark(deals, tables, when).fill_null(False) for name in names))
    return deals.filter(has_any).select(troubled_no=deals.deal_no, troubled_id=deals.deal_id)
