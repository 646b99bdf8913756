"""Files in: what was recognised is shown, can be changed, is loaded, and can be taken back."""

from data.store import Workspace, default_workspace

DEALS = """Deal ID,Deal name,Owner,Stage,Amount,Created,Closed
D1,One,Dana,Won,100,31/01/2026,02/03/2026
D2,Two,Omer,Lost,200,01/02/2026,03/03/2026
,Three,Omer,Proposal,300,02/02/2026,
D4,Four,Omer,Proposal,4O0,03/02/2026,
"""


def drop(at, text=DEALS, name="deals.csv"):
    at.file_uploader[0].upload(name, text.encode()).run()
    return at


def test_a_file_is_shown_as_it_would_become_and_nothing_is_written(app, check, read):
    at = check(drop(app("import_data")))
    text = read(at)
    assert "<strong>1 file recognised.</strong>" in text
    assert "31/01/2026 exists, so the day comes first." in text
    assert "Amount: 1 cell could not be read and was left empty: 4O0 in line 5." in text
    assert "1 set aside" in text
    assert Workspace(default_workspace()).revision == 0


def test_loading_says_what_is_in_what_is_aside_and_what_opens(app, check, read):
    at = drop(app("import_data"))
    assert "These files open 6 of 11 analyses" in read(at)
    check(at.button(key="import_confirm").click().run())
    text = read(at)
    assert "<strong>3 of 4 rows are in.</strong> 1 row was set aside, and says why." in text
    assert "There is no deal number." in text and "deals.csv : 4" in text
    assert "Add a stage history: one row for each stage a deal came to, with its date." in text
    assert "You can see 6 of 11 analyses now" in text
    check(at.button(key="undo_this").click().run())
    assert "Import 1 was taken back" in at.success[0].value
    assert Workspace(default_workspace()).is_empty


def test_a_file_that_is_no_table_of_ours_can_be_told_what_it_is(app, check, read):
    at = check(drop(app("import_data"), "who,what,how\na,b,c\nd,e,f\n", "odd.csv"))
    assert "holds nothing we recognise" in read(at)
    check(at.selectbox(key="unknown_table_0").select("deals").run())
    at.selectbox(key="unknown_0_deals_deal_id").select("who").run()
    at.selectbox(key="unknown_0_deals_stage").select("what").run()
    check(at.button(key="unknown_again_0").click().run())
    assert "<strong>1 file recognised.</strong>" in read(at)
    assert [button.key for button in at.button if button.key == "import_confirm"]


def test_what_cannot_be_read_is_said_and_the_page_stands(app, check, read):
    at = app("import_data")
    at.file_uploader[0].upload("broken.xlsx", b"PK\x03\x04 this is no workbook").run()
    assert "broken.xlsx" in read(check(at))
    assert at.file_uploader


def test_one_row_in_hebrew(app, check, read):
    at = check(drop(app("import_data", lang="he"), DEALS.splitlines()[0] + "\n" + DEALS.splitlines()[1] + "\n"))
    check(at.button(key="import_confirm").click().run())
    assert "deals.csv" in read(at)


def test_the_imports_of_a_loaded_workspace_are_listed(app, check, read):
    at = drop(app("import_data"))
    at.button(key="import_confirm").click().run()
    check(at.button(key="import_more").click().run())
    text = read(at)
    assert "Imports made" in text and "deals.csv" in text
    assert [button.key for button in at.button if button.key == "undo_last"]


def test_files_of_one_name_are_two_files_and_a_change_is_of_one(app, check, read):
    at = app("import_data")
    other = DEALS.replace("D1", "E1").replace("D2", "E2").replace("D4", "E4")
    at.file_uploader[0].upload("deals.csv", DEALS.encode()).upload("deals.csv", other.encode()).run()
    assert "<strong>2 files recognised.</strong>" in read(check(at)) and "deals.csv (2)" in read(at)
    assert at.button(key="import_confirm").label == "Load 2 files"
    at.selectbox(key="map_header_1").select("Amount").run()
    at.selectbox(key="map_field_1_Amount").select("").run()
    check(at.button(key="map_apply_1").click().run())
    first, second = at.session_state["draft"].uploads
    assert (first.options.mapping, second.options.mapping) == ({}, {"Amount": None})
    assert [plan.column("amount") is None for plan in at.session_state["draft"].plans] == [False, True]


def test_what_is_there_already_is_said_before_more_is_added(app, check, read):
    first = "Deal ID,Stage,Amount,Currency\n1,Won,100,USD\n2,Lost,200,USD\n3,Proposal,300,USD\n"
    at = check(drop(app("import_data"), first))
    assert "here already" not in read(at)
    at.button(key="import_confirm").click().run()
    at.button(key="import_more").click().run()
    at = check(drop(at, "Deal ID,Stage,Amount\n2,Won,200\n3,Proposal,300\n4,Won,400\n", "more.csv"))
    text = read(at)
    assert "<strong>3 deals are here already.</strong>" in text and ": deals.csv." in text
    assert "1 new row is added to that. 1 row with a number known there is updated." in text
    assert "1 row is there already as it is." in text
    # The file names no currency: its amounts have no sign, whatever the others are in.
    assert "$" not in text and "kept apart, as XXX" in text
    at.button(key="import_start_over").click().run()
    assert "None of the rows is known there" in read(check(drop(at, DEALS, "others.csv")))


def test_hostile_headers_and_cells_stay_text(app, check, read):
    bad = "<img src=x onerror=alert(1)>"
    at = check(drop(app("import_data"), f'Deal ID,Stage,"{bad}"\n1,Won,"{bad}"\n2,"{bad}",x\n', f"{bad}.csv"))
    text = read(at)
    assert "<img" not in text and "&lt;img" in text
