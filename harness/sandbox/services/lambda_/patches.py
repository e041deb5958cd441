"""Functions' surroundings, aliases with weights, and what is known of an invocation afterwards."""

from __future__ import annotations

import contextvars
import functools
import os
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from harness.sandbox.emulators.patches import patch
from harness.sandbox.service import running
from harness.sandbox.services.lambda_ import stored
from harness.sandbox.services.lambda_.invoke import Invocation
from harness.sandbox.services.lambda_.service import Lambda

_EXECUTED: contextvars.ContextVar[dict[str, str] | None] = contextvars.ContextVar("antipode_executed")


def chosen_version(alias: Mapping[str, Any], draw: float) -> str:
    """The version that a call of the alias runs; `draw` lies between 0 and 1.

    Lambda Developer Guide, "Implement Lambda canary deployments using a weighted alias": each call is routed
    by chance and weight, so that few calls can stray far from the weights.
    """
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for version, weight in weights.items():
        if draw < weight:
            return str(version)
        draw -= weight
    return str(alias.get("FunctionVersion", "$LATEST"))


@patch("ministack.services.lambda_svc", "_get_func_record_for_ref", digest="492b4efe8f90")
def called_by_alias(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack's other services call a function by the version behind an alias, and forget the alias. On AWS
    the function is told the ARN that it was called by (Lambda Developer Guide, "Using the Lambda context
    object": invoked_function_arn), and metrics are kept by it."""

    @functools.wraps(original)
    def find(function_ref: str) -> Any:
        record, config, name = original(function_ref)
        qualifier = _qualifier(str(function_ref), name)
        if config is None or not qualifier:
            return record, config, name
        base = ":".join(str(config["FunctionArn"]).split(":")[:7])
        return record, {**config, "FunctionArn": f"{base}:{qualifier}"}, name

    return find


def _qualifier(reference: str, name: str) -> str:
    """The alias or version at the end of an ARN, or of a name; "" when there is none."""
    parts = reference.split(":")
    if parts[0] == "arn":
        return parts[7] if len(parts) > 7 else ""
    return parts[-1] if len(parts) > 1 and parts[-2] == name else ""


@patch("ministack.services.lambda_svc", "_execute_function_dispatch", digest="f62cd259213e")
def weighted_aliases(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack stores an alias's weights and sends every call to the first version. AWS splits the calls
    (`chosen_version`). Observers hear of each call; throttled ones never get here."""

    @functools.wraps(original)
    def dispatch(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        arn = [*str(config.get("FunctionArn", "")).split(":"), *[""] * 8][:8]
        region, account, name, qualifier = arn[3], arn[4], arn[6], arn[7]
        room = running(Lambda)
        function = stored.function(account, region, name) if name else None
        alias = (function or {}).get("aliases", {}).get(qualifier) or {}
        if room is not None and alias.get("RoutingConfig"):
            func, config = _record_of(function, chosen_version(alias, room.chance.random()), func, config)
        version = str(config.get("Version", "$LATEST"))
        if (executed := _EXECUTED.get(None)) is not None:
            executed[name] = version
        begun = time.monotonic()
        result = original(func, config, event, request_id, started)
        invocation = Invocation(
            region=region,
            function=name,
            resource=f"{name}:{qualifier}" if qualifier else name,
            version=version,
            weighted=bool(alias.get("RoutingConfig")),
            error=bool(result.get("error")),
            milliseconds=(time.monotonic() - begun) * 1000,
            log=str(result.get("log") or ""),
        )
        for observer in list(room.observers) if room is not None else ():
            observer(invocation)
        return result

    return dispatch


def _record_of(function: Any, version: str, func: Any, config: Any) -> tuple[Any, Any]:
    """The record of another version under the ARN that was called."""
    record = function if version == "$LATEST" else function["versions"].get(version)
    if record is None or version == config.get("Version"):
        return func, config
    named = {**record["config"], "FunctionArn": config["FunctionArn"]}
    return {**record, "config": named}, named


@patch("ministack.services.lambda_svc", "_invoke", digest="ab193779e5c2")
def executed_version(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack answers Invoke with the alias's first version. AWS names the version that was run (Lambda API
    Reference, Invoke: X-Amz-Executed-Version)."""

    @functools.wraps(original)
    async def invoke(name: str, *arguments: Any, **options: Any) -> Any:
        executed: dict[str, str] = {}
        token = _EXECUTED.set(executed)
        try:
            status, headers, body = await original(name, *arguments, **options)
        finally:
            _EXECUTED.reset(token)
        if "X-Amz-Executed-Version" in headers and name in executed:
            headers["X-Amz-Executed-Version"] = executed[name]
        return status, headers, body

    return invoke


# Of the sandbox's own environment, what a function's process cannot do without.
_NEEDED_TO_START = frozenset({"LANG", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "VIRTUAL_ENV"})


@patch("ministack.core.lambda_runtime", "subprocess", watches="Worker._spawn", digest="c55febf95656")
def clean_environment(original: Any) -> Any:
    """MiniStack starts functions with everything that its own process has in its environment, which here is
    the user's shell. On AWS a function finds Lambda's variables and its own (Lambda Developer Guide, "Defined
    runtime environment variables"), so only those, and what an interpreter needs to start, go through."""
    names = [name for name in dir(original) if not name.startswith("__")]
    clone = SimpleNamespace(**{name: getattr(original, name) for name in names})

    def start(*arguments: Any, env: Mapping[str, str] | None = None, **options: Any) -> Any:
        kept = None if env is None else {key: value for key, value in env.items() if _may_pass(key, value)}
        return original.Popen(*arguments, env=kept, **options)

    clone.Popen = start
    return clone


def _may_pass(key: str, value: str) -> bool:
    inherited = os.environ.get(key) == value
    return not inherited or key in _NEEDED_TO_START or key.startswith(("AWS_", "LC_"))


@patch("ministack.core.lambda_runtime", "Worker._drain_stderr_bounded", digest="3fd7cc742872")
def no_wait_for_logs(original: Callable[..., str]) -> Callable[..., str]:
    """MiniStack polls 50 ms for log lines after every invocation that wrote none. AWS answers as soon as the
    function returns; lines that come later are read with the next invocation."""

    @functools.wraps(original)
    def drain(
        self: Any, first_line_wait: float = 0.0, idle_confirm: float = 0.0, hard_cap: float = 0.25
    ) -> str:
        return original(self, 0.0, 0.0, hard_cap)

    return drain
