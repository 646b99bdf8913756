"""What a person said of files and stages, as JSON that can be kept: in a recipe, in the notes, in a mapping file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from data.reading import ReadOptions
from data.recognise import FileOptions, Fix
from data.stages import StageChoices


def options_json(options: FileOptions) -> dict[str, Any]:
    """Only what was said; `options_from` reads it."""
    said = {
        field.name: getattr(options, field.name)
        for field in fields(options)
        if getattr(options, field.name) != getattr(FileOptions(), field.name)
    }
    if "reading" in said:
        said["reading"] = {name: value for name, value in asdict(options.reading).items() if value is not None}
    if "fixes" in said:
        said["fixes"] = [asdict(fix) for fix in options.fixes]
    if options.seen_on is not None:
        said["seen_on"] = options.seen_on.isoformat()
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in said.items()}


def options_from(said: Mapping[str, Any]) -> FileOptions:
    """The options that `options_json` wrote."""
    known = {field.name for field in fields(FileOptions)}
    values = {name: value for name, value in said.items() if name in known}
    if "reading" in values:
        values["reading"] = ReadOptions(**values["reading"])
    if "fixes" in values:
        values["fixes"] = tuple(Fix(**fix) for fix in values["fixes"])
    if "seen_on" in values:
        values["seen_on"] = date.fromisoformat(values["seen_on"])
    return FileOptions(**values)


def stages_json(choices: StageChoices) -> dict[str, Any]:
    return {
        "order": list(choices.order), "won": list(choices.won), "lost": list(choices.lost), "pipeline": choices.pipeline,
    }  # fmt: skip


def stages_from(said: Mapping[str, Any]) -> StageChoices:
    """Choices made for other data: names that no deal has now are no mistake."""
    return StageChoices(
        tuple(said.get("order", ())), tuple(said.get("won", ())), tuple(said.get("lost", ())), said.get("pipeline"),
        is_strict=False,
    )  # fmt: skip
