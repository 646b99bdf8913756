"""What the lists of deals behind the funnel, and its two ways to tell owners, are called and mean."""

from __future__ import annotations

from analytics import funnel_deals, owners
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

COUNTED = (
    _m("late", N_("Moved on late"), N_("Of the deals that moved on, those that took longer than the conversion window. They count as moved on, but not in the conversion. Empty without a window."),
       "first stays that advanced after more days than the window", "count", "lower"),
    _m("window_days", N_("Conversion window"), N_("Within how many days a deal has to move on to count as moved on in time. Empty where it may take as long as it takes."), "", "days"),
    _m("is_optional", N_("Optional"), N_("Whether the stage was said to be optional: a deal that goes past it has not skipped it."), "", "flag"),
    _m("excluded", N_("Taken out"), N_("Deals taken out of the funnel whole, because they had been in a stage, or were lost for a reason, that was to be left out."), "count of deals, the same in every row", "count"),
    _m("without_lead", N_("Without a lead"), N_("Deals that no lead became. They start at the first stage. Told only where the funnel begins with the leads."), "count of deals, the same in every row", "count"),
)  # fmt: skip

DEALS = (
    _m("deal_id", N_("Deal number"), N_("The deal's number, as its file has it."), "", "text"),
    _m("deal_name", N_("Deal"), N_("What the deal is called."), "", "text"),
    _m("customer", N_("Customer"), N_("The customer, or whose deal it is."), "", "text"),
    _m("owner", N_("Owner"), N_("Who owns the deal, or looks after the customer."), "", "text"),
    _m("owner_then", N_("Owner at the time"), N_("Who owned the deal while it was in the stage; empty where the history does not say."), "", "text"),
    _m("amount", N_("Amount"), N_("What the deal is worth, at its present amount."), "", "money", "higher"),
    _m("created_at", N_("Created"), N_("When the deal was created, in UTC."), "", "text"),
    _m("entered_at", N_("Came to the stage"), N_("When the deal came to the stage, in UTC; empty where no file says."), "", "text"),
    _m("left_at", N_("Left it"), N_("When it left, in UTC; empty while it is still there, or where no file says."), "", "text"),
    _m("days", N_("Days in it"), N_("How long the deal was in the stage, or has been so far."), "left - entered, or the as-of date - entered", "days", "lower"),
    _m("fate", N_("What became of it"), N_("What became of the deal at the stage: moved on, lost, went back, handed off, still there."), "advanced, lost, back, handed_off, still", "text"),
    _m("next_stage", N_("Next stage"), N_("Where the deal went from there."), "", "text"),
    _m("is_skipped", N_("Skipped"), N_("Whether the deal went past the stage without being seen in it."), "", "flag"),
    _m("reached", N_("Came to"), N_("The stage the deal was seen in instead."), "", "text"),
    _m("at", N_("On"), N_("When it was first seen beyond the stage, in UTC."), "", "text"),
)  # fmt: skip

OWNERS = (
    *(
        _m(f"{name}_{at}", label, meaning, formula, unit)  # type: ignore[arg-type]
        for at, labels in (
            ("now", (N_("Entered, owner now"), N_("Conversion, owner now"), N_("Low end, owner now"), N_("High end, owner now"))),
            ("then", (N_("Entered, owner then"), N_("Conversion, owner then"), N_("Low end, owner then"), N_("High end, owner then"))),
        )
        for name, label, meaning, formula, unit in zip(
            ("entered", "conversion", "low", "high"),
            labels,
            (
                (N_("Deals that came to the stage, under who owns them now."), N_("The chance to move on from the stage, of the deals the person owns now."),
                 N_("The low end of its 95% interval."), N_("The high end of its 95% interval."))
                if at == "now" else
                (N_("Deals that came to the stage, under who owned them while they were there."), N_("The chance to move on from the stage, of the deals the person owned while they were there."),
                 N_("The low end of its 95% interval."), N_("The high end of its 95% interval."))
            ),
            ("count of first stays", "as conversion", "as low", "as high"),
            ("count", "share", "share", "share"),
            strict=True,
        )
    ),
    _m("stays", N_("Stays"), N_("Deals that came to the stage, of all owners."), "count of first stays", "count"),
    _m("owner_known", N_("Owner then known"), N_("Of those, how many the history names the owner of."), "count of first stays", "count", "higher"),
    _m("owner_differs", N_("Another owner now"), N_("Of those, how many have another owner now."), "count of first stays whose owner is not the deal's present one", "count"),
)  # fmt: skip

SECTIONS = (
    ("Ways to count the funnel", COUNTED),
    ("Deals behind the funnel", DEALS),
    ("Owner now and owner then", OWNERS),
)

ANSWERS = (
    Answer("skipped_stages", N_("Skipped stages"), N_("The deals that went past a stage without being seen in it, by name: which stage, and where they were seen instead."), funnel_deals.SKIPPER_COLUMNS),
    Answer("deals_in_stage", N_("Deals in a stage"), N_("The deals behind one bar of the funnel, by name, largest first: those that came to a stage, or only those of them with one fate."), funnel_deals.DEAL_COLUMNS),
    Answer("owner_attribution", N_("Owner now and then"), N_("The funnel of each owner twice: by who owns the deals now, and by who owned them while they were in the stage. Where deals change hands, the two tell different stories of the same person."), owners.COLUMNS),
)  # fmt: skip
