"""Scenarios: what load runs, what breaks and when, and what verdict is expected.

A scenario is YAML. Mistakes are found all at once, each with file, line, key, value and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from generator.manifest import yaml_source
from generator.manifest.problems import InputRefused, Problem
from harness.drill.subject import DrillError, Flow, Subject
from harness.sandbox.faults import KINDS, Fault, FaultError, to_fault
from harness.sandbox.world.places import PLACES

SCENARIOS = Path(__file__).with_name("scenarios")
Expectation = Literal["objectives-met", "objectives-missed", "inconclusive"]
Needed = Literal["cdn", "controller", "database", "objects", "witness", "standby"]
_REGION_KEYS = ("region", "other", "source", "destination")
# The recovery time, in seconds, that the shipped scenarios leave room for.
USUAL_RTO = 50.0
# Flows beside the first are there to be measured, not to be the load.
_SHARE_OF_OTHER_FLOWS = 0.5

Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Overstay(_Part):
    """Clients whose cache keeps a DNS answer for `seconds` although its TTL is shorter."""

    share: Share = 0.1
    seconds: Seconds = 60.0


class Rates(_Part):
    """How often each client uses one flow."""

    reads_per_second: Annotated[float, Field(gt=0, le=50)]
    writes_per_second: Annotated[float, Field(gt=0, le=50)]


class Load(_Part):
    """What the clients do; rates are per client, `settle` is how old a write must be before it is read.

    The rates are those of an environment with one flow. With several the first has its share of twice as
    much, and every other flow half of that, so that what all clients ask for does not grow with the number
    of stores; `flows` says otherwise by a flow's name.
    """

    clients: Annotated[dict[str, Annotated[int, Field(ge=1, le=200)]], Field(min_length=1)] = Field(
        default_factory=lambda: {"us-east": 4, "us-west": 4, "eu-west": 4}
    )
    reads_per_second: Annotated[float, Field(gt=0, le=50)] = 1.0
    writes_per_second: Annotated[float, Field(gt=0, le=50)] = 0.5
    timeout: Positive = 3.0
    retry_pause: Positive = 1.0
    settle: Seconds = 5.0
    overstay: Overstay = Overstay()
    flows: dict[str, Rates] = Field(default_factory=dict)

    def rates(self, subject: Subject, flow: Flow) -> tuple[float, float]:
        """Reads and writes per second and client of one of the subject's flows."""
        own = self.flows.get(flow.name)
        if own is not None:
            return own.reads_per_second, own.writes_per_second
        share = min(1.0, 2 / len(subject.flows))
        if flow != subject.flows[0]:
            share *= _SHARE_OF_OTHER_FLOWS
        return share * self.reads_per_second, share * self.writes_per_second

    @field_validator("clients")
    @classmethod
    def _known_places(cls, clients: dict[str, int]) -> dict[str, int]:
        known = [place.name for place in PLACES]
        for place in clients:
            if place not in known:
                raise ValueError(f"{place!r} is not a place; places are {', '.join(known)}")
        return clients


class FaultEntry(_Part):
    """A fault of the sandbox, when it comes and is healed; `primary`, `standby` and `witness` stand for
    regions.

    With `every` and `for` it flaps until heal_at: it is in force for `for` seconds, and comes back `every`
    seconds after it came.
    """

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)
    at: Positive
    kind: str
    heal_at: Positive | None = None
    every: Positive | None = None
    lasts: Positive | None = Field(default=None, alias="for")

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
        if self.every is not None or self.lasts is not None:
            self._flaps_sensibly()
        return self

    def _flaps_sensibly(self) -> None:
        if self.every is None or self.lasts is None:
            raise ValueError(
                "every is given without for, or for without every; a fault that flaps needs both"
            )
        if self.lasts >= self.every:
            raise ValueError(f"for is {self.lasts:g}; it must be less than every ({self.every:g})")
        if self.heal_at is None:
            raise ValueError("every is given; heal_at must say when the flapping ends")

    @property
    def pulses(self) -> tuple[tuple[float, float | None], ...]:
        """From when to when the fault is in force; the end is None when it is never healed."""
        if self.every is None or self.lasts is None or self.heal_at is None:
            return ((self.at, self.heal_at),)
        count = math.ceil((self.heal_at - self.at) / self.every)
        starts = [self.at + n * self.every for n in range(count)]
        return tuple((start, min(start + self.lasts, self.heal_at)) for start in starts)

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


class CommandEntry(_Part):
    """What an operator tells the failover controller, when; `primary` and `standby` stand for regions."""

    at: Positive
    command: Literal["failover", "switchover", "readmit", "failback"]
    to: Annotated[str, Field(min_length=1)]
    force: bool = False

    def target(self, subject: Subject) -> str:
        """The region meant. Raises DrillError for one that the subject does not have."""
        return _region(self.to, subject, anywhere=False)


class Scenario(_Part):
    """A drill's script; times are model seconds since the load began.

    needs: what an environment must have, to be drilled so. without: what is taken from it first, to show what
    it is there for. expect_if_traffic_returns: the expectation for environments whose traffic goes back to
    the primary by itself; expect_if_static_site: for those that serve objects through a CDN.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    description: Annotated[str, Field(min_length=1)]
    duration: Positive = 130.0
    load: Load = Load()
    faults: tuple[FaultEntry, ...] = ()
    commands: tuple[CommandEntry, ...] = ()
    needs: tuple[Needed, ...] = ()
    without: Literal["failing-over-origin"] | None = None
    expect: Expectation = "objectives-met"
    expect_if_traffic_returns: Expectation | None = None
    expect_if_static_site: Expectation | None = None

    @model_validator(mode="after")
    def _within_duration(self) -> Self:
        if not self.faults and not self.commands:
            raise ValueError("faults is empty; a drill needs at least one, or a command to the controller")
        begins = [entry.at for entry in self.faults] + [entry.at for entry in self.commands]
        moments = [("at", moment) for moment in begins]
        moments += [("heal_at", entry.heal_at) for entry in self.faults if entry.heal_at is not None]
        for key, moment in moments:
            if moment >= self.duration:
                raise ValueError(f"{key} is {moment:g}; it must be before the end, at {self.duration:g} s")
        first = min(begins)
        if first <= self.load.settle:
            raise ValueError(
                f"the first fault is at {first:g} s; writes are read only after settle "
                f"({self.load.settle:g} s), so it must come later"
            )
        return self

    def expected(self, subject: Subject) -> Expectation:
        """The verdict that this scenario expects of an environment."""
        static_site = any(flow.store == "static" for flow in subject.flows)
        found = self.expect_if_traffic_returns if subject.auto_return else None
        return found or (self.expect_if_static_site if static_site else None) or self.expect

    def as_written(self) -> dict[str, Any]:
        """The scenario as a file would have it, defaults included."""
        return self.model_dump(mode="json", by_alias=True)

    def stretched(self, subject: Subject) -> Scenario:
        """The scenario with time enough for the subject's slowest objective: healing, commands after a fault
        and the end come later by what that objective is above the usual one."""
        slowest = max(subject.rto(operation, subject.objectives) for operation in subject.operations)
        more = max(0.0, slowest - USUAL_RTO)
        if not more:
            return self
        first = min([entry.at for entry in self.faults], default=math.inf)
        faults = [
            entry.model_copy(update={"heal_at": entry.heal_at + more}) if entry.heal_at else entry
            for entry in self.faults
        ]
        commands = [
            entry.model_copy(update={"at": entry.at + more}) if entry.at > first else entry
            for entry in self.commands
        ]
        later = {"faults": tuple(faults), "commands": tuple(commands), "duration": self.duration + more}
        return self.model_copy(update=later)

    def misfits(self, subject: Subject) -> list[str]:
        """Why an environment cannot be drilled so; empty when it can."""
        stores = {flow.store for flow in subject.flows}
        has = {
            "cdn": subject.entry == "cdn",
            "controller": subject.controller is not None,
            "database": "database" in stores,
            "objects": not stores.isdisjoint({"objects", "static"}),
            "witness": subject.witness is not None,
            "standby": subject.standby is not None,
        }
        missing = [f"{subject.environment} has no {name}" for name in self.needs if not has[name]]
        if self.commands and subject.controller is None and "controller" not in self.needs:
            missing.append(f"{subject.environment} has no controller")
        unknown = sorted(set(self.load.flows) - {flow.name for flow in subject.flows})
        return [*missing, *(f"{subject.environment} has no flow {name}" for name in unknown)]

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
    if value == "witness":
        if subject.witness is None:
            raise DrillError(f"{subject.environment} has no witness; the scenario needs one")
        return subject.witness
    if value == "standby":
        if subject.standby is None:
            raise DrillError(f"{subject.environment} has one region only; the scenario needs a standby")
        return subject.standby
    return value if anywhere or value == subject.witness else subject.region(value).name


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
    if key[:2] == ("load", "flows"):
        return list(Rates.model_fields)
    if key[:1] == ("commands",):
        return list(CommandEntry.model_fields)
    return list(parts.get(key, Scenario).model_fields)
