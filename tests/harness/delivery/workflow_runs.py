"""A small interpreter of our workflows: jobs in the order of `needs`, matrices, conditions, outputs of steps.

It knows the few expressions that our workflows use and refuses every other, so that a new one is noticed.
Steps that call an action are told to `action`; steps that run something run with bash in the checkout.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

WORKFLOWS = Path(__file__).resolve().parents[3] / ".github" / "workflows"
TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*')|(?P<op>==|!=|&&|\|\||!|\(|\)|,)|(?P<name>[A-Za-z_][\w.-]*))", re.ASCII
)

Action = Callable[["Step"], None]


def load(name: str) -> dict[str, Any]:
    """One workflow. YAML reads its key `on` as true."""
    found: dict[str | bool, Any] = yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text(encoding="utf-8"))
    return {"on" if key is True else str(key): value for key, value in found.items()}


@dataclass(frozen=True)
class Step:
    """One step of one job of a matrix, its expressions resolved. `uses` or `run` is empty."""

    job: str
    matrix: Mapping[str, Any]
    uses: str
    run: str
    env: Mapping[str, str]
    given: Mapping[str, str]


@dataclass
class Run:
    """One run of a workflow. `results` by job; `steps` in the order in which they ran."""

    workflow: Mapping[str, Any]
    github: Mapping[str, Any]
    checkout: Path
    ambient: Mapping[str, str]
    action: Action = lambda step: None
    variables: Mapping[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def go(self) -> Run:
        jobs = dict(self.workflow["jobs"])
        while jobs:
            name = next(name for name, job in jobs.items() if not set(_needs(job)) & set(jobs))
            self._job(name, jobs.pop(name))
        return self

    def _job(self, name: str, job: Mapping[str, Any]) -> None:
        needs = _needs(job)
        context = self._context(needs)
        before = [self.results[each] for each in needs]
        if not _holds(str(job.get("if", "success()")), context, before):
            self.results[name] = "skipped"
            return
        ended = [
            self._one(name, job, each, index, context) for index, each in enumerate(_matrix(job, context))
        ]
        self.results[name] = "success" if all(ended) else "failure"

    def _one(
        self,
        name: str,
        job: Mapping[str, Any],
        matrix: Mapping[str, Any],
        index: int,
        context: dict[str, Any],
    ) -> bool:
        here = context | {"matrix": matrix, "strategy": {"job-index": index}, "steps": {}}
        good = True
        for step in job["steps"]:
            if not _holds(str(step.get("if", "success()")), here, ["success" if good else "failure"]):
                continue
            found = Step(
                job=name,
                matrix=matrix,
                uses=step.get("uses", ""),
                run=step.get("run", ""),
                env={key: _filled(value, here) for key, value in step.get("env", {}).items()},
                given={key: _filled(value, here) for key, value in step.get("with", {}).items()},
            )
            self.steps.append(found)
            if found.uses:
                self.action(found)
                continue
            outputs = self.checkout.parent / f"outputs-{len(self.steps)}"
            outputs.touch()
            good = self._bash(found, outputs) and good
            if "id" in step:
                told = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
                here["steps"][step["id"]] = {"outputs": told}
        self.outputs[name] = {key: _filled(value, here) for key, value in job.get("outputs", {}).items()}
        return good

    def _bash(self, step: Step, outputs: Path) -> bool:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run],
            cwd=self.checkout,
            env={
                **self.ambient,
                **step.env,
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_REPOSITORY": str(self.github["repository"]),
                "GITHUB_RUN_ID": str(self.github["run_id"]),
            },
            check=False,
        )
        return done.returncode == 0

    def _context(self, needs: list[str]) -> dict[str, Any]:
        told = {name: {"result": self.results[name], "outputs": self.outputs.get(name, {})} for name in needs}
        return {"github": self.github, "needs": told, "vars": self.variables}


def environment(program_folder: Path) -> dict[str, str]:
    """The variables that a runner starts with: ours without what leads to AWS, our programs first."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_", "MAKE"))
    }
    return kept | {"PATH": f"{program_folder}:{kept['PATH']}"}


def _needs(job: Mapping[str, Any]) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else list(needs)


def _matrix(job: Mapping[str, Any], context: Mapping[str, Any]) -> list[dict[str, Any]]:
    matrix = job.get("strategy", {}).get("matrix")
    if matrix is None:
        return [{}]
    if isinstance(matrix, str):
        include: list[dict[str, Any]] = _value(matrix, context)["include"]
        return include
    ((key, values),) = matrix.items()
    return [{key: value} for value in _value(values, context)]


def _holds(condition: str, context: Mapping[str, Any], before: list[str]) -> bool:
    text = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", " ".join(condition.split()))
    status = {
        "success": all(each == "success" for each in before),
        "failure": "failure" in before,
        "cancelled": False,
        "always": True,
    }
    found = bool(_Expression(text, {**context, "status": status}).value())
    # without a status function GitHub puts success() before the rest
    return found and (bool(re.search(r"\b(success|failure|cancelled|always)\(", text)) or status["success"])


def _value(text: str, context: Mapping[str, Any]) -> Any:
    found = re.fullmatch(r"\$\{\{(.*)\}\}", text.strip())
    assert found, f"{text!r} is no expression"
    return _Expression(found.group(1), context).value()


def _filled(value: Any, context: Mapping[str, Any]) -> str:
    def text(found: re.Match[str]) -> str:
        inner = _Expression(found.group(1), context).value()
        return inner if isinstance(inner, str) else "" if inner is None else json.dumps(inner)

    return re.sub(r"\$\{\{(.*?)\}\}", text, str(value))


class _Expression:
    """GitHub Docs, "Evaluate expressions in workflows and actions", as far as ours go."""

    def __init__(self, text: str, context: Mapping[str, Any]) -> None:
        self._context = context
        self._tokens: list[str] = []
        rest = text.strip()
        while rest:
            found = TOKEN.match(rest)
            assert found, f"cannot read {rest!r}"
            self._tokens.append(found.group().strip())
            rest = rest[found.end() :].strip()

    def value(self) -> Any:
        found = self._or()
        assert not self._tokens, f"left over: {self._tokens}"
        return found

    def _or(self) -> Any:
        left = self._and()
        while self._took("||"):
            right = self._and()
            left = left or right
        return left

    def _and(self) -> Any:
        left = self._equal()
        while self._took("&&"):
            right = self._equal()
            left = left and right
        return left

    def _equal(self) -> Any:
        left = self._single()
        if self._took("=="):
            return left == self._single()
        if self._took("!="):
            return left != self._single()
        return left

    def _single(self) -> Any:
        if self._took("!"):
            return not self._single()
        if self._took("("):
            inner = self._or()
            assert self._took(")")
            return inner
        token = self._tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1]
        return self._called(token) if self._took("(") else self._looked_up(token)

    def _called(self, name: str) -> Any:
        given = []
        while not self._took(")"):
            given.append(self._or())
        if name in ("success", "failure", "cancelled", "always"):
            return self._context["status"][name]
        functions: dict[str, Callable[..., Any]] = {"fromJSON": json.loads, "toJSON": json.dumps}
        return functions[name](*given)

    def _looked_up(self, path: str) -> Any:
        found: Any = self._context
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def _took(self, token: str) -> bool:
        if self._tokens[:1] == [token]:
            self._tokens.pop(0)
            return True
        return False
