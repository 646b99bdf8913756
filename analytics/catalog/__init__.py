"""What every number is called and means; `python -m analytics.catalog` writes METRICS.md from it.

A topic is a module with `SECTIONS` (titles and the metrics under them) and `ANSWERS` (the commands), listed in `TOPICS`.
"""

from __future__ import annotations

from analytics.catalog import (
    before_after,
    budget,
    causes,
    churn,
    contact,
    customer_card,
    customers,
    dependency,
    evidence,
    funnel_deals,
    groups,
    ideal,
    lifecycle,
    lifetime,
    nps,
    nps_follows,
    nps_loop,
    nps_reach,
    nps_scales,
    nps_segments,
    nps_themes,
    overview,
    paths,
    pipeline,
    process,
    profit,
    quality,
    queues,
    rfm,
    sales,
    scenarios,
    stage_curves,
    stage_times,
    timing,
    velocity,
    what_if,
)
from analytics.catalog.entry import Answer, Metric
from data.messages import N_

TOPICS = (
    sales,
    funnel_deals,
    overview,
    stage_times,
    stage_curves,
    timing,
    paths,
    process,
    velocity,
    pipeline,
    groups,
    quality,
    queues,
    before_after,
    causes,
    contact,
    customer_card,
    customers,
    lifecycle,
    lifetime,
    rfm,
    ideal,
    churn,
    dependency,
    profit,
    evidence,
    nps,
    nps_segments,
    nps_reach,
    nps_loop,
    nps_themes,
    nps_follows,
    nps_scales,
    budget,
    what_if,
    scenarios,
)
SECTIONS: tuple[tuple[str, tuple[Metric, ...]], ...] = tuple(section for topic in TOPICS for section in topic.SECTIONS)
METRICS: dict[str, Metric] = {metric.name: metric for _title, metrics in SECTIONS for metric in metrics}
ANSWERS: dict[str, Answer] = {answer.name: answer for topic in TOPICS for answer in topic.ANSWERS}

RULES = (
    N_("**As of.** Numbers are told as of the end of a day: the one chosen, else the day of the latest recorded event in the data, never the clock. What happened later is left out, and a deal closed later counts as open."),
    N_("**Real.** A difference is called real when its q-value is below 0.05: of the differences called real in a table no more than 5% are then expected to be false alarms (Benjamini and Hochberg 1995). The correction is for every comparison of the table, and their number is given. Otherwise it could be chance."),
    N_("**Doubt.** Estimates come with how many deals they rest on, a 95% interval and how much is still undecided. Groups below 30 deals are not tested; below 10, screens and exports show the count instead of the number. Commands always give it. A share of nothing is unknown, not 0."),
    N_("**Filters** choose deals first; the funnel is formed from what is left. A filter on owners, customers or products reaches the deals that belong to them. Two values of one field mean either; two fields mean both. A period bounds the close date in won figures and in the win rates closed, value and hygiene; the creation date in created, matured and the funnel; rows without that date are left out and counted. Deals open on paper only count as they stand at the as-of date, whatever the period."),
    N_("**Money** is in the deals' own currency and at their present amounts. Amounts of different currencies are never added: there is a row for each currency, or no sum. Amounts that name none stay without a sign, apart as XXX where others name theirs, until the settings name it. Deals without an amount are in counts and not in money, and the share that has one is given."),
    N_("**Time.** Days are cut in the workspace's time zone. Durations are calendar time, in days and parts of days; or, where the settings or a command say so, working time: Sunday to Thursday without the holidays of Israel, or Monday to Friday, a working day being 24 hours. Dates stay dates. Durations below zero are mistakes in the data: left out and counted. Chances over time are made from durations in full hours; in stages without a window beyond ten days, and in trends and comparisons, in full days."),
    N_("**Pipelines** are told one at a time, the largest unless another is chosen. A deal that left for another pipeline was handed off. After a return to a stage, the first stay is the one that counts."),
    N_("**Groups** are compared with all other deals together. Shares: the score test, Fisher's exact test where a cell holds fewer than five; for chances over time both at the same age, with the effective numbers. Money: the difference of ratios by its linearised variance. Durations: log-rank."),
)  # fmt: skip


def page() -> str:
    """METRICS.md."""
    lines = ["# What each number means", "", "Written from `analytics/catalog/` by `python -m analytics.catalog > METRICS.md`; a test holds the two together.", "", "## Rules for all of them", ""]  # fmt: skip
    lines += [f"- {rule}" for rule in RULES]
    for title, metrics in SECTIONS:
        lines += ["", f"## {title}", "", "| name | label | meaning | formula | unit | better | source |", "| --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
        for metric in metrics:
            cells = (
                f"`{metric.name}`",
                metric.label,
                metric.meaning,
                metric.formula,
                metric.unit,
                metric.better,
                metric.source,
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "## Commands", ""]
    for answer in ANSWERS.values():
        columns = ", ".join(f"`{column}`" for column in answer.columns)
        lines += [f"### {answer.name}", "", answer.meaning, "", f"Columns: {columns}.", ""]
    return "\n".join(lines).rstrip() + "\n"
