"""Findings in words: numbers that are said to subtract do."""

import pytest

from ui.findings_words import why
from ui.locale import Locale

DELAY = {"kind": "delay", "n": 40, "days_low": 9.0, "days_high": 25.0, "within_days": 120.0}


@pytest.mark.parametrize(
    ("stay", "rest", "said"),
    [
        (44.4, 27.6, "stay 44.4 d on average, against 27.6 d of the others: 16.8 d longer"),
        (44.4, 28.2, "stay 44 d on average, against 28 d of the others: 16 d longer"),
        (12.3, 2.6, "stay 12.3 d on average, against 2.6 d of the others: 9.7 d longer"),
    ],
)
def test_a_delay_subtracts_as_printed(stay, rest, said):
    row = DELAY | {"stay_days": stay, "stay_days_rest": rest, "days_difference": stay - rest}
    assert said in why(row, [], Locale("en")).replace("\u2066", "").replace("\u2069", "")
