"""What HubSpot's exports are in size: more than 600 columns, cells of 180 KB, labels that occur twice."""

from __future__ import annotations

import pytest

from data.sources import StageColumn, entered_stage
from data.sources.hubspot import HUBSPOT
from data.store import Workspace
from tests.data.kit import ask, load, write_csv

OWN = ["Record ID", "Deal Name", "Pipeline", "Deal Stage", "Amount", "Create Date", "Deal owner", "Associated Email"]
PIPELINES = ["Sales Pipeline", "Partners (EU/UK)", "Placements — Inbound"]
STAGES = [f"Stage {n}" for n in range(1, 11)]


def test_six_hundred_columns_and_long_cells(tmp_path):
    kinds = ("Date entered", "Date exited", "Latest time in", "Cumulative time in")
    timed = [f'{kind} "{stage} ({pipeline})"' for pipeline in PIPELINES for stage in STAGES for kind in kinds]
    labels = [f"Custom property {n}" for n in range(1, 480)] + ["Custom property 7"]
    header = [*OWN, *timed, *labels]
    assert len(header) == 608
    letter = 'Dear "Ada", thank you;\nsee below, please\r\n' * 4500
    entered = {'Date entered "Stage 1 (Sales Pipeline)"': "2024-01-05 09:30", 'Date entered "Stage 10 (Sales Pipeline)"': "2024-02-01 10:00"}  # fmt: skip
    rows = [
        [str(n), f"Deal {n}", "Sales Pipeline", "Stage 10", "10.5", "2024-01-05 09:30", "Dana Levi", letter]
        + [entered.get(name, "") for name in timed]
        + [f"{n}:{place}" for place in range(len(labels))]
        for n in range(1, 4)
    ]
    workspace = Workspace(tmp_path / "workspace")
    (file,) = load(workspace, write_csv(tmp_path / "hubspot-crm-exports-all-deals.csv", header, rows)).files
    assert (file.table, file.source, file.rows_read, file.rows_loaded) == ("deals", "hubspot", 3, 3)
    assert file.totals == {"amount": {"file": 31.5, "loaded": 31.5}}
    assert sum(column == "entered_at" for column in file.columns.values()) == len(PIPELINES) * len(STAGES)
    attributes: dict[str, str] = dict(
        ask(workspace, """SELECT "column", header FROM headers WHERE "table" = 'deals' AND is_attribute""")
    )
    assert [header for header in attributes.values() if header == "Custom property 7"] == ["Custom property 7"] * 2
    (email,) = [column for column, header in attributes.items() if header == "Associated Email"]
    assert ask(workspace, f"SELECT length({email}) FROM deals WHERE deal_id = '2'") == [(len(letter.strip()),)]
    assert ask(workspace, "SELECT stage, entered_at::VARCHAR FROM stage_entries WHERE deal_id = '3' AND is_recorded ORDER BY 2") == [
        ("Stage 1", "2024-01-05 09:30:00"), ("Stage 10", "2024-02-01 10:00:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "stage", "pipeline"),
    [
        ('Date entered "Closed Won"', "Closed Won", None),
        ('Date entered "Closed Won (Sales Pipeline)"', "Closed Won", "Sales Pipeline"),
        ('Date entered "Meeting (Placements — Inbound / UK)"', "Meeting", "Placements — Inbound / UK"),
        ('Date entered "Meeting (Sales (EU))"', "Meeting", "Sales (EU)"),
        ('Date entered "Offer (verbal) (Sales)"', "Offer (verbal)", "Sales"),
        ('Date entered "Offer (verbal) (Sales (EU) new)"', "Offer (verbal)", "Sales (EU) new"),
        ('Date entered "(New)"', "(New)", None),
        ("Date entered “Retorno Concluído (Partners)”", "Retorno Concluído", "Partners"),
        ("date entered 'Pilot (Sales)'", "Pilot", "Sales"),
        ("hs_v2_date_entered_closedwon", "closedwon", None),
        ("hs_date_entered_1234567", "1234567", None),
    ],
)
def test_when_a_stage_was_entered_in_all_spellings(header, stage, pipeline):
    assert HUBSPOT.stage_column(header) == StageColumn(stage, pipeline)


@pytest.mark.parametrize(
    "header", ['Date exited "Won (Sales)"', 'Cumulative time in "Won (Sales)"', "Date entered current stage", "hs_v2_date_exited_won"]
)  # fmt: skip
def test_other_columns_of_stages_are_not_when_they_were_entered(header):
    assert HUBSPOT.stage_column(header) is None


@pytest.mark.parametrize(
    ("inside", "expected"),
    [("Won (Sales", StageColumn("Won (Sales", None)), ("Won Sales)", StageColumn("Won Sales)", None)), ("a (b) c", StageColumn("a (b) c", None))],
)  # fmt: skip
def test_brackets_that_do_not_close_are_part_of_the_name(inside, expected):
    assert entered_stage(inside) == expected
