"""A company of many customers who order: `python -m benchmarks.buyers FOLDER CUSTOMERS` writes customers.csv and orders.csv.

Each buys at a rate of its own until it leaves, as MBG/NBD has it, ten orders on average; spend is Gamma-Gamma. The same seed
gives the same bytes.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

SEED = 11
AS_OF, FIRST = date(2026, 9, 30), date(2024, 1, 1)
R, ALPHA, A, B = 1.2, 5.5, 0.5, 6.0
P, Q, V = 4.0, 4.0, 90.0
OWNERS, SEGMENTS = 80, ("Small", "Mid-market", "Enterprise", "Public sector")
MOST_ORDERS = 2_000


def write_buyers(folder: Path, customers: int) -> int:
    """Write the two files; how many orders there are."""
    import duckdb
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(SEED)
    span = (AS_OF - FIRST).days
    began = random.uniform(0, span * 0.8, customers)
    rate = random.gamma(R, 1 / ALPHA, customers) / 7
    leaving = random.beta(A, B, customers)
    spend = P * V / (random.gamma(Q, 1.0, customers) * P)
    who, when = [], []
    now, there = began.copy(), np.arange(customers)
    for _order in range(MOST_ORDERS):
        who.append(there)
        when.append(now[there])
        there = there[random.random(len(there)) >= leaving[there]]
        now[there] += random.exponential(1 / rate[there])
        there = there[now[there] < span]
        if not len(there):
            break
    orders = pd.DataFrame({"number": np.concatenate(who), "day": np.concatenate(when)})
    orders["amount"] = np.round(random.gamma(P, 1.0, len(orders)) / P * spend[orders["number"]], 2)
    known = pd.DataFrame({
        "number": np.arange(customers),
        "segment": np.array(SEGMENTS)[random.integers(0, len(SEGMENTS), customers)],
        "owner": np.array([f"Owner {place:02d}" for place in range(OWNERS)])[random.integers(0, OWNERS, customers)],
    })  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as database:
        database.register("orders", orders)
        database.register("known", known)
        number = "'C-' || lpad(number::VARCHAR, 7, '0')"
        database.execute(
            f'COPY (SELECT {number} AS "Customer ID", \'Customer \' || number AS "Customer name", segment AS "Segment", owner AS "Owner" FROM known) '
            f"TO '{folder / 'customers.csv'}' (HEADER)"
        )
        database.execute(
            f"COPY (SELECT 'O-' || lpad((row_number() OVER (ORDER BY day))::VARCHAR, 8, '0') AS \"Order ID\", {number} AS \"Customer ID\", "
            f'(DATE \'{FIRST}\' + CAST(floor(day) AS INTEGER))::DATE AS "Order date", amount AS "Amount", \'ILS\' AS "Currency" FROM orders ORDER BY day) '
            f"TO '{folder / 'orders.csv'}' (HEADER)"
        )
    return len(orders)


if __name__ == "__main__":
    print(write_buyers(Path(sys.argv[1]), int(sys.argv[2])))
