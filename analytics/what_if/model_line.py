"""Which model the future is told by, and how well it would have told this company's own past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data.messages import N_, Message, say

NAMES = {
    "mbg_nbd": "MBG/NBD", "bg_nbd": "BG/NBD", "pareto_nbd": "Pareto/NBD", "cox": N_("proportional hazards (Cox)"),
    "kaplan_meier": N_("one survival curve for all"), "constant": N_("one rate of leaving for all"), "last_year": N_("last year again"),
}  # fmt: skip


def model_line(report: Mapping[str, Any]) -> Message:
    """One sentence, from a report of the scores (`Base.report`).

    A model of free buyers is judged by its latest back-test: what it told of a stretch that was held back, and what came. A model
    of contracts by how many of those there a horizon ago are there now. Where nothing could be tested it says so, and why.
    """
    if report.get("refused") and not report.get("model"):
        return _told(report["refused"])
    if not report.get("model"):
        return say("No model of customers could be fitted.")
    return _of_contracts(report) or _of_purchases(report) or _untested(report)


def is_tested(report: Mapping[str, Any]) -> bool:
    """Whether anything of the past was held against the model."""
    return bool(report.get("model")) and (_of_contracts(report) or _of_purchases(report)) is not None


def model_name(report: Mapping[str, Any]) -> str:
    """The model's name in English; `NAMES` are marked for translation."""
    found = str(report.get("model"))
    return NAMES.get(found, found.replace("_", " "))


def _of_purchases(report: Mapping[str, Any]) -> Message | None:
    test = report.get("back_test")
    if not isinstance(test, Mapping) or not test.get("origins"):
        return None
    first = test["origins"][0]
    is_money = bool(test.get("is_money"))
    told, came = (
        (first["revenue_predicted"], first["revenue_actual"]) if is_money else (first["predicted"], first["actual"])
    )
    if told is None or not came:
        return None
    said: dict[str, Any] = {
        "model": model_name(report), "since": first["cutoff"], "until": first["until"], "told": round(float(told)),
        "came": round(float(came)), "percent": round(100 * abs(float(told) / float(came) - 1), 1),
        "currency": str(test.get("currency") or ""),
    }  # fmt: skip
    if not test.get("is_used", True):
        return say(
            "The model did not stand its back-test and is not used: of {since} to {until} it told {told}, and {came} came, off by {percent}%. "
            "In use: {model}.", **said,
        )  # fmt: skip
    if not is_money:
        return say(
            "Model: {model}. Tested on this company's own past: of {since} to {until} it told {told} purchases, and {came} came; off by {percent}%.",
            **said,
        )
    if not said["currency"]:
        return say(
            "Model: {model}. Tested on this company's own past: of {since} to {until} it told revenue of {told}, and {came} came; off by {percent}%.",
            **said,
        )
    return say(
        "Model: {model}. Tested on this company's own past: of {since} to {until} it told revenue of {told} {currency}, and {came} came; off by {percent}%.",
        **said,
    )


def _of_contracts(report: Mapping[str, Any]) -> Message | None:
    test = report.get("back_test_stays")
    if not isinstance(test, Mapping) or not test.get("n"):
        return None
    told, came = float(test["predicted"]), float(test["observed"])
    said: dict[str, Any] = {
        "model": model_name(report), "told": round(told), "came": round(came), "customers": int(test["n"]), "months": int(test["months"]),
    }  # fmt: skip
    if not came:
        return say(
            "Model: {model}. Tested on this company's own past: of {customers} customers it told {told} to be there {months} months later, and none were.",
            **said,
        )
    return say(
        "Model: {model}. Tested on this company's own past: of {customers} customers it told {told} to be there {months} months later, and {came} were; off by {percent}%.",
        **said, percent=round(100 * abs(told / came - 1), 1),
    )  # fmt: skip


def _untested(report: Mapping[str, Any]) -> Message:
    test = report.get("back_test")
    why = test.get("refused") if isinstance(test, Mapping) else None
    if why:
        return say(
            "Model: {model}. It could not be tested on the past: {why}", model=model_name(report), why=str(_told(why))
        )
    return say("Model: {model}. It could not be tested on the past.", model=model_name(report))


def _told(dumped: Any) -> Message:
    return dumped if isinstance(dumped, Message) else Message.parse(str(dumped))
