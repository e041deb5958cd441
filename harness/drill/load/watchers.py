"""What the drill does beside its clients: it watches DNS, and calls a control plane that no client calls."""

from __future__ import annotations

from harness.drill.judge.ledger import CONTROL, WATCHER, Attempt
from harness.drill.load.clients import Bench
from harness.drill.load.exchange import Request
from harness.drill.load.resolver import ask, lookup
from harness.sandbox.world.places import Place

WATCH_INTERVAL = 0.5
CONTROL_INTERVAL = 5.0


async def watch_dns(bench: Bench, place: Place, end: float) -> None:
    """Asks DNS from one place, uncached, twice a second, for the name that steers traffic: it shows when the
    answers there changed."""
    while bench.now() < end:
        answer = await ask(bench.clock, bench.dns, bench.subject.steered_host, place)
        bench.ledger.lookups.append(lookup(answer, bench.now(), WATCHER, place, bench.regions))
        await bench.clock.sleep(min(WATCH_INTERVAL, max(0.0, end - bench.now())))


async def call_control_plane(
    bench: Bench, region: str, *, endpoint: tuple[str, int], account_id: str, end: float
) -> None:
    """Lists things through the region's control plane every few seconds: no client does, so without it nobody
    would run into a fault of control planes, and the drill could not show that it was there."""
    while bench.now() < end:
        start = bench.now()
        reply = await bench.caller.send(control_request(region, endpoint, account_id), bench.load.timeout)
        outcome = reply.failure or ("ok" if reply.status == 200 else "http")
        bench.ledger.attempts.append(
            Attempt(
                reply.number,
                start,
                bench.now(),
                "operator",
                "",
                CONTROL,
                outcome,
                status=reply.status,
                served_by=region if outcome == "ok" else None,
                dialled=region,
                detail=reply.detail,
            )
        )
        await bench.clock.sleep(min(CONTROL_INTERVAL, max(0.0, end - bench.now())))


def control_request(region: str, endpoint: tuple[str, int], account_id: str) -> Request:
    """A read-only call of a control plane homed in the region: Route 53's in us-east-1, Lambda's elsewhere.

    The sandbox checks no signatures, only whose scope they have.
    """
    service, path = (
        ("route53", "/2013-04-01/hostedzone")
        if region == "us-east-1"
        else ("lambda", "/2015-03-31/functions/")
    )
    host = "route53.amazonaws.com" if service == "route53" else f"lambda.{region}.amazonaws.com"
    return Request("GET", endpoint, host, path, headers=scope_headers(account_id, region, service))


def scope_headers(account_id: str, region: str, service: str) -> dict[str, str]:
    """What marks a call as one to that service in that region, signed in name only."""
    scope = f"{account_id}/20260101/{region}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=drill"}
