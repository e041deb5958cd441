"""Every change this package makes to an emulator's own code, each for one wrong answer.

A patch names what it replaces and the digest of the code it was written against; a test fails when either
the emulator's code changes or the mend stops working, so that an upgrade is a decision. `apply` is called
once per emulator and process; the functions that were replaced stay in `ORIGINALS`.
"""

from __future__ import annotations

import contextvars
import functools
import hashlib
import importlib
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """Where the request being served came in: the region whose address was dialled (None: the control
    address), and the client's User-Agent."""

    dialled: str | None = None
    user_agent: str = ""


ORIGIN: contextvars.ContextVar[Origin] = contextvars.ContextVar("antipode_origin", default=Origin())


class Patch(NamedTuple):
    """One replaced attribute: `module`:`attribute`, the digest of what it replaces, and what replaces it."""

    module: str
    attribute: str
    digest: str
    mend: Callable[[Any], Any]

    @property
    def name(self) -> str:
        return f"{self.module}:{self.attribute}"


PATCHES: list[Patch] = []
ORIGINALS: dict[str, Any] = {}


def digest_of(thing: Any) -> str:
    """Twelve hex digits that change when the source of a function, or the value of a constant, does."""
    text = inspect.getsource(thing) if callable(thing) else repr(thing)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def apply(emulator: str) -> None:
    """Apply every patch on `emulator` ("ministack" or "moto"); those already applied are left alone."""
    for patch in PATCHES:
        if patch.module.partition(".")[0] == emulator and patch.name not in ORIGINALS:
            owner, attribute = owner_of(patch)
            original = getattr(owner, attribute)
            ORIGINALS[patch.name] = original
            setattr(owner, attribute, patch.mend(original))


def owner_of(patch: Patch) -> tuple[Any, str]:
    """The module or class that holds the patched attribute, and the attribute's own name."""
    owner: Any = importlib.import_module(patch.module)
    *path, attribute = patch.attribute.split(".")
    for name in path:
        owner = getattr(owner, name)
    return owner, attribute


def mends(module: str, attribute: str, *, digest: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    def register(mend: Callable[[Any], Any]) -> Callable[[Any], Any]:
        PATCHES.append(Patch(module, attribute, digest, mend))
        return mend

    return register


@mends("ministack.app", "_HEALTH_PATHS", digest="")
def health_paths(original: tuple[str, ...]) -> tuple[str, ...]:
    """MiniStack answers GET /health with 200 on every host. AWS leaves the path to the API behind the host;
    a health check on it would be green whatever happens."""
    return tuple(path for path in original if path.startswith("/_"))


@mends("ministack.core.lambda_runtime", "Worker._drain_stderr_bounded", digest="")
def no_wait_for_logs(original: Callable[..., str]) -> Callable[..., str]:
    """MiniStack polls 50 ms for log lines after every invocation that wrote none. AWS answers as soon as the
    function returns; lines that come later are read with the next invocation."""

    @functools.wraps(original)
    def drain(self: Any, first_line_wait: float = 0.0, idle_confirm: float = 0.0, hard_cap: float = 0.25) -> str:
        return original(self, 0.0, 0.0, hard_cap)

    return drain


@mends("ministack.services.route53", "_build_change_info_el", digest="")
def change_info(original: Callable[..., None]) -> Callable[..., None]:
    """Not a wrong answer but a slow one: Terraform's provider waits 10 to 30 s, then polls each 15 s, when a
    change comes back with ChangeInfo, and goes on at once when it does not. Other clients still get it."""

    @functools.wraps(original)
    def build(parent: Any, change: Any) -> None:
        if "Terraform" not in ORIGIN.get().user_agent:
            original(parent, change)

    return build


@mends("ministack.services.route53", "_parse_health_check_config", digest="")
def health_check_lists(original: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """MiniStack stores ChildHealthChecks and Regions as lists of empty strings. AWS stores what was sent
    (Route 53 API reference, HealthCheckConfig)."""

    @functools.wraps(original)
    def parse(element: Any) -> dict[str, Any]:
        config = original(element)
        for key, item in (("ChildHealthChecks", "ChildHealthCheck"), ("Regions", "Region")):
            if key in config:
                config[key] = [
                    (leaf.text or "").strip()
                    for group in element if _local(group) == key
                    for leaf in group if _local(leaf) == item
                ]
        return config

    return parse


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


@mends("ministack.services.apigateway_v1", "find_domain_scope", digest="")
def domain_of_addressed_region(original: Callable[[str], Any]) -> Callable[[str], Any]:
    """MiniStack serves a custom domain from the first region that has it. On AWS each region's endpoint knows
    only its own domain names, and one that it does not know is refused (API Gateway guide, "Custom domain
    name for public REST APIs", Regional)."""

    @functools.wraps(original)
    def find(domain_name: str) -> Any:
        dialled = ORIGIN.get().dialled
        if dialled is None:
            return original(domain_name)
        gateway = importlib.import_module("ministack.services.apigateway_v1")
        account, wanted = gateway.get_account_id(), domain_name.lower()
        for (owner, region, stored), _ in gateway._domain_names.all_items():
            if (owner, region, stored.lower()) == (account, dialled, wanted):
                return owner, region, stored
        return None

    return find
