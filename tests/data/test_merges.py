"""Customers said to be one: what names them follows, also in files loaded later, and it can be taken back."""

from data.importer import load_files
from data.merges import merge
from data.store import Workspace

ACCOUNTS = "Account ID,Account name,Industry,City,Tax ID\n1,Acme,,Haifa,\n2,Acme Ltd,Steel,Akko,512345678\n3,Beta,Food,Eilat,\n"
DEALS = "Deal ID,Deal name,Customer,Stage,Amount,Created,Closed\nD1,One,Acme,Won,100,2026-01-01,2026-02-01\nD2,Two,Acme Ltd,Open,50,2026-01-02,\nD3,Three,Beta,Lost,70,2026-01-03,2026-02-02\n"
ORDERS = (
    "Order ID,Customer ID,Order date,Product,Quantity,Unit price\n7,2,2026-03-01,Nails,2,5\n8,3,2026-03-02,Nails,1,5\n"
)


def load(workspace, folder, **files):
    made = []
    for name, text in files.items():
        path = folder / f"{name}.csv"
        path.write_text(text, "utf-8")
        made.append((path, path.name))
    return load_files(workspace, made)


def ask(workspace, sql):
    engine = workspace.engine()
    try:
        rows = engine.query(sql).astype(object)
        return list(rows.where(rows.notna(), None).itertuples(index=False, name=None))
    finally:
        engine.close()


def everything(workspace):
    return {
        table: ask(workspace, f"SELECT * FROM {table} ORDER BY ALL")
        for table in ("customers", "deals", "stage_entries", "orders", "loaded_deals")
    }


def test_what_names_a_merged_customer_names_the_one_kept(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load(workspace, tmp_path, accounts=ACCOUNTS, deals=DEALS, orders=ORDERS)

    step = merge(workspace, {"2": "1"})

    assert ask(workspace, "SELECT customer_id, customer_name, industry, city, tax_id FROM customers ORDER BY 1") == [
        ("1", "Acme", "Steel", "Haifa", "512345678"),
        ("3", "Beta", "Food", "Eilat", None),
    ]
    assert ask(workspace, "SELECT deal_id, customer_id, customer FROM deals ORDER BY 1") == [
        ("D1", "1", "Acme"), ("D2", "1", "Acme"), ("D3", "3", "Beta"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT order_id, customer_id FROM orders ORDER BY 1") == [("7", "1"), ("8", "3")]
    assert step.report["merged"] == [["Acme Ltd", "Acme"]]
    assert ask(workspace, "SELECT customer FROM loaded_deals WHERE deal_id = 'D2'") == [("Acme Ltd",)]


def test_it_is_taken_back_as_if_it_had_never_been(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load(workspace, tmp_path, accounts=ACCOUNTS, deals=DEALS, orders=ORDERS)
    before = everything(workspace)

    step = merge(workspace, {"2": "1"})
    assert everything(workspace) != before
    workspace.undo(step.number)

    assert everything(workspace) == before


def test_files_loaded_later_follow_and_an_earlier_import_can_still_go(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load(workspace, tmp_path, orders=ORDERS)
    load(workspace, tmp_path, accounts=ACCOUNTS, deals=DEALS)
    merge(workspace, {"2": "1"})

    report = load(workspace, tmp_path, deals=DEALS + "D4,Four,Acme Ltd,Open,20,2026-02-05,\n")
    assert [report.files[0].rows_loaded, report.files[0].rows_updated, report.files[0].rows_unchanged] == [1, 0, 3]
    load(workspace, tmp_path, accounts=ACCOUNTS)
    workspace.undo(1)

    assert ask(workspace, "SELECT deal_id, customer_id FROM deals ORDER BY 1") == [
        ("D1", "1"), ("D2", "1"), ("D3", "3"), ("D4", "1"),
    ]  # fmt: skip
    assert ask(workspace, "SELECT customer_id FROM customers ORDER BY 1") == [("1",), ("3",)]
    assert ask(workspace, "SELECT count(*) FROM orders") == [(0,)]


def test_the_same_orders_again_add_none(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load(workspace, tmp_path, accounts=ACCOUNTS, deals=DEALS, orders=ORDERS)
    merge(workspace, {"2": "1"})

    report = load(workspace, tmp_path, orders=ORDERS)

    assert (report.files[0].rows_loaded, report.files[0].rows_unchanged) == (0, 2)


def test_customers_that_only_deals_name_can_be_one(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load(workspace, tmp_path, deals=DEALS)

    merge(workspace, {"Acme Ltd": "Acme"})

    assert ask(workspace, "SELECT deal_id, customer FROM deals ORDER BY 1") == [
        ("D1", "Acme"),
        ("D2", "Acme"),
        ("D3", "Beta"),
    ]


def test_a_chain_ends_in_its_last(tmp_path):
    workspace = Workspace(tmp_path / "w")
    load(workspace, tmp_path, accounts=ACCOUNTS, deals=DEALS)
    merge(workspace, {"2": "1"})
    merge(workspace, {"1": "3"})

    assert ask(workspace, "SELECT DISTINCT customer_id FROM deals") == [("3",)]
    assert ask(workspace, "SELECT customer_id, city, tax_id FROM customers") == [("3", "Eilat", "512345678")]
