"""Inventories: what a plan or a state is expected to hold, as data beside the tests.

Taken from Terraform's own documents, compared whole, and taken anew by one command when a change is meant:
nobody edits them by hand. Source of the formats: developer.hashicorp.com, Terraform internals, JSON Output
Format (plans, format_version 1.2), and the state files of version 4.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

UNKNOWN = "(known after apply)"
SECRET = "(sensitive value)"
LONGEST = 2000
LONGEST_DOCUMENT = 12_000
"""Characters of a text, and of a JSON document, that is shown whole; of a longer one there is the digest."""

_HEAD = "# Taken by `{command}`: review the difference, do not edit.\n"
# written in C, ten times as fast, where PyYAML has it
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_DERIVED = {"tags_all"}
_MODULE = re.compile(r'module\.([\w-]+)(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?(?:\.|$)')


def of_plan(plan: Mapping[str, Any], call: str) -> dict[str, Any]:
    """The inventory of one call of a plan's root: `counts` by type, `values` by address, `outputs`.

    Addresses are those within the call. A value is there when Terraform knows it and it says something: none
    that is null, false or empty. `outputs` are those of the root's output of the call's name.
    """
    start = f"module.{call}."
    made = [change for change in created(plan) if change["address"].startswith(start)]
    return {
        "counts": counts(change["type"] for change in made),
        "values": {
            change["address"].removeprefix(start): _values(change["change"])
            for change in sorted(made, key=lambda change: str(change["address"]))
        },
        "outputs": _outputs((plan.get("output_changes") or {}).get(call) or {}),
    }


def created(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The managed resources that a plan creates, as its JSON has them."""
    changes = plan.get("resource_changes") or ()
    entries: Iterable[Mapping[str, Any]] = changes.values() if isinstance(changes, Mapping) else changes
    return [each for each in entries if each["mode"] == "managed" and "create" in each["change"]["actions"]]


def of_resources(calls: Mapping[str, str], resources: Mapping[str, str]) -> dict[str, Any]:
    """The inventory of a root: `calls` (label to module), `counts` by type, `resources` (addresses).

    `resources`: type by address.
    """
    return {
        "calls": dict(sorted(calls.items())),
        "counts": counts(resources.values()),
        "resources": sorted(resources),
    }


def of_directory(root: Path) -> dict[str, Any]:
    """The inventory of what is applied from a root of `main.tf.json` whose state lies beside it."""
    calls = json.loads((root / "main.tf.json").read_text())["module"]
    modules = {label: "/".join(Path(call["source"]).parts[-2:]) for label, call in calls.items()}
    return of_resources(modules, applied_in(root))


def applied_in(root: Path) -> dict[str, str]:
    """Type by address of what the state beside a root holds; nothing where there is no state."""
    state = root / "terraform.tfstate"
    return of_state(json.loads(state.read_text())) if state.is_file() else {}


def of_state(state: Mapping[str, Any]) -> dict[str, str]:
    """Type by address of every managed resource in a state."""
    return {
        _address(resource, instance): str(resource["type"])
        for resource in state.get("resources") or ()
        if resource["mode"] == "managed"
        for instance in resource["instances"]
        if "deposed" not in instance
    }


def of_planned_events(lines: Iterable[str]) -> dict[str, str]:
    """Type by address of every resource that `terraform plan -json` says it would create."""
    events = (json.loads(line) for line in lines if line.startswith("{"))
    changes = (event["change"] for event in events if event["type"] == "planned_change")
    return {
        str(change["resource"]["addr"]): str(change["resource"]["resource_type"])
        for change in changes
        if change["action"] == "create"
    }


def counts(types: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(types).items()))


def type_of(address: str) -> str:
    """`module.a["x.y"].aws_kms_key.this[0]` -> `aws_kms_key`."""
    return address[_end_of_modules(address) :].partition(".")[0]


def labels_of(address: str) -> tuple[str, ...]:
    """`module.a["x.y"].module.b.aws_kms_key.this` -> `("a", "b")`."""
    return tuple(found[1] for found in _modules(address))


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """One line for each leaf that differs: its path, what is expected, what was found."""
    before, after = dict(_leaves(expected, ())), dict(_leaves(found, ()))
    lines = []
    for path in sorted({*before, *after}):
        if path not in after:
            lines.append(f"{' / '.join(path)}: {before[path]!r} is expected, nothing was found")
        elif path not in before:
            lines.append(f"{' / '.join(path)}: {after[path]!r} was found, nothing is expected")
        elif before[path] != after[path]:
            lines.append(f"{' / '.join(path)}: {before[path]!r} is expected, {after[path]!r} was found")
    return lines


def read(path: Path) -> dict[str, Any]:
    """The inventory in a file; an empty one when there is no file."""
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER) or {} if path.is_file() else {}


def write(path: Path, inventory: Mapping[str, Any], *, command: str) -> None:
    """Replace the file at once. `command` takes the same inventory again."""
    text = yaml.dump(dict(inventory), Dumper=_DUMPER, sort_keys=False, width=110, allow_unicode=True)
    replace(path, _HEAD.format(command=command) + text)


def replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def _address(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    module = f"{resource['module']}." if "module" in resource else ""
    index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
    return f"{module}{resource['type']}.{resource['name']}{index}"


def _modules(address: str) -> Iterator[re.Match[str]]:
    at = 0
    while found := _MODULE.match(address, at):
        yield found
        at = found.end()


def _end_of_modules(address: str) -> int:
    return max((found.end() for found in _modules(address)), default=0)


def _values(change: Mapping[str, Any]) -> dict[str, Any]:
    values = _telling(change.get("after"), change.get("after_unknown"), change.get("after_sensitive")) or {}
    return {name: value for name, value in values.items() if name not in _DERIVED}


def _outputs(change: Mapping[str, Any]) -> dict[str, Any]:
    outputs = _known(change.get("after"), change.get("after_unknown"))
    return {name: outputs[name] for name in sorted(outputs or {})}


def _known(value: Any, unknown: Any) -> Any:
    """The value with `UNKNOWN` in place of what nobody knows before the apply."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping) and (value is None or isinstance(value, Mapping)):
        names = sorted({*(value or {}), *unknown})
        return {name: _known((value or {}).get(name), unknown.get(name)) for name in names}
    if isinstance(unknown, list):
        have = list(value or ())
        have += [None] * (len(unknown) - len(have))
        return [_known(each, hidden) for each, hidden in zip(have, unknown, strict=False)]
    return _shown(value)


def _telling(value: Any, unknown: Any, secret: Any) -> Any:
    """What of a value says something; None when nothing does."""
    if unknown is True or value is None or value is False or value in ("", [], {}):
        return None
    if secret is True:
        return SECRET
    if isinstance(value, Mapping):
        told = {
            name: _telling(each, _part(unknown, name), _part(secret, name))
            for name, each in sorted(value.items())
        }
        return {name: each for name, each in told.items() if each is not None} or None
    if isinstance(value, list):
        parts = [_telling(each, _part(unknown, n), _part(secret, n)) for n, each in enumerate(value)]
        return [each for each in parts if each is not None] or None
    return _shown(value)


def _part(of: Any, key: str | int) -> Any:
    if isinstance(of, Mapping):
        return of.get(str(key))
    if isinstance(of, list) and isinstance(key, int) and key < len(of):
        return of[key]
    return None


def _shown(value: Any) -> Any:
    """A JSON document as what it says, a long text as its digest, everything else as it is."""
    if not isinstance(value, str):
        return value
    if value[:1] in ("{", "[") and len(value) <= LONGEST_DOCUMENT:
        try:
            return {"json": json.loads(value)}
        except ValueError:
            pass
    if len(value) > LONGEST:
        return {"characters": len(value), "sha256": hashlib.sha256(value.encode()).hexdigest()}
    return value


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from _leaves(each, (*path, str(key)))
    elif isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        for each in value:
            yield (*path, each), "there"
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from _leaves(each, (*path, str(number)))
    else:
        yield path, value
