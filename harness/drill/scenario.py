"""Scenarios: what load runs, what breaks and when, and what verdict is expected.

A scenario is YAML. Mistakes are found all at once, each with file, line, key, value and what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from generator import yaml_source
from generator.problems import InputRefused, Problem
from harness.drill.subject import DrillError, Subject
from harness.sandbox.faults import KINDS, Fault, FaultError, to_fault
from harness.sandbox.route53.places import PLACES

SCENARIOS = Path(__file__).with_name("scenarios")
Expectation = Literal["objectives-met", "objectives-missed", "inconclusive"]
_REGION_KEYS = ("region", "source", "destination")

Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Overstay(_Part):
    """Clients whose cache keeps a DNS answer for `seconds` although its TTL is shorter."""

    share: Share = 0.1
    seconds: Seconds = 60.0


class Load(_Part):
    """What the clients do; rates are per client, `settle` is how old a write must be before it is read."""

    clients: Annotated[dict[str, Annotated[int, Field(ge=1, le=200)]], Field(min_length=1)] = Field(
        default_factory=lambda: {"us-east": 4, "us-west": 4, "eu-west": 4}
    )
    reads_per_second: Annotated[float, Field(gt=0, le=50)] = 1.0
    writes_per_second: Annotated[float, Field(gt=0, le=50)] = 0.5
    timeout: Positive = 3.0
    retry_pause: Positive = 1.0
    settle: Seconds = 5.0
    overstay: Overstay = Overstay()

    @field_validator("clients")
    @classmethod
    def _known_places(cls, clients: dict[str, int]) -> dict[str, int]:
        known = [place.name for place in PLACES]
        for place in clients:
            if place not in known:
                raise ValueError(f"{place!r} is not a place; places are {', '.join(known)}")
        return clients


class FaultEntry(_Part):
    """A fault of the sandbox, when it comes and is healed; `primary` and `standby` stand for regions."""

    model_config = ConfigDict(extra="allow", frozen=True)
    at: Positive
    kind: str
    heal_at: Positive | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; it must be one of {', '.join(KINDS)}")
        try:
            to_fault({"kind": self.kind, **self.settings})
        except FaultError as error:
            raise ValueError(str(error)) from error
        if self.heal_at is not None and self.heal_at <= self.at:
            raise ValueError(f"heal_at is {self.heal_at:g}; it must be later than at ({self.at:g})")
        return self

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})

    def fault(self, subject: Subject) -> Fault:
        """The fault in the subject's own regions. Raises DrillError for a region that it does not have."""
        return to_fault({"kind": self.kind, **self._in_regions(subject)})

    def _in_regions(self, subject: Subject) -> dict[str, Any]:
        anywhere = (
            self.kind == "control-planes-down"
        )  # the homes of global services need not be the subject's
        return {
            key: _region(value, subject, anywhere=anywhere) if key in _REGION_KEYS else value
            for key, value in self.settings.items()
        }


class Scenario(_Part):
    """A drill's script; times are model seconds since the load began."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    description: Annotated[str, Field(min_length=1)]
    duration: Positive = 130.0
    load: Load = Load()
    faults: tuple[FaultEntry, ...]
    expect: Expectation = "objectives-met"

    @model_validator(mode="after")
    def _within_duration(self) -> Self:
        if not self.faults:
            raise ValueError("faults is empty; a drill needs at least one")
        for entry in self.faults:
            for key, moment in (("at", entry.at), ("heal_at", entry.heal_at)):
                if moment is not None and moment >= self.duration:
                    raise ValueError(
                        f"{key} is {moment:g}; it must be before the end, at {self.duration:g} s"
                    )
        if self.faults[0].at <= self.load.settle:
            raise ValueError(
                f"the first fault is at {self.faults[0].at:g} s; writes are read only after settle "
                f"({self.load.settle:g} s), so it must come later"
            )
        return self

    @property
    def heals(self) -> bool:
        return all(entry.heal_at is not None for entry in self.faults)


def read_scenario(file: Path) -> Scenario:
    """The scenario in `file`. Raises InputRefused with every problem found."""
    source = yaml_source.read(file)
    try:
        return Scenario.model_validate(source.data)
    except ValidationError as error:
        raise InputRefused([_problem(source, detail) for detail in error.errors()]) from None


def shipped() -> dict[str, Path]:
    """The scenarios that come with Antipode, by name."""
    return {file.stem: file for file in sorted(SCENARIOS.glob("*.yaml"))}


def find_scenario(name: str) -> Scenario:
    """A shipped scenario by name, or the one in the file of that path. Raises InputRefused."""
    known = shipped()
    if name in known:
        return read_scenario(known[name])
    if Path(name).suffix in {".yaml", ".yml"}:
        return read_scenario(Path(name))
    raise InputRefused(
        [f"no scenario is called {name!r}; there are: {', '.join(known)} (or give a .yaml file)"]
    )


def _region(value: str, subject: Subject, *, anywhere: bool) -> str:
    if value == "primary":
        return subject.primary
    if value == "standby":
        if subject.standby is None:
            raise DrillError(f"{subject.environment} has one region only; the scenario needs a standby")
        return subject.standby
    return value if anywhere else subject.region(value).name


def _problem(source: yaml_source.Source, detail: Mapping[str, Any]) -> Problem:
    key = tuple(detail["loc"])
    if detail["type"] == "extra_forbidden":
        message = f"is not a key here; allowed are {', '.join(_allowed(key[:-1]))}"
    elif detail["type"] == "missing":
        return source.problem(key, "is missing; it must be given")
    else:
        message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
        message = message.replace("should be", "must be")
        key = _blamed(key, message, detail["input"])
    value = detail["input"].get(key[-1]) if isinstance(detail["input"], dict) and key else detail["input"]
    return source.problem(key, message, value=... if value is None else value)


def _blamed(key: tuple[str | int, ...], message: str, found: object) -> tuple[str | int, ...]:
    """The key inside `found` that a message about the whole of it speaks of, so that its line is named."""
    keys = (
        [name for name in found if f"{name} is" in message or f"'{name}'" in message]
        if isinstance(found, dict)
        else []
    )
    return (*key, keys[0]) if keys else key


def _allowed(key: tuple[str | int, ...]) -> list[str]:
    parts: dict[tuple[str | int, ...], type[BaseModel]] = {
        (): Scenario,
        ("load",): Load,
        ("load", "overstay"): Overstay,
    }
    return list(parts.get(key, Scenario).model_fields)
