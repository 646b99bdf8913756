"""What the models of how customers buy and stay are called and mean."""

from __future__ import annotations

from analytics import lifetime_value_model
from analytics.catalog.entry import Answer
from analytics.catalog.entry import Metric as _m
from data.messages import N_

PREDICTIONS = (
    _m("expected_purchases", N_("Expected purchases"), N_("How many days of purchase to expect of the customer within the horizon, whether or not it is still one."), "chance to be a customer x expected purchases of one", "number", "higher", "Fader, Hardie and Lee (2005)"),
    _m("probability_alive", N_("Chance to be a customer"), N_("The chance that the customer has not left yet."), "1 / (1 + odds of having left)", "share", "higher", "Fader, Hardie and Lee (2005)"),
)  # fmt: skip

SECTIONS = (("What models say of one customer", PREDICTIONS),)

ANSWERS = (
    Answer("lifetime_value_model", N_("Lifetime models"), N_("Every model that could be fitted to what customers bought or signed, with its parameters and their 95% intervals: mbg_nbd, bg_nbd and pareto_nbd (r and alpha: how often customers buy and how much they differ in it; a and b, or s and beta: how soon they leave), gamma_gamma (p, q and v: what a purchase is worth; of stratified_spend as a part of the mean of customers who buy as often) and shifted_beta_geometric (alpha and beta: how soon contracts end, in months). Time is in weeks, days with a purchase after the first count, and what came back is taken off. The chosen ones are those that value rests on. Asked to predict, the row says what a model expects of one customer; asked to hold out, how many purchases it would have told on an earlier day and how many came. The models learn from the whole workspace, so filters change nothing here."),
           lifetime_value_model.COLUMNS),
)  # fmt: skip
