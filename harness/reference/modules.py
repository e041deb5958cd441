"""What a module takes and gives, from its HCL: the tables of its README, and the list of all modules."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import hcl2
from hcl2.utils import SerializationOptions

from harness.scorecard.document import table

INDEX = "docs/reference/modules.md"
BEGIN = "<!-- BEGIN: written by `make docs` from variables.tf and outputs.tf -->"
END = "<!-- END: written by `make docs` -->"
_PLAIN = SerializationOptions(strip_string_quotes=True, with_comments=False)
_OPENS, _CLOSES = "([{", ")]}"


class Attribute(NamedTuple):
    """An attribute of an object type, nested ones by their path; `default` is None when it is required."""

    path: str
    type: str
    default: str | None


class Input(NamedTuple):
    """A variable; `default` is None when it is required."""

    name: str
    type: str
    default: str | None
    description: str


def modules(folder: Path) -> list[str]:
    """`<tier>/<module>` of every module below the folder, sorted."""
    return sorted(file.parent.relative_to(folder).as_posix() for file in folder.glob("*/*/variables.tf"))


def pages(folder: Path) -> dict[str, str]:
    """The list of modules and every module's README, by path in the repository. `folder`: its `modules/`."""
    found = modules(folder)
    rows = [
        (f"[`{module}`](../../modules/{module}/README.md)", _purpose(folder / module)) for module in found
    ]
    index = [
        "<!-- Written by `make docs` from modules/; edit nothing here. -->",
        "# Module reference",
        "",
        "The README of a module has an example, its inputs and outputs, and its decisions.",
        "",
        *table(("module", "purpose"), rows),
    ]
    return {
        INDEX: "\n".join(index) + "\n",
        **{f"modules/{module}/README.md": readme(folder / module) for module in found},
    }


def readme(folder: Path) -> str:
    """A module's README with its tables between the markers written anew; ValueError without markers."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{folder.parent.name}/{folder.name}/README.md needs these two lines: {BEGIN} {END}")
    return "\n".join((before + begin, "", *_tables(folder), "", end + after))


def _tables(folder: Path) -> list[str]:
    inputs = [
        (
            f"`{each.name}`",
            f"`{short(each.type)}`",
            "required" if each.default is None else f"`{each.default}`",
            _meaning(each),
        )
        for each in inputs_of(folder)
    ]
    outputs = [(f"`{name}`", told) for name, told in outputs_of(folder)]
    return [
        *("## Inputs", "", *table(("name", "type", "default", "meaning"), inputs), ""),
        *("## Outputs", "", *table(("name", "meaning"), outputs)),
    ]


def _meaning(variable: Input) -> str:
    """The description as one cell: each attribute on a line, with its type and its default."""
    first, *lines = variable.description.splitlines()
    typed = {
        f"`{each.path}`": f"`{each.path}` ({short(each.type)}, "
        + ("required)" if each.default is None else f"default `{each.default}`)")
        for each in attributes(variable.type)
    }
    told = (line.removeprefix("- ").partition(":") for line in lines)
    return "<br>".join([first, *(f"{typed.get(name, name)}:{meaning}" for name, _, meaning in told)])


def short(type_: str) -> str:
    """A type without the attributes of its objects: `map(object({a = string}))` -> `map(object)`."""
    return re.sub(r"object\(\{.*\}\)", "object", type_)


def inputs_of(folder: Path) -> list[Input]:
    """The variables in the order in which they are written."""
    found = []
    for file in sorted(folder.glob("variables*.tf")):
        for name, body in _blocks(file, "variable"):
            found.append(
                Input(
                    name=name,
                    type=_expression(body.get("type", "any")),
                    default=_value(body["default"]) if "default" in body else None,
                    description=description(str(body.get("description", ""))),
                )
            )
    return found


def attributes(type_: str) -> list[Attribute]:
    """The attributes of an object type, and of the objects in it as `shift.kind`; none of another type."""
    _, begin, rest = type_.partition("object({")
    if not begin:
        return []
    listed: list[Attribute] = []
    for part in _parts(rest[: rest.rindex("})")]):
        name, _, kind = part.partition("=")
        name, kind, default = name.strip(), kind.strip(), None
        if kind.startswith("optional("):
            kind, default = (*_parts(kind.removeprefix("optional(")[:-1]), "null")[:2]
        nested = attributes(kind)
        listed += [each._replace(path=f"{name}.{each.path}") for each in nested] or [
            Attribute(name, kind, default)
        ]
    return listed


def _parts(text: str) -> list[str]:
    """The text split at the commas that are in no bracket and in no string."""
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == '"'
        if not quoted:
            depth += (character in _OPENS) - (character in _CLOSES)
        if character == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def description(text: str) -> str:
    """A description without the marks and the indentation of a heredoc."""
    heredoc = re.fullmatch(r"<<-(\w+)\n(.*)\n *\1", text, re.DOTALL)
    return textwrap.dedent(heredoc[2]) if heredoc else text


def outputs_of(folder: Path) -> list[tuple[str, str]]:
    return [
        (name, str(body.get("description", "")))
        for file in sorted(folder.glob("outputs*.tf"))
        for name, body in _blocks(file, "output")
    ]


def _blocks(file: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    parsed = hcl2.loads(file.read_text(encoding="utf-8"), serialization_options=_PLAIN)
    return [(name.strip('"'), body) for entry in parsed.get(kind, ()) for name, body in entry.items()]


def _expression(text: object) -> str:
    """An expression without the `${}` that python-hcl2 puts around it, on one line."""
    return " ".join(re.sub(r"^\$\{(.*)\}$", r"\1", str(text), flags=re.DOTALL).split())


def _value(value: object) -> str:
    if isinstance(value, str) and value.startswith("${"):
        return _expression(value)
    return json.dumps(value)


def _purpose(folder: Path) -> str:
    """The first paragraph of the module's README, on one line."""
    _, _, rest = (folder / "README.md").read_text(encoding="utf-8").partition("\n\n")
    return " ".join(rest.partition("\n\n")[0].split())
