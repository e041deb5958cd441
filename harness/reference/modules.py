"""docs/reference/modules/<tier>-<module>.md: what a module takes, refuses, gives and makes, from its HCL."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import hcl2
from hcl2.utils import SerializationOptions

from harness.scorecard.document import table

HEAD = "<!-- Written by `make docs` from modules/{module}; edit nothing here. -->"
_PLAIN = SerializationOptions(strip_string_quotes=True, with_comments=False)
# Modules are `terraform fmt` clean (tests/modules/test_style.py), so a resource begins a line.
_RESOURCE = re.compile(r'^resource "([a-z0-9_]+)" "([a-z0-9_]+)"', re.MULTILINE)


class Input(NamedTuple):
    """A variable; `default` is None when it is required, `refusals` are its validations' messages."""

    name: str
    type: str
    default: str | None
    description: str
    refusals: tuple[str, ...]


def modules(folder: Path) -> list[str]:
    """`<tier>/<module>` of every module below the folder, sorted."""
    return sorted(file.parent.relative_to(folder).as_posix() for file in folder.glob("*/*/variables.tf"))


def pages(folder: Path) -> dict[str, str]:
    """Every page by its path below docs/reference: modules.md, which lists them, and one for each module."""
    found = modules(folder)
    rows = [(f"[`{module}`](modules/{_file(module)})", _purpose(folder / module)) for module in found]
    index = [
        "<!-- Written by `make docs` from modules/; edit nothing here. -->",
        "# Module reference",
        "",
        "Inputs, validations, outputs and resources of every module; each module's README has an example and",
        "its decisions.",
        "",
        *table(("module", "what it is"), rows),
    ]
    return {
        "modules.md": "\n".join(index) + "\n",
        **{f"modules/{_file(module)}": page(folder / module, module) for module in found},
    }


def page(folder: Path, module: str) -> str:
    """One module's page."""
    inputs = inputs_of(folder)
    lines = [HEAD.format(module=module), f"# {module}", "", _purpose(folder), ""]
    lines += [f"Example and decisions: [README](../../../modules/{module}/README.md).", ""]
    rows = [
        (
            f"`{each.name}`",
            f"`{each.type}`",
            "required" if each.default is None else f"`{each.default}`",
            each.description,
            " ".join(each.refusals),
        )
        for each in inputs
    ]
    lines += ["## Inputs", "", *table(("name", "type", "default", "meaning", "refused unless"), rows), ""]
    outputs = [(f"`{name}`", told) for name, told in outputs_of(folder)]
    lines += ["## Outputs", "", *table(("name", "meaning"), outputs), ""]
    resources = [
        (f"`{kind}`", ", ".join(f"`{name}`" for name in names)) for kind, names in resources_of(folder)
    ]
    lines += ["## Resources", "", *table(("type", "names"), resources)]
    return "\n".join(lines) + "\n"


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
                    refusals=tuple(str(each["error_message"]) for each in body.get("validation", ())),
                )
            )
    return found


def attributes(type_: str) -> list[str]:
    """The attributes of an object type and of the objects in it: `["role", "shift.kind", "shift.percent"]`."""
    names: list[str] = []
    found: list[str] = []
    for part in re.finditer(r"(?P<name>\w+) = |object\(\{|(?P<end>\}\))", type_.replace("{})", ")")):
        if part["name"]:
            names[-1:] = [part["name"]]
            found.append(".".join(names))
        elif part["end"]:
            names.pop()
        else:
            found = [name for name in found if name != ".".join(names)]
            names.append("")
    return found


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


def resources_of(folder: Path) -> list[tuple[str, list[str]]]:
    """Resource types with the names that the module gives them, sorted."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.tf")):
        for kind, name in _RESOURCE.findall(file.read_text(encoding="utf-8")):
            found.setdefault(kind, []).append(name)
    return sorted((kind, sorted(names)) for kind, names in found.items())


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


def _file(module: str) -> str:
    return f"{module.replace('/', '-')}.md"
