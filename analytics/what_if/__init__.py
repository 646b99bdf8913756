"""What if: what would come of keeping more customers or of moving more deals on, and how sure that is.

`scenario` what somebody would do, `scenario_file` how it is written; `base` what would come without it, fitted on the user's own
data by `base_customers`, `base_new` and `base_pipeline`; `effects` what the levers do to it; `simulate` both at once, draw by draw.
Everything that is told of a scenario is made from what `simulate` returns.
"""
