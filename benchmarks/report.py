"""The table of results, for the terminal and for benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measures import Cost, machine

README = Path(__file__).parent / "README.md"
START, END = "<!-- results -->", "<!-- end of results -->"
COLD_MS, WARM_MS, TIMES_BARE, PAGE_BYTES = 300, 50, 2.0, 1_000_000


@dataclass(frozen=True)
class Results:
    """Everything measured in one run."""

    deals: int
    stays: int
    imports: Mapping[str, Cost]
    views: Mapping[str, Mapping[str, float]]
    bare: Mapping[str, Mapping[str, float]]
    pandas: Mapping[str, Mapping[str, float]]
    starts: Mapping[str, float]
    sizes: Mapping[str, int]
    more: Sequence[str] = ()  # what other modules measured, written by them


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its columns in line; all but the first are numbers."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = ["| " + " | ".join(_cell(text, widths[i], i) for i, text in enumerate(row)) + " |" for row in (head, *rows)]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if not i else ":") for i, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _cell(text: str, width: int, place: int) -> str:
    return text.rjust(width) if place else text.ljust(width)


def met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def written(results: Results) -> str:
    """All tables, as Markdown."""
    bare = results.imports["duckdb"].seconds
    imports = [
        [name, f"{cost.seconds:.1f}", f"{cost.peak_mb:,.0f}", f"{cost.seconds / bare:.1f}x", verdict]
        for name, cost, verdict in (
            ("Shimur", results.imports["shimur"], met(results.imports["shimur"].seconds <= TIMES_BARE * bare)),
            ("bare DuckDB", results.imports["duckdb"], ""),
            ("pandas", results.imports["pandas"], ""),
        )
    ]
    views = []
    for name, times in results.views.items():
        by_sql, by_pandas = results.bare.get(name), results.pandas.get(name)
        for kind, words in (("owner", "one owner"), ("period", "twelve months")):
            cold, sql = times[kind], by_sql[kind] if by_sql else None
            good = cold <= COLD_MS and times["warm"] <= WARM_MS and (sql is None or cold <= TIMES_BARE * sql)
            views.append(
                [
                    f"{name}, {words}",
                    f"{cold:.0f}",
                    f"{times['warm']:.0f}",
                    f"{sql:.0f}" if sql is not None else "–",
                    f"{cold / sql:.1f}x" if sql else "–",
                    f"{by_pandas[kind]:.0f}" if by_pandas else "–",
                    f"{times['first']:.0f}",
                    " ".join(
                        [
                            f"cold {met(cold <= COLD_MS)},",
                            f"warm {met(times['warm'] <= WARM_MS)}"
                            + (f", 2x {met(cold <= TIMES_BARE * sql)}" if sql else ""),
                        ]
                    )
                    if not good
                    else "yes",
                ]
            )
    hello = results.starts["streamlit hello"]
    starts = [[name, f"{seconds:.1f}", f"{seconds / hello:.1f}x"] for name, seconds in results.starts.items()]
    once = "Streamlit itself, once"
    sizes = [
        [name, f"{size / 1000:,.0f}", "" if name == once else met(size < PAGE_BYTES)]
        for name, size in results.sizes.items()
    ]
    return "\n\n".join(
        [
            f"{results.deals:,} deals with {results.stays:,} stays, on {machine()}.",
            "Import, end to end, keys checked. Target: within 2x of bare DuckDB.",
            table(["way", "seconds", "peak MB", "of bare", "target met"], imports),
            f"Server time of a filter change, milliseconds. Targets: cold under {COLD_MS}, warm under {WARM_MS}, cold within 2x of bare SQL.",
            table(["view, filter", "cold", "warm", "bare SQL", "of bare", "pandas", "first", "targets met"], views),
            "From starting the process to the first page, seconds.",
            table(["what", "seconds", "of hello"], starts),
            f"Sent to the browser, kB. Target: under {PAGE_BYTES / 1000:,.0f} a page.",
            table(["page", "kB", "target met"], sizes),
            *results.more,
        ]
    )


def uploads(found: Mapping[str, Any]) -> str:
    """What `benchmarks.uploads` measured, as Markdown."""
    mb, simple_mb, simple = found["mb"], found["simple_mb"], found["simple"]
    ways = (
        (f"in pieces, {mb:,} MB", found["in_pieces"]),
        (f"in pieces, {mb:,} MB, offline for 3 s at {found['dropped']['dropped_at_percent']}%", found["dropped"]),
        (f"in pieces, {simple_mb:,} MB", found["in_pieces_same_size"]),
        (f"st.file_uploader, {simple_mb:,} MB", simple),
    )
    lines = []
    for name, way in ways:
        grown, most = way["peak"] - way["before"], simple["peak"] - simple["before"]
        is_quick = way is not found["in_pieces_same_size"] or way["seconds"] <= simple["seconds"]
        verdict = "" if way is simple else met(way["identical"] and grown <= most and is_quick)
        lines.append([name, f"{way['seconds']:.1f}", f"{grown:,.0f}", "yes" if way["identical"] else "**no**", verdict])
    left = found["cancelled"]["bytes_left"]
    return "\n\n".join(
        [
            "A file through a real browser, until the app begins to read it; memory is what the server's grew by. Target: the same bytes, "
            "with no more memory than st.file_uploader, and not slower for a file of one size.",
            table(["way", "seconds", "MB", "identical", "target met"], lines),
            f"Cancelled at {found['cancelled']['at_percent']}%: {left:,} bytes are left, target met: {met(left == 0)}.",
        ]
    )


def keep(results: str, marks: tuple[str, str] = (START, END)) -> None:
    """Put the results into the README, between their marks."""
    start, end = marks
    text = README.read_text("utf-8")
    before, after = text.split(start)[0], text.split(end)[1]
    README.write_text(f"{before}{start}\n\n{results}\n\n{end}{after}", "utf-8")
