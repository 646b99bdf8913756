"""What the made-up company's customers do: the files agree with each other, and what is said to be planted is in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from data.demo import AS_OF, PLANTED, write_company

# One worker makes the companies, once for all tests of this file.
pytestmark = pytest.mark.xdist_group("demo")

END = pd.Timestamp("2026-11-14 20:41")
LONG_AGO = END - pd.DateOffset(months=5)
LATE = pd.Timestamp("2026-06-01")
GONE_AFTER = 180  # days without an order
VISIT, CASE, RETURN = 300, 150, 80  # shekels that each might cost
SCORE = "NPS score (0-10)"


@dataclass
class Files:
    """The English files that the tests ask."""

    products: pd.DataFrame
    customers: pd.DataFrame
    deals: pd.DataFrame
    activities: pd.DataFrame
    contacts: pd.DataFrame
    touches: pd.DataFrame
    orders: pd.DataFrame
    cases: pd.DataFrame
    answers: pd.DataFrame
    invitations: pd.DataFrame

    @cached_property
    def named(self) -> pd.DataFrame:
        """The order lines that name a customer."""
        return self.orders.dropna(subset=["Customer"])

    @cached_property
    def revenue(self) -> pd.Series:
        """By customer, the largest first."""
        return self.named.groupby("Customer")["Line total"].sum().sort_values(ascending=False)

    @cached_property
    def days(self) -> dict[str, np.ndarray]:
        """The days on which each customer bought, in order."""
        bought = self.named[self.named["Quantity"] > 0]
        return {who: np.sort(days.unique()) for who, days in bought.groupby("Customer")["Order date"]}

    @cached_property
    def lives(self) -> pd.DataFrame:
        """Of customers that began long ago: how long they bought, whether they are gone, whether they began with a plan."""
        rows = []
        plans = self.named[self.named["Product"] == "Service plan"].groupby("Customer")["Order date"].min().to_dict()
        for who, days in self.days.items():
            first, last = pd.Timestamp(days[0]), pd.Timestamp(days[-1])
            if first < pd.Timestamp("2026-01-01"):
                rows.append((who, (last - first).days + 1, (END - last).days > GONE_AFTER, plans.get(who) == first))
        return pd.DataFrame(rows, columns=["who", "days", "gone", "plan"]).set_index("who")

    @cached_property
    def last_contact(self) -> pd.Series:
        """By customer, about a deal or not."""
        of_deals = self.activities.merge(self.deals[["Deal ID", "Customer"]], on="Deal ID")
        done = pd.concat([each[["Customer", "Completed at"]] for each in (of_deals, self.touches)])
        return done.dropna().groupby("Customer")["Completed at"].max()

    def nps(self, answers: pd.DataFrame) -> float:
        return 100 * float((answers[SCORE] >= 9).mean() - (answers[SCORE] <= 6).mean())


def read(folder, **options) -> Files:
    files = {path.stem: path for path in write_company(folder, "en", **options)}
    dated = {"orders": ["Order date"], "service cases": ["Opened", "Closed"], "survey answers": ["Answered at"],
             "survey invitations": ["Sent at"], "customer contacts": ["Due date", "Completed at"],
             "activities": ["Completed at"], "deals": ["Created", "Closed"], "customers": ["Created"]}  # fmt: skip
    names = ("products", "customers", "deals", "activities", "contacts", "customer contacts", "orders",
             "service cases", "survey answers", "survey invitations")  # fmt: skip
    return Files(*(pd.read_csv(files[name], parse_dates=dated.get(name, [])) for name in names))


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Files:
    return read(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Files:
    return read(tmp_path_factory.mktemp("plain"), planted=False)


@pytest.fixture(params=["planted", "plain"])
def files(request) -> Files:
    return request.getfixturevalue(request.param)


# What the files must agree on


def test_the_goods_of_a_won_deal_are_an_order_of_the_day_it_closed(files):
    won = files.deals[(files.deals["Status"] == "Won") & files.deals["Amount"].notna()]
    lines = {
        tuple(row) for row in files.orders[["Order date", "Product", "Quantity", "Line total"]].itertuples(index=False)
    }
    said = zip(won["Closed"].dt.normalize(), won["Product"], won["Quantity"], won["Amount"], strict=True)
    assert len(won) > 250 and {(day, what, int(n), int(amount)) for day, what, n, amount in said} <= lines


def test_a_line_is_its_quantity_times_its_price(files):
    made = files.orders["Quantity"] * files.orders["Unit price"]
    # The price of one is written with two decimals where a deal's amount does not divide.
    assert ((made - files.orders["Line total"]).abs() <= 0.005 * files.orders["Quantity"].abs() + 1e-6).all()
    assert ((files.orders["Quantity"] > 0) == (files.orders["Line total"] > 0)).all()
    products = files.products.set_index("Product")
    assert files.orders["Product"].isin(products.index).all()
    assert (products["Unit cost"] < products["List price"]).all() and (products["Unit cost"] > 0).all()


def test_whatever_is_named_exists(files):
    customers = set(files.customers["Customer"])
    for table in (files.contacts, files.touches, files.named, files.cases, files.answers, files.invitations):
        assert set(table["Customer"]) <= customers
    works_at = files.contacts.set_index("Contact ID")["Customer"]
    for table in (files.touches, files.cases):
        assert (table["Contact ID"].map(works_at) == table["Customer"]).all()
    assert set(files.contacts["Customer"]) == customers and files.contacts["Email"].is_unique
    assert set(zip(files.answers["Customer"], files.answers["Email"], strict=True)) <= set(
        zip(files.contacts["Customer"], files.contacts["Email"], strict=True)
    )
    for table, key in ((files.contacts, "Contact ID"), (files.cases, "Case number"), (files.answers, "Response ID")):
        assert table[key].is_unique
    assert not set(files.touches["Activity ID"]) & set(files.activities["Activity ID"])


def test_everything_happens_in_office_hours_of_known_customers_before_the_end(files):
    moments = (files.touches["Completed at"], files.cases["Opened"], files.cases["Closed"],
               files.answers["Answered at"], files.invitations["Sent at"])  # fmt: skip
    for at in moments:
        known = at.dropna()
        assert known.max() < END and set(known.dt.day_name()) <= {
            "Sunday",
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
        }
        assert known.dt.hour.between(8, 19).all()
    ordered = files.orders["Order date"]
    assert ordered.max() <= pd.Timestamp(AS_OF) and ordered.min() < pd.Timestamp("2023-12-15")
    assert not set(ordered.dt.day_name()) & {"Friday", "Saturday"}
    made = files.named.merge(files.customers[["Customer", "Created"]], on="Customer")
    assert (made["Order date"] >= made["Created"]).all()
    assert (files.cases["Closed"].isna() == (files.cases["Status"] != "Closed")).all()
    assert not (files.cases["Closed"] <= files.cases["Opened"]).any()
    planned = files.touches[files.touches["Status"] == "Planned"]
    assert (
        planned["Completed at"].isna().all() and planned["Due date"].min() > pd.Timestamp(AS_OF) and len(planned) >= 10
    )


def test_no_contact_of_customers_is_of_a_time_with_an_open_deal(files):
    open_deals = files.deals.assign(Customer=files.deals["Customer"].replace("negev pipes", "Negev Pipes"))
    found = files.touches.merge(open_deals[["Customer", "Created", "Closed"]], on="Customer")
    at = found["Completed at"].fillna(found["Due date"])
    assert (
        len(found) > 1000
        and not ((at >= found["Created"]) & (at <= found["Closed"].fillna(END + pd.DateOffset(years=1)))).any()
    )


def test_size_and_shape(planted):
    assert 4_000 < len(planted.orders) < 7_000 and len(planted.days) > 350
    assert sum(len(days) > 1 for days in planted.days.values()) > 150
    assert 1_300 < len(planted.answers) < 1_700 and planted.answers["Answered at"].min() < END - pd.DateOffset(
        months=23
    )
    assert 0.3 < len(planted.answers) / len(planted.invitations) < 0.45
    assert 0.9 < (planted.invitations["Delivered"] == "Yes").mean() < 1
    assert set(planted.contacts.groupby("Customer").size()) == {1, 2, 3, 4}
    assert set(planted.answers[SCORE]) == set(range(11)) and 0.3 < planted.answers["Comment"].notna().mean() < 0.6


def test_blemishes(files):
    assert files.orders["Customer"].isna().sum() == files.orders["Customer ID"].isna().sum() == 8
    odd = [number for number in files.named["Customer ID"] if not number.startswith("C-")]
    assert len(odd) == 1 and odd[0].upper().replace(" ", "-") in set(files.customers["Customer ID"])
    assert files.orders.duplicated().sum() == 1
    assert (files.revenue < 0).sum() == 1


@pytest.mark.parametrize("deals", [1, 2, 7, 40])
def test_few_deals(tmp_path, deals):
    small = read(tmp_path, deals=deals, seed=5)
    assert set(small.named["Customer"]) <= set(small.customers["Customer"]) == set(small.contacts["Customer"])
    assert len(small.answers) <= len(small.invitations)


# What is planted


def fell_silent(files: Files) -> list[str]:
    """The largest customers that ordered by the calendar, stopped for three of their gaps, and were not contacted for months."""
    found = []
    for who in files.revenue.index[:10]:
        gaps = np.diff(files.days[who]) / np.timedelta64(1, "D")
        silence = (END - pd.Timestamp(files.days[who][-1])).days
        if len(gaps) >= 12 and gaps.std() < 0.2 * gaps.mean() and silence > 3 * gaps.mean():
            found += [who] if files.last_contact[who] < LONG_AGO else []
    return found


def a_regular_one_is_silent(files: Files) -> bool:
    found = fell_silent(files)
    assert "Negev Pipes" not in found
    return len(found) == 1


def plans_keep_customers(files: Files) -> bool:
    """Whether those who began with a service plan buy for longer (log-rank test)."""
    with_plan, without = (
        stats.CensoredData(lives["days"][lives["gone"]].to_numpy(), right=lives["days"][~lives["gone"]].to_numpy())
        for lives in (files.lives[files.lives["plan"]], files.lives[~files.lives["plan"]])
    )
    gone = files.lives.groupby("plan")["gone"].mean()
    return bool(stats.logrank(with_plan, without).pvalue < 0.02 and gone[True] < gone[False] - 0.1)


def contribution(files: Files) -> pd.Series:
    """By customer: what it paid, less what the goods cost, less visits, cases and returns at a price."""
    cost = files.named["Product"].map(files.products.set_index("Product")["Unit cost"])
    net = (files.named["Line total"] - files.named["Quantity"] * cost).groupby(files.named["Customer"]).sum()
    visits = files.touches[files.touches["Activity type"].isin(["Visit", "Service visit"])]
    for table, price in ((visits, VISIT), (files.cases, CASE), (files.named[files.named["Quantity"] < 0], RETURN)):
        net = net.sub(price * table.groupby("Customer").size(), fill_value=0)
    return net


def one_costs_more_than_it_brings(files: Files) -> bool:
    large = contribution(files)[files.revenue.index[files.revenue > 100_000]]
    return int((large < 0).sum()) == 1 and large.min() < -10_000


def danas_customers_bring_a_third(files: Files) -> bool:
    owner = files.customers.set_index("Customer")["Owner"].reindex(files.revenue.index)
    shares = (files.revenue.groupby(owner).sum() / files.revenue.sum()).sort_values()
    return shares.index[-1] == "Dana Levi" and shares.iloc[-1] > 1 / 3 > 2 * shares.iloc[-2]


def large_ones_have_one_contact(files: Files) -> bool:
    people = files.contacts.groupby("Customer").size()
    return int((people[files.revenue.index[:15]] == 1).sum()) >= 3


def nps_falls_for_late_deliveries(files: Files) -> bool:
    is_late = files.answers["Answered at"] >= LATE
    detractors = files.answers[(files.answers[SCORE] <= 6) & files.answers["Comment"].notna()]
    of_delivery = detractors["Comment"].str.contains("deliver|late", case=False)
    shares = of_delivery.groupby(detractors["Answered at"] >= LATE).mean()
    fall = files.nps(files.answers[~is_late]) - files.nps(files.answers[is_late])
    return 14 < fall < 28 and shares[True] > 0.5 and shares[False] < 0.25


FINDINGS = {
    "A large customer that ordered": a_regular_one_is_silent,
    "Customers with a service plan": plans_keep_customers,
    "One customer sends back": one_costs_more_than_it_brings,
    "Customers of Dana Levi": danas_customers_bring_a_third,
    "Several of the largest": large_ones_have_one_contact,
    "Since June 2026": nps_falls_for_late_deliveries,
}


def test_every_planted_sentence_has_its_finding():
    of_customers = PLANTED[-len(FINDINGS) :]
    assert [next(start for start in FINDINGS if str(said).startswith(start)) for said in of_customers] == list(FINDINGS)


@pytest.mark.parametrize("found", FINDINGS.values(), ids=lambda found: found.__name__)
def test_planted_findings_are_found(planted, plain, found):
    assert found(planted)
    assert not found(plain)


def test_valuable_customers_are_left_alone_for_months(planted, plain):
    def left_alone(files: Files) -> int:
        """Of the 25 largest that still buy and have had no deal for long, those not contacted for five months."""
        lately = set(files.deals["Customer"][files.deals["Closed"].isna() | (files.deals["Closed"] > LONG_AGO)])
        here = [who for who in files.revenue.index[:25] if who not in lately
                and (END - pd.Timestamp(files.days[who][-1])).days < GONE_AFTER]  # fmt: skip
        return int((files.last_contact[here] < LONG_AGO).sum())

    assert left_alone(planted) >= 4 and left_alone(plain) == 0


def test_who_leaves_was_less_content_answered_less_and_complained(planted, plain):
    def before_june(files: Files) -> tuple[float, float, float]:
        """How much lower those who are gone scored, by how much fewer of them answered, and their share of open cases."""
        gone = files.lives.index[files.lives["gone"]]
        answers = files.answers[files.answers["Answered at"] < LATE]
        of_gone = answers["Customer"].isin(gone)
        lower = answers[SCORE][~of_gone].mean() - answers[SCORE][of_gone].mean()
        rates = [answered.isin(gone).pipe(lambda own: (own.sum(), (~own).sum()))
                 for answered in (files.answers["Customer"], files.invitations["Customer"])]  # fmt: skip
        less = rates[0][1] / rates[1][1] - rates[0][0] / rates[1][0]
        unanswered = files.cases[files.cases["Closed"].isna()]["Customer"]
        return float(lower), float(less), float(unanswered.isin(gone).sum())

    lower, less, unanswered = before_june(planted)
    assert lower > 0.4 and less > 0.04 and unanswered > 30
    lower, less, unanswered = before_june(plain)
    assert abs(lower) < 0.15 and abs(less) < 0.03 and unanswered < 10
