"""Files that nobody on this project wrote."""

import csv
import gzip
import io
import json
from datetime import date

import pytest

from data.reading import read_tables
from data.reading.dialect import decide
from data.reading.write import write_tables
from data.values import read_as

ROWS = {
    "bpic2012/bpic2012_application_stage_history.csv.gz": 60_849,
    "cdnow/CDNOW_master.txt": 69_659,
    "cdnow/cdnow_customers_summary.csv": 2_357,
    "cdnow/cdnow_customers_summary_with_transactions.csv": 2_357,
    "hebrew_cbs/2016_cities.csv": 76,
    "hebrew_cbs/H20141041DicStreets.csv": 4_362,
    "hebrew_cbs/H20141041Dictionary.csv": 780,
    "hebrew_cbs/UH-2015-10-06_13-0.csv": 12,
    "hebrew_cbs/casualties_costs.csv": 6,
    "maven_crm/accounts.csv": 85,
    "maven_crm/products.csv": 7,
    "maven_crm/sales_pipeline_dmy_dash.csv": 8_800,
    "maven_crm/sales_teams.csv": 35,
    "online_retail/online_retail_all.csv.gz": 541_909,
    "salesforce_report_footer/ofcom_2022_callsign_report_TAIL.csv": 5,
    "sf_sample_org/Account.csv": 94,
    "sf_sample_org/Case.csv": 40,
    "sf_sample_org/Contact.csv": 64,
    "sf_sample_org/Lead.csv": 14,
    "sf_sample_org/Opportunity.csv": 58,
    "telco_churn/Telco-Customer-Churn.csv": 7_043,
}
# The eleven texts of CleverCSV's snippets, each with its delimiter and quote as seen by eye. Each of the 78 entries has one
# of these texts and a "dialect" of CleverCSV's own tests: one of many to try on the text (`→`, `☀`, a letter), not its
# dialect. None is missed; were one, it would be listed here with why.
SNIPPETS = {
    "ff6197151fe44d6eeba4cf34668d9220.csv": (",", '"', ""), "ffa3b397f9314a50ed6c94ac653e5261.csv": (";", '"', ""),
    "fe8e89c66ba6beb6de6ac9fbc9d8a623.csv": (",", '"', ""), "fd9e666fc4309279b58831c785c3cace.csv": (";", '"', ""),
    "ff35b00ddd244db0826a2b5796ed2b83.csv": (",", '"', ""), "ff748e6d00f4b44478f0f30b806cb3f5.csv": (",", '"', ""),
    "feeea85c86bfe72f4aadfecb4ccc6df0.csv": (",", '"', ""), "ff843119aa5c629b6433c86d251a1ffc.csv": ("\t", '"', ""),
    "ff6cc43861c1309d6d87b056b5b06d09.csv": (",", '"', ""), "ffe14370b4c707103a3674ef4bc345a6.csv": (",", '"', ""),
    "fffbde32": (",", '"', ""),
}  # fmt: skip
MISSED: dict[str, str] = {}


@pytest.mark.parametrize("file", ROWS)
def test_every_row_of_real_exports(datasets, scratch, file):
    (table,) = read_tables(datasets / file, scratch)
    assert table.rows_read == ROWS[file]
    assert table.repairs == ()
    accounted = scratch.execute(f"select count(*), count(distinct line) from {table.relation}").fetchone()
    assert accounted == (ROWS[file], ROWS[file])


@pytest.mark.parametrize("file", [
    "maven_crm/sales_pipeline_dmy_dash.csv", "maven_crm/accounts.csv", "sf_sample_org/Account.csv",
    "sf_sample_org/Lead.csv", "telco_churn/Telco-Customer-Churn.csv",
    "hebrew_cbs/UH-2015-10-06_13-0.csv", "hebrew_cbs/casualties_costs.csv",
])  # fmt: skip
def test_cells_are_what_the_csv_module_reads(datasets, scratch, file):
    (table,) = read_tables(datasets / file, scratch)
    with (datasets / file).open(encoding="utf-8-sig", newline="") as source:
        header, *rows = [row for row in csv.reader(source) if row]
    assert list(table.headers) == [cell.strip() for cell in header]
    found = scratch.execute(f"select * exclude line from {table.relation} order by line").fetchall()
    assert [list(row) for row in found] == [[cell.strip() or None for cell in row] for row in rows]


def test_csv_spectrum_is_written_as_it_is(datasets, tmp_path):
    files = sorted((datasets / "csv_spectrum" / "csvs").glob("*.csv"))
    assert len(files) == 12
    for file in files:
        (written,) = write_tables([file], tmp_path / file.name)
        with written.out.open(encoding="utf-8", newline="") as out:
            found = list(csv.DictReader(out))
        expected = json.loads((datasets / "csv_spectrum" / "json" / f"{file.stem}.json").read_text(encoding="utf-8"))
        if file.stem == "location_coordinates":  # upstream's answer is for another file
            header, row = file.read_text(encoding="utf-8").splitlines()
            expected = [dict(zip(header.split(","), row.split(","), strict=True))]
        assert found == expected, file.name


def test_text_apart_by_spaces(datasets, scratch):
    (table,) = read_tables(datasets / "cdnow" / "CDNOW_master.txt", scratch)
    assert (table.headers, table.delimiter) == (("customer_id", "date", "number_of_cds", "dollar_value"), " ")
    when, spent = read_as(scratch, table.relation, "c1", "date"), read_as(scratch, table.relation, "c3", "money")
    found = scratch.execute(
        f"""select count(distinct c0), min(c0), max(length(c0)), min({when.sql}), max({when.sql}), sum({spent.sql})
            from {table.relation}"""
    ).fetchone()
    assert found == (23_570, "00001", 5, date(1997, 1, 1), date(1998, 6, 30), pytest.approx(2_500_315.63))


def test_hebrew_statistics(datasets, scratch, skipped):
    (cities,) = read_tables(datasets / "hebrew_cbs" / "2016_cities.csv", scratch)
    assert cities.header_line == 10 and cities.headers[1:4] == ("Motor-", "Special", "Taxi")
    reasons = skipped(cities)
    assert sorted(reasons) == [*range(1, 10), 11, 12, *range(89, 93)]
    assert reasons[12] == "A row of totals." and reasons[92] == "A note below the table."
    # What was taken out as totals is the sum of what was left in.
    sums = f"select sum(replace(c1, ',', '')::int), sum(replace(c8, ',', '')::int) from {cities.relation}"
    assert scratch.execute(sums).fetchone() == (106_798, 207_566)
    (streets,) = read_tables(datasets / "hebrew_cbs" / "H20141041DicStreets.csv", scratch)
    assert streets.encoding == "windows-1255"
    last = scratch.execute(f"from {streets.relation} order by line desc limit 1").fetchone()
    assert last == (4363, "9800", "3123", 'החיטה ג"ע')


def test_salesforce_footer(datasets, scratch, skipped):
    (table,) = read_tables(next((datasets / "salesforce_report_footer").glob("*.csv")), scratch)
    assert list(skipped(table).values()) == ["A blank line."] * 2 + ["The footer of a report."] * 5


def test_messy_snippets(datasets):
    with gzip.open(datasets / "clevercsv" / "abstraction_testcases.json.gz", "rt", encoding="utf-8") as cases:
        snippets = [(case["name"], case["content"]) for case in map(json.loads, cases)]
    decided = {
        text: decide(io.StringIO(text, newline="").readlines(), None, name)[0] for name, text in dict.fromkeys(snippets)
    }
    missed = set()
    for name, text in snippets:
        right = next(dialect for start, dialect in SNIPPETS.items() if name.startswith(start))
        if decided[text][:3] != right:
            missed.add(name)
    assert (len(snippets), len(decided), missed) == (78, len(SNIPPETS), set(MISSED))
    assert sum(name not in missed for name, _ in snippets) >= 70
