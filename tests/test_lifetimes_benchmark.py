"""The benchmark of lifetime models fits what it says it does, and tells where the results differ."""

import numpy as np
import pytest

from analytics.lifetime.dropout import BgNbd
from analytics.lifetime.histories import Histories
from benchmarks import lifetimes

LINES = (
    " customer_id  date number_of_cds  dollar_value",
    " 00001 19970101  1   11.77",
    " 00001 19970101  1   10.00",
    " 00001 19970105  1   12.00",
    " 00001 19970106  1   12.00",
    " 00002 19980629  1   12.00",
    " 00002 19980701  1   12.00",
)


@pytest.mark.parametrize(
    ("grain", "expected"),
    # The first of January 1997 was a Wednesday, the last of June 1998 a Tuesday.
    [("day", [(2, 5 / 7, 545 / 7), (0, 0, 1 / 7)]), ("week", [(1, 1, 78), (0, 0, 0)])],
)
def test_purchases_of_a_period_are_one(tmp_path, grain, expected):
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(LINES), "utf-8")
    found = np.array(lifetimes.histories(path, grain)).T
    assert found == pytest.approx(np.array(expected))


def test_the_likelihood_is_that_of_the_model():
    made = BgNbd.known(0.3, 4.0, 0.8, 2.4).simulate(np.random.default_rng(0).integers(70, 700, 2000) / 7, 1.0, 0)
    known = made.x, made.t_x, made.T
    fitted = BgNbd().fit(Histories.of(*known))
    assert lifetimes.log_likelihood(lifetimes.shimur(*known), *known) == pytest.approx(fitted.log_likelihood_)


def measured(seconds, log_likelihood):
    each = {"customers": 2, "first": 1.0, "seconds": seconds, "parameters": [1.0] * 4, "log_likelihood": log_likelihood}
    return dict.fromkeys(lifetimes.GRAINS, each)


def test_the_table_says_how_much_longer_the_peer_takes():
    text = lifetimes.written({"shimur": measured(0.02, -10.0), "lifetimes": measured(0.1, -10.0)})
    assert "5.0x" in text and "3x yes" in text and "10x **no**" in text
    with pytest.raises(AssertionError):
        lifetimes.written({"shimur": measured(0.02, -11.0), "lifetimes": measured(0.1, -10.0)})


def test_without_the_data_nothing_is_measured(monkeypatch, tmp_path):
    monkeypatch.setenv("SHIMUR_DATASETS", str(tmp_path))
    assert lifetimes.measure(print).startswith("Not measured")
