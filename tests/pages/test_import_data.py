"""Files in: what will happen is said, can be changed and mended, is loaded, and can be taken back."""

import json

import pytest

from data.recognise import LOADED, targets
from data.store import Workspace
from data.workspaces import default_workspace
from ui.importing import columns as grid
from ui.locale import Locale

DEALS = """Deal ID,Deal name,Owner,Stage,Amount,Created,Closed
D1,One,Dana,Won,100,31/01/2026,02/03/2026
D2,Two,Omer,Lost,200,01/02/2026,03/03/2026
,Three,Omer,Proposal,300,02/02/2026,
D4,Four,Omer,Proposal,4O0,03/02/2026,
"""
GOOD = DEALS.replace("\n,", "\nD3,").replace("4O0", "400")


def drop(at, text=DEALS, name="deals.csv"):
    at.file_uploader[0].upload(name, text.encode()).run()
    return at


def load(at):
    return at.button(key="import_confirm").click().run()


def type_in(at, key, line, **cells):
    """Type into a grid, as a person does."""
    at.session_state[key] = {"edited_rows": {line: cells}, "added_rows": [], "deleted_rows": []}
    return at.run()


def line_of(at, key, **cells):
    """The line of a grid that has these cells."""
    shown = next(each.value for each in at.data_editor if each.key == key)
    return next(line for line, row in enumerate(shown.to_dict("records")) if cells.items() <= row.items())


def amounts():
    engine = Workspace(default_workspace()).engine()
    try:
        return dict(engine.query("SELECT deal_id, amount FROM deals ORDER BY 1").itertuples(index=False))
    finally:
        engine.close()


def keys(at):
    return [button.key for button in at.button]


# what will happen


def test_what_will_happen_is_said_and_nothing_is_written(app, check, read):
    at = check(drop(app("import_data")))
    text = read(at)
    assert "<strong>3 of 4 rows of 1 file will come in.</strong> Deals: 3. 1 row can be mended below." in text
    assert "Nothing is written until you load." in text
    assert "Amount: 1 cell could not be read and was left empty: 4O0 in line 5." in text
    assert "<li><b><bdi>Created</bdi></b> 31 Jan 2026 – 3 Feb 2026</li>" in text.replace("\u2066", "").replace(
        "\u2069", ""
    )
    assert "1 set aside" in text and "How rows of deals.csv will look" in text
    assert "import_confirm" in keys(at)
    assert Workspace(default_workspace()).revision == 0


def test_a_sum_that_differs_says_which_rows_hold_the_rest(app, read):
    at = drop(app("import_data"))
    assert "1 row set aside holds 300" in read(at) and "differs by" not in read(at)
    assert "Some totals differ from the files; the table says why." in read(load(at))


def test_files_that_bring_nothing_say_so(app, read):
    at = load(drop(app("import_data"), GOOD))
    at.button(key="import_more").click().run()
    text = read(drop(at, GOOD))
    assert "<strong>Nothing in these files is new: every row they bring is here already.</strong>" in text
    assert "There is no need to load." in text


def test_money_that_nobody_named_is_asked_for(app, read):
    at = drop(app("import_data"), 'Deal ID,Stage,Seats,Volume\n1,Won,10,"1,200.50"\n2,Lost,20,"3,400.00"\n')
    assert "No column is the amount of the deals: is it Volume?" in read(at)
    assert "is it" not in read(drop(app("import_data"), "Deal ID,Stage,Seats\n1,Won,10\n2,Lost,20\n"))


def test_files_of_other_things_leave_the_stages_folded_and_may_be_all_new(app, read):
    at = load(drop(app("import_data"), GOOD))
    at.button(key="import_more").click().run()
    text = read(drop(at, "Account ID,Account Name,City\nA1,Acme,Haifa\n", "accounts.csv"))
    assert "None of the rows is known there" not in text and "decides every rate" not in text
    assert "Stages, in order" in [each.label for each in at.expander]


def test_what_is_there_already_and_what_would_change_is_said_before_more_is_added(app, check, read):
    first = "Deal ID,Stage,Amount,Currency\n1,Won,100,USD\n2,Lost,200,USD\n3,Proposal,300,USD\n"
    at = check(drop(app("import_data"), first))
    assert "here already" not in read(at)
    load(at).button(key="import_more").click().run()
    at = check(
        drop(
            at,
            "Deal ID,Stage,Amount,Currency\n2,Won,200,USD\n3,Proposal,333,USD\n4,Won,400,USD\n1,Won,100,USD\n",
            "more.csv",
        )
    )
    text = read(at)
    assert "<strong>3 deals are here already.</strong>" in text and ": deals.csv." in text
    row = ["<bdi>more.csv</bdi>", "Deals", "1", "2", "1", "4"]  # new, updated, unchanged, in the file
    assert (
        "".join(f"<td>{cell}</td>" if place < 2 else f'<td class="num">{cell}</td>' for place, cell in enumerate(row))
        in text
    )
    assert "<bdi>300</bdi> → <bdi>333</bdi>" in text and "<bdi>Lost</bdi> → <bdi>Won</bdi>" in text
    at.button(key="import_start_over").click().run()
    assert "None of the rows is known there" in read(check(drop(at, DEALS, "others.csv")))
    at.button(key="import_start_over").click().run()
    assert "loaded before, as import 1" in read(check(drop(at, first, "again.csv")))


def test_hostile_headers_and_cells_stay_text(app, check, read):
    bad = "<img src=x onerror=alert(1)>"
    at = check(
        drop(app("import_data"), f'Deal ID,Stage,"{bad}"\n1,Won,"{bad}"\n2,"{bad}",x\n,"{bad}",y\n', f"{bad}.csv")
    )
    text = read(at)
    assert "<img" not in text and "&lt;img" in text


def test_what_cannot_be_read_is_said_and_the_page_stands(app, check, read):
    at = app("import_data")
    at.file_uploader[0].upload("broken.xlsx", b"PK\x03\x04 this is no workbook").run()
    assert "broken.xlsx" in read(check(at))
    assert at.file_uploader


def test_one_row_in_hebrew(app, check, read):
    at = check(drop(app("import_data", lang="he"), "\n".join(DEALS.splitlines()[:2]) + "\n"))
    assert "deals.csv" in read(check(load(at)))


# what is decided otherwise


def test_files_of_one_name_are_two_files_and_a_change_is_of_one(app, check, read):
    at = app("import_data")
    other = DEALS.replace("D1", "E1").replace("D2", "E2").replace("D4", "E4")
    at.file_uploader[0].upload("deals.csv", DEALS.encode()).upload("deals.csv", other.encode()).run()
    assert "rows of 2 files will come in" in read(check(at)) and "deals.csv (2)" in read(at)
    assert at.button(key="import_confirm").label == "Load 2 files"
    type_in(at, "map_1_0", line_of(at, "map_1_0", header="Amount"), becomes=grid.OWN)
    assert at.button(key="import_confirm").disabled
    check(at.button(key="map_apply_1").click().run())
    assert not at.button(key="import_confirm").disabled
    first, second = at.session_state["draft"].uploads
    assert (first.options.mapping, second.options.mapping) == ({}, {"Amount": None})
    assert [plan.column("amount") is None for plan in at.session_state["draft"].plans] == [False, True]


def test_a_column_becomes_another_and_an_update_leaves_what_it_should(app, check, read):
    at = drop(app("import_data"), "Deal ID,Stage,Volume\n1,Won,100\n2,Lost,200\n", "one.csv")
    type_in(at, "map_0_0", line_of(at, "map_0_0", header="Volume"), becomes="amount")
    check(at.button(key="map_apply_0").click().run())
    assert "Sum of Amount" in read(at)
    check(load(at))
    at.button(key="import_more").click().run()
    check(drop(at, "Deal ID,Stage,Volume\n1,Won,111\n2,Lost,222\n3,Won,333\n", "two.csv"))
    assert "Read as last time" in [each.label.split(" · ")[0] for each in at.expander]
    assert "Sum of Amount" in read(at)
    key = next(each.key for each in at.data_editor)
    type_in(at, key, line_of(at, key, header="Volume"), rule="never")
    check(at.button(key="map_apply_0").click().run())
    check(load(at))
    assert amounts() == {"1": 100, "2": 200, "3": 333}


def test_a_file_that_is_no_table_of_ours_can_be_told_what_it_is(app, check, read):
    at = check(drop(app("import_data"), "who,what,how\na,b,c\nd,e,f\n", "odd.csv"))
    assert "holds nothing we recognise" in read(at) and "None of the files is recognised yet." in read(at)
    assert "import_confirm" not in keys(at)
    check(at.selectbox(key="unknown_table_0").select("deals").run())
    at.selectbox(key="unknown_0_deals_deal_id").select("who").run()
    at.selectbox(key="unknown_0_deals_stage").select("what").run()
    check(at.button(key="unknown_again_0").click().run())
    assert "<strong>2 of 2 rows of 1 file will come in.</strong>" in read(at)
    assert "import_confirm" in keys(at)


def test_how_a_file_is_read_can_be_decided_otherwise(app, check, read):
    at = check(drop(app("import_data"), "Deal ID,Stage,Amount,Created\n1,Won,117,01/02/2026\n2,Lost,234,02/03/2026\n"))
    assert "dates day/month/year" in read(at)
    at.selectbox(key="order_0").select("mdy").run()
    at.number_input(key="vat_0").set_value(17).run()
    check(at.button(key="read_again_0").click().run())
    assert "dates month/day/year" in read(at)
    check(load(at))
    assert amounts() == {"1": 100, "2": 200}


def test_a_mapping_is_saved_and_dropped_with_the_files(app, check, read, tmp_path):
    at = drop(app("import_data"), "Deal ID,Stage,Volume\n1,Won,100\n", "one.csv")
    type_in(at, "map_0_0", line_of(at, "map_0_0", header="Volume"), becomes="amount")
    at.button(key="map_apply_0").click().run()
    from data import mappings

    saved = mappings.as_file(at.session_state["draft"])
    assert json.loads(saved)["files"][0]["columns"]["Volume"] == "amount"
    at.button(key="import_start_over").click().run()
    uploader = at.file_uploader[0].upload("two.csv", b"Deal ID,Stage,Volume\n2,Won,250\n")
    check(uploader.upload("how.json", saved.encode()).run())
    assert "Sum of Amount" in read(at) and at.button(key="import_confirm").label == "Load 1 file"
    at.button(key="import_start_over").click().run()
    at.file_uploader[0].upload("how.json", saved.encode()).run()
    assert "Drop it together with the files." in read(check(at))
    at = app("import_data")
    at.file_uploader[0].upload("two.csv", b"Deal ID,Stage\n2,Won\n").upload("how.json", b"{}").run()
    assert "how.json is not a mapping file" in read(check(at))


# mending


def test_what_would_be_set_aside_is_put_right_on_the_spot(app, check, read):
    at = check(drop(app("import_data")))
    assert "1 row would be set aside · 1 cell cannot be read and stays empty" in read(at)
    type_in(at, "mend_alike_0", 0, becomes="400")
    assert at.button(key="import_confirm").disabled
    type_in(at, "mend_rows_0_0", 0, **{"0": "D3"})
    assert at.button(key="mend_apply").label == "Apply 2 fixes"
    check(at.button(key="mend_apply").click().run())
    assert "Every row and every cell is in order" in read(at)
    assert "<strong>4 of 4 rows of 1 file will come in.</strong>" in read(at)
    check(at.button(key="mend_drop").click().run())
    assert "1 row would be set aside" in read(at)
    type_in(at, "mend_alike_2", 0, becomes="400")
    at.button(key="mend_apply").click().run()
    check(load(at))
    assert amounts() == {"D1": 100, "D2": 200, "D4": 400}


def test_one_fix_goes_for_all_that_are_alike(app, check, read):
    rows = "".join(f"{n},Won,TBD\n" for n in range(200)) + "".join(f"{n},Won,{n}\n" for n in range(200, 500))
    at = check(drop(app("import_data"), "Deal ID,Stage,Amount\n" + rows))
    assert line_of(at, "mend_alike_0", value="TBD", rows="200") == 0
    type_in(at, "mend_alike_0", 0, becomes="7")
    check(at.button(key="mend_apply").click().run())
    check(load(at))
    assert amounts()["0"] == amounts()["199"] == 7 and amounts()["300"] == 300


def test_rows_set_aside_are_mended_after_the_load_without_a_new_upload(app, check, read):
    at = check(load(drop(app("import_data"))))
    check(at.button(key="mend_1").click().run())
    key = next(each.key for each in at.data_editor if each.key.startswith("mend_rows"))
    type_in(at, key, 0, **{"0": "D3"})
    check(at.button(key="mend_apply").click().run())
    check(load(at))
    assert amounts()["D3"] == 300 and amounts()["D1"] == 100
    check(at.button(key="undo_this").click().run())
    assert sorted(amounts()) == ["D1", "D2", "D4"]


# after the load


def test_loading_says_what_is_in_what_is_aside_and_what_opens(app, check, read):
    at = drop(app("import_data"))
    assert "These files open 7 of 25 analyses" in [each.label.strip() for each in at.expander]
    check(load(at))
    text = read(at)
    assert "<strong>3 of 4 rows are in.</strong> 1 row was set aside, and says why." in text
    assert "There is no deal number." in text and "deals.csv : 4" in text
    assert "Add a stage history: one row for each stage a deal came to, with its date." in text
    assert "You can see 7 of 25 analyses now" in text
    check(at.button(key="undo_this").click().run())
    assert "Import 1 was taken back" in at.success[0].value
    assert Workspace(default_workspace()).is_empty


def test_any_import_can_be_taken_back_once_it_is_said_what_that_means(app, check, read):
    at = load(drop(app("import_data"), GOOD))
    at.button(key="import_more").click().run()
    load(drop(at, GOOD.replace("D1,", "E1,").replace(",100,", ",111,"), "second.csv"))
    check(at.button(key="import_more").click().run())
    assert "Imports made" in read(at)
    assert [each.label.split(" · ")[2] for each in at.expander if each.label.startswith("**")] == [
        "second\\.csv",
        "deals\\.csv",
    ]
    assert "undo_last" in keys(at) and "undo_1" in keys(at)
    check(at.button(key="undo_1").click().run())
    assert "1 later import is loaded again on top" in read(at)
    check(at.button(key="undo_no").click().run())
    assert len(amounts()) == 5
    at.button(key="undo_1").click().run()
    check(at.button(key="undo_yes").click().run())
    assert "Import 1 was taken back" in at.success[0].value
    assert amounts() == {"D2": 200, "D3": 300, "D4": 400, "E1": 111}


# the grid itself


class Sheet:
    """A file as the draft has it."""

    def __init__(self, text):
        from data.database import connect
        from data.plan import FileOptions
        from data.reading import read_tables
        from data.recognise import recognise

        self.database, self.options = connect(), FileOptions()
        self.text, self.recognise, self.read = text, recognise, read_tables

    def plan(self, folder):
        file = folder / "deals.csv"
        file.write_text(self.text, "utf-8")
        table = self.read(file, self.database)[0]
        return self.recognise(self.database, table, self.options)


def test_only_columns_with_a_header_of_their_own_can_be_changed(tmp_path):
    sheet = Sheet("Deal ID,Stage,Note,Note,Date entered Won\n1,Won,a,b,2026-01-01\n2,Won,c,d,2026-01-02\n")
    plan = sheet.plan(tmp_path)
    shown = grid.shown(plan)
    line = {column.position: place for place, column in enumerate(shown)}
    edits = {line[2]: {"becomes": "owner"}, line[1]: {"becomes": grid.ENTERED}, line[0]: {"rule": "if_blank"}}
    said = grid.said_of(plan, shown, edits, sheet.options)
    assert (said.mapping, said.rules, said.refused) == ({"Note": "owner"}, {"deal_id": "if_blank"}, ("Stage",))
    assert grid.becomes(shown[line[4]]) == grid.ENTERED


@pytest.mark.parametrize("code", ["en", "he"])
@pytest.mark.parametrize("table", LOADED)
def test_every_column_to_choose_has_words_of_its_own(table, code):
    words = [Locale(code)._(column.label) for column in targets(table)]
    assert len(set(words)) == len(words)
