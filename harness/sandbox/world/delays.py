"""Delays inside AWS that are modelled, not measured: distributions with their sources, drawn per seed.

The figures live in delays.yaml beside this file and nowhere else.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter, ValidationError, model_validator

DELAYS_FILE = Path(__file__).with_name("delays.yaml")

# The 99th percentile of the standard normal distribution: it turns (median, p99) into a lognormal's sigma.
_Z99 = 2.3263478740408408

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class DelaysError(ValueError):
    """delays.yaml cannot be used; the message names file, key, value and what is allowed."""


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Constant(_Parameters):
    value: Seconds

    def draw(self, _: random.Random) -> float:
        return self.value

    def worst(self) -> float:
        return self.value


class Uniform(_Parameters):
    low: Seconds
    high: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.low > self.high:
            raise ValueError(f"low ({self.low:g}) must not be above high ({self.high:g})")
        return self

    def draw(self, source: random.Random) -> float:
        return source.uniform(self.low, self.high)

    def worst(self) -> float:
        return self.high


class Triangular(_Parameters):
    low: Seconds
    mode: Seconds
    high: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Triangular:
        if not self.low <= self.mode <= self.high:
            raise ValueError(
                f"low <= mode <= high is required, found {self.low:g}, {self.mode:g}, {self.high:g}"
            )
        return self

    def draw(self, source: random.Random) -> float:
        return source.triangular(self.low, self.high, self.mode)

    def worst(self) -> float:
        return self.high


class Lognormal(_Parameters):
    """Given by what people publish, median and 99th percentile; `maximum` cuts the tail to have a worst."""

    median: PositiveSeconds
    p99: PositiveSeconds
    maximum: PositiveSeconds

    @model_validator(mode="after")
    def _ordered(self) -> Lognormal:
        if not self.median < self.p99 <= self.maximum:
            raise ValueError(
                f"median < p99 <= maximum is required, found {self.median:g}, {self.p99:g}, {self.maximum:g}"
            )
        return self

    def draw(self, source: random.Random) -> float:
        sigma = math.log(self.p99 / self.median) / _Z99
        return min(self.maximum, source.lognormvariate(math.log(self.median), sigma))

    def worst(self) -> float:
        return self.maximum


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    unit: Literal["seconds"]
    evidence: Literal["published", "assumed"]
    source: Annotated[str, Field(min_length=1)]
    note: Annotated[str, Field(min_length=1)]


class ConstantDelay(_Entry):
    distribution: Literal["constant"]
    parameters: Constant


class UniformDelay(_Entry):
    distribution: Literal["uniform"]
    parameters: Uniform


class TriangularDelay(_Entry):
    distribution: Literal["triangular"]
    parameters: Triangular


class LognormalDelay(_Entry):
    distribution: Literal["lognormal"]
    parameters: Lognormal


Delay = Annotated[
    ConstantDelay | UniformDelay | TriangularDelay | LognormalDelay, Field(discriminator="distribution")
]


class _Document(RootModel[dict[str, Delay]]):
    pass


class Delays:
    """The modelled delays of one seed.

    Each name has its own stream of random numbers: asking for one delay more often does not move another's.
    """

    def __init__(self, seed: int = 0, *, file: Path = DELAYS_FILE) -> None:
        """Raises DelaysError when the file is missing, not YAML, or not valid."""
        self.seed = seed
        self._file = file
        self._entries = read_delays(file)
        self._streams = {name: random.Random(f"{seed}/{name}") for name in self._entries}

    @property
    def names(self) -> tuple[str, ...]:
        """Every delay of the file, sorted."""
        return tuple(sorted(self._entries))

    def draw(self, name: str) -> float:
        """The next value of the delay, in model seconds. Raises DelaysError for an unknown name."""
        return self.entry(name).parameters.draw(self._streams[name])

    def worst(self, name: str) -> float:
        """The largest value that `draw` can return, in seconds: what a budget has to allow for."""
        return self.entry(name).parameters.worst()

    def entry(self, name: str) -> ConstantDelay | UniformDelay | TriangularDelay | LognormalDelay:
        """The delay with its source and note, for reports. Raises DelaysError for an unknown name."""
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(self.names)
            raise DelaysError(f"{self._file}: no delay is called {name!r}; there are: {known}") from None


def read_delays(file: Path) -> Mapping[str, ConstantDelay | UniformDelay | TriangularDelay | LognormalDelay]:
    """The delays of a file by name. Raises DelaysError listing every mistake, one line each."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DelaysError(f"{file}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise DelaysError(f"{file}: not YAML: {' '.join(str(error).split())}") from error
    try:
        return TypeAdapter(_Document).validate_python(document).root
    except ValidationError as error:
        raise DelaysError("\n".join(_message(file, detail) for detail in error.errors())) from error


def _message(file: Path, detail: Any) -> str:
    # pydantic puts the chosen distribution into the location; a reader of the file knows no such key
    steps = [str(step) for n, step in enumerate(detail["loc"]) if not (n == 1 and step in _DISTRIBUTIONS)]
    key = ".".join(steps) or "(document)"
    return f"{file}: {key}: {detail['msg']}; found {detail['input']!r}"


_DISTRIBUTIONS = ("constant", "uniform", "triangular", "lognormal")
