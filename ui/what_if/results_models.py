"""The line that says which model a scenario rests on, and how well it has told this company before."""

from __future__ import annotations

from analytics.customers.scores import told
from analytics.what_if.base import Base
from analytics.what_if.model_line import model_line as message
from analytics.what_if.scenario import Scenario
from ui import session
from ui.what_if import asked
from ui.what_if.results_basis import About


def model_line(about: About) -> str:
    """In words, for `rich`: on what the scenario rests, how that has done, and who is in no figure."""
    locale = session.locale()
    base = asked.base(about.scenario)
    said = []
    if base.report:
        said.append(locale.say(message(base.report)).replace("**", ""))
    if base.pipeline is not None and base.pipeline.deals_seen:
        said.append(
            locale.n_("New business follows from {n} deal.", "New business follows from {n} deals.", base.pipeline.deals_seen)
        )  # fmt: skip
    known = int(base.counts.get("deals_of_buyers", 0))
    if known:
        said.append(
            locale.n_("{n} deal of a customer who had bought before is among the purchases, which levers on deals do not move.", "{n} deals of customers who had bought before are among the purchases, which levers on deals do not move.", known)
        )  # fmt: skip
    said += [none_to_come(about.scenario, base), caution(base), _left_out(base)]
    return " ".join(words for words in said if words)


def caution(base: Base) -> str:
    """What the fit warns of, such as that chances to leave are unsure; nothing where it does not."""
    warned = told(base.report.get("caution"))
    return session.locale().say(warned).replace("**", "") if warned is not None else ""


def none_to_come(scenario: Scenario, base: Base) -> str:
    """That customers still to come are asked for and cannot be told; nothing where they can."""
    if base.cells is None or base.new is not None or not scenario.counts_new:
        return ""
    return session.locale()._("No customer is known to have come of late, so none still to come are counted.")


def _left_out(base: Base) -> str:
    locale = session.locale()
    n_ = locale.n_
    lost, other, unvalued, potential = (
        int(base.counts.get(name, 0)) for name in ("lost", "other_currency", "unvalued", "potential")
    )
    said = [
        (lost, n_("{n} lost customer brings nothing unless it is won back.", "{n} lost customers bring nothing unless they are won back.", lost)),
        (other, n_("{n} customer of another currency is left out.", "{n} customers of other currencies are left out.", other)),
        (unvalued, n_("{n} customer of whom no value can be told is left out.", "{n} customers of whom no value can be told are left out.", unvalued)),
        (potential, n_("{n} customer that never bought is left out.", "{n} customers that never bought are left out.", potential)),
    ]  # fmt: skip
    return " ".join(words for n, words in said if n)
