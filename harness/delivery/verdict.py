"""The last job of a workflow: it fails when a job before it failed. Branch protection requires this check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from generator.manifest.problems import InputRefused

# A job is skipped where it has nothing to do: no environment affected, or a fork, which gets no credentials.
RIGHT = ("success", "skipped")


class JobResults(NamedTuple):
    """`results`: how each job ended, by name."""

    results: Mapping[str, str]

    @property
    def wrong(self) -> list[str]:
        return [f"{job}: {result}" for job, result in self.results.items() if result not in RIGHT]


def read(needs: str) -> JobResults:
    """From GitHub's context `needs` as JSON. Raises InputRefused: not that, or no job in it."""
    try:
        results = {job: str(each["result"]) for job, each in json.loads(needs).items()}
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise InputRefused([f"NEEDS: is not GitHub's context `needs` as JSON ({error})"]) from error
    if not results:
        raise InputRefused(["NEEDS: names no job, so there is nothing to judge"])
    return JobResults(results)
