"""docs/reference/manifest.md: every key of the manifest, from the models that load it."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from generator.manifest import Manifest
from generator.manifest.durations import text
from generator.manifest.fields import Part
from harness.scorecard.document import table

HEAD = """\
<!-- Written by `make docs` from generator/manifest/; edit nothing here. -->
# Manifest reference

Every key of `envs/<env>/manifest.yaml`. Unknown keys are errors; editors complete keys by
`envs/manifest.schema.json`. A duration is written `45s`, `2m` or `1h30m`. `<name>` stands for a key of your
own.
"""


class Section(NamedTuple):
    """One part of the manifest: its dotted place (empty for the whole), what it is, and its keys."""

    place: str
    about: str
    rows: tuple[tuple[str, str, str, str, str], ...]


def page() -> str:
    """The whole page, the same text for the same models."""
    lines = [HEAD]
    for section in sections():
        lines += [
            "## " + (f"`{section.place}`" if section.place else "The whole file"),
            "",
            section.about,
            "",
        ]
        lines += [*table(("key", "type", "default", "allowed", "meaning"), section.rows), ""]
    return "\n".join(lines)


def sections() -> list[Section]:
    """The whole, then every part below it, in the order of the models."""
    schema = Manifest.model_json_schema()
    return list(_sections(Manifest, schema, schema.get("$defs", {}), ""))


def _sections(
    model: type[BaseModel], schema: Mapping[str, Any], definitions: Mapping[str, Any], place: str
) -> Iterator[Section]:
    below: list[tuple[type[BaseModel], Mapping[str, Any], str]] = []
    rows = []
    for name, field in model.model_fields.items():
        found = schema["properties"][name]
        kind, allowed = described(found, definitions)
        default = _default(field, duration=kind == "duration")
        rows.append((f"`{name}`", kind, default, allowed, field.description or ""))
        if (part := _part(field.annotation)) is not None:
            inner, mapped = part
            path = f"{place}.{name}" if place else name
            key = f"{path}.<name>" if mapped else path
            below.append((inner, definitions[inner.__name__], key))
    yield Section(place, (model.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip(), tuple(rows))
    for inner, its_schema, key in below:
        yield from _sections(inner, its_schema, definitions, key)


def _part(annotation: Any, *, mapped: bool = False) -> tuple[type[BaseModel], bool] | None:
    """The part of the manifest inside an annotation, and whether it is the value of a mapping."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return (annotation, mapped) if issubclass(annotation, Part) else None
    inside = mapped or get_origin(annotation) is dict
    return next(
        (found for each in get_args(annotation) if (found := _part(each, mapped=inside)) is not None), None
    )


def _default(field: FieldInfo, *, duration: bool) -> str:
    """What holds when the key is left out: `required`, nothing, or the value as a manifest would write it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return ""
    if isinstance(value, BaseModel):
        return "its own defaults"
    return f"`{text(value) if duration else json.dumps(value)}`"


def described(found: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[str, str]:
    """A key's type and what is allowed, from its JSON schema."""
    if "$ref" in found:
        name = found["$ref"].rpartition("/")[2]
        inner = definitions[name]
        return ("part, see below", "") if inner.get("type") == "object" else described(inner, definitions)
    if "anyOf" in found:
        options = [each for each in found["anyOf"] if each.get("type") != "null"]
        told = [described(each, definitions) for each in options]
        return " or ".join(kind for kind, _ in told), "; ".join(dict.fromkeys(a for _, a in told if a))
    if "enum" in found:
        return str(found.get("type", "value")), ", ".join(f"`{json.dumps(each)}`" for each in found["enum"])
    if "const" in found:
        return str(found.get("type", "value")), f"`{json.dumps(found['const'])}`"
    if found.get("type") == "array":
        kind, allowed = described(found.get("items", {}), definitions)
        return f"list of {kind}", "; ".join(filter(None, (_bounds(found, "Items", "items"), allowed)))
    if found.get("type") == "object":
        return _mapping(found, definitions)
    return _scalar(found)


def _mapping(found: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[str, str]:
    patterns = found.get("patternProperties", {})
    inner = next(iter(patterns.values()), found.get("additionalProperties", {}))
    kind, allowed = (
        described(inner, definitions) if isinstance(inner, Mapping) and inner else ("anything", "")
    )
    keys = f"keys match `{next(iter(patterns))}`" if patterns else ""
    told = filter(None, (keys, _bounds(found, "Properties", "keys"), allowed))
    return f"mapping to {kind}", "; ".join(told)


def _scalar(found: Mapping[str, Any]) -> tuple[str, str]:
    kind = "duration" if "h)?" in found.get("pattern", "") else str(found.get("type", "anything"))
    told = []
    if "pattern" in found and kind != "duration":
        told.append(f"matches `{found['pattern']}`")
    low, high = found.get("minimum"), found.get("maximum")
    if low is not None and high is not None:
        told.append(f"{low:g} to {high:g}")
    elif low is not None:
        told.append(f"{low:g} or more")
    if "exclusiveMinimum" in found:
        told.append(f"above {found['exclusiveMinimum']:g}")
    if high is not None and low is None:
        told.append(f"at most {high:g}")
    if "multipleOf" in found:
        told.append(f"in steps of {found['multipleOf']:g}")
    return kind, ", ".join(filter(None, (*told, _bounds(found, "Length", "characters"))))


def _bounds(found: Mapping[str, Any], suffix: str, what: str) -> str:
    low, high = found.get(f"min{suffix}"), found.get(f"max{suffix}")
    if low is not None and high is not None:
        return f"{low} to {high} {what}"
    if low is not None:
        return f"{low} {what} or more"
    return f"at most {high} {what}" if high is not None else ""
