"""A scenario to begin from: YAML with a comment on every line that needs one, which runs on the workspace it is made for."""

from __future__ import annotations

import json
from collections.abc import Sequence

from analytics.what_if.scenario_values import UNSEEN

# In English in every language, as the keys are.
_HEAD = """\
# A scenario: what somebody would do, and what is believed of it. Run it with
#   python -m analytics what_if --scenario FILE
# Numbers of rates are percentage points: 5 more points of retention turn 80% into 85%. Low, likely and high are a range:
# as low as, most likely, as high as. Write "amount: 5" instead for a number that is known for sure.
name: An example
horizon_months: 36        # 3 to 60
seed: 1                   # the same seed, file, data and as-of date give the same answer
draws: 10000
discount_rate: 0.1        # a year; 0.1 is 10%
# margin: 0.35            # turns revenue into profit; without it profit is revenue less costs
"""
_KEEPING = """\
  - lever: retention      # points more of them are there a year on
    name: Call who may leave
    target:
      quadrant: protect   # of high value and at high risk; also tier, lifecycle, owner, customers or any field of customers
    low: 2
    likely: 4
    high: 7
    delay_months: 1       # before it starts
    ramp_months: 3        # until its full effect
    # half_life_months: 24  # until half of the effect is gone
    # ceiling: 12           # the most that could be reached: each further step brings less
    cost:                 # a number, or low, likely and high
      fixed: 2000
      per_customer: 20
      per_save: {low: 50, likely: 80, high: 150}
"""
_SEGMENT = """\
  - lever: onboarding     # points more of the new customers are there a year on
    target:
      segment: {segment}
    low: 1
    likely: 2
    high: 4
    cost:
      monthly: 300
"""
_STAGE = """\
  - lever: stage_conversion   # points more of the deals in the stage go on
    stage: {stage}
    low: 1
    likely: 3
    high: 5
    ramp_months: 3
    cost:
      monthly: 500
"""
_WINNING = """\
  - lever: win_rate       # points more of the deals are won
    low: 1
    likely: 2
    high: 3
    cost:
      monthly: 500
"""
_MARKET = """\
  - lever: market         # percent more or less of all that is bought
    amount: -10
"""
_BUDGET = """\
budget: 10000             # for the command budget: what there is to spend
capacity:
  per_owner_per_month: 4  # an owner can save so many customers a month
"""


def example(
    stages: Sequence[str], segments: Sequence[str], currency: str | None, has_customers: bool, has_deals: bool
) -> str:
    """A commented scenario. `stages` in their order, those of which a lever can be pulled; `segments` values of the field segment."""
    parts = [_HEAD]
    if currency:
        parts.append(f"currency: {_quoted(currency)}\n")
    parts.append("levers:\n")
    if has_customers:
        parts.append(_KEEPING)
        parts += [_SEGMENT.format(segment=_quoted(segments[0]))] if segments else []
    if has_deals:
        parts.append(_STAGE.format(stage=_quoted(stages[len(stages) // 2])) if stages else _WINNING)
    if not (has_customers or has_deals):
        parts.append(_MARKET)
    return "".join([*parts, *([_BUDGET] if has_customers else [])])


def _quoted(text: str) -> str:
    return json.dumps(UNSEEN.sub(" ", text), ensure_ascii=False)
