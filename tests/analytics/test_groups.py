"""What the deals that move on from a stage come to."""

import pytest

from analytics.findings import findings
from analytics.funnel import Counting
from analytics.groups import won_after
from analytics.rows import rows
from tests.analytics.companies import AS_OF, Company, Simulator


def test_the_win_rate_after_a_stage_is_the_one_findings_reckon_money_with():
    simulator = Simulator()
    simulator.load(Company(deals=1200, planted={("source", "d", 2): 0.30}).frames(5))
    leak = rows(findings(simulator.tables, AS_OF).answer(simulator.run))[0]
    (found,) = rows(won_after(simulator.tables, AS_OF, leak["stage"], Counting("filled")).answer(simulator.run))
    assert found["win_rate_after"] == pytest.approx(leak["win_rate_after"])
    moved = "SELECT count(*) AS n FROM stage_entries WHERE stage = 'Proposal' AND visit = 1 AND fate = 'advanced'"
    assert found["n"] == simulator.engine.query(moved)["n"].iloc[0]
    (nothing,) = rows(won_after(simulator.tables, AS_OF, "No such stage", Counting()).answer(simulator.run))
    assert (nothing["win_rate_after"], nothing["n"]) == (None, 0)
