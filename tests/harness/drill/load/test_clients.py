"""The clients alone, on the virtual clock, against a fake name server and a fake service on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from aiohttp import web
from dnslib import CNAME, QTYPE, RR, A, DNSRecord

from harness.drill.judge.ledger import WATCHER, Ledger
from harness.drill.load.clients import Bench, Client, Identity, Item, Written, identities, read_request
from harness.drill.load.exchange import Caller, Reply, judge_read, judge_write
from harness.drill.load.resolver import CachingResolver, ask
from harness.drill.load.watchers import watch_dns
from harness.drill.scenario import Load
from harness.drill.subject import Flow
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.places import place_named, place_of
from tests.harness.drill.drill_ledgers import EAST, SUBJECT, WEST

US_EAST = place_named("us-east")
EAST_IP, WEST_IP = "127.0.1.1", "127.0.1.2"


@dataclass
class World:
    """What the fakes do and saw; `serving` is the address that DNS gives, `lost` a region that refuses."""

    clock: Clock
    serving: str = EAST_IP
    ttl: int = 10
    dark: bool = False
    hangs: bool = False
    liar: bool = False
    store: dict[str, str] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


class NameServer(asyncio.DatagramProtocol):
    """api.example.com is a CNAME of 60 s to a name whose address has the world's TTL."""

    def __init__(self, world: World) -> None:
        self.world = world

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: object) -> None:
        query = DNSRecord.parse(data)
        option = next(o for rr in query.ar if rr.rtype == QTYPE.OPT for o in rr.rdata)
        self.world.places.append(place_of(".".join(str(b) for b in [*option.data[4:], 0])).name)
        reply = query.reply()
        reply.add_answer(RR("api.example.com", QTYPE.CNAME, rdata=CNAME("front.example.com"), ttl=60))
        reply.add_answer(RR("front.example.com", QTYPE.A, rdata=A(self.world.serving), ttl=self.world.ttl))
        self.transport.sendto(reply.pack(), address)  # type: ignore[attr-defined]


def service(world: World, region: str) -> Callable[[web.Request], object]:
    async def answer(request: web.Request) -> web.StreamResponse:
        number = int(request.headers["x-antipode-request"])
        if world.dark and region == EAST:
            if world.hangs:
                world.clock.park(number)
                await asyncio.sleep(3600)
            assert request.transport is not None
            request.transport.abort()
        if world.liar:
            return web.Response(text="OK")
        if request.method == "POST":
            body = await request.json()
            world.keys.append(request.headers["Idempotency-Key"])
            world.store[body["id"]] = body["value"]
            return web.json_response({"id": body["id"], "served_by": region}, status=201)
        item = request.query["id"]
        if item not in world.store:
            return web.json_response({"error": "not_found"}, status=404)
        return web.json_response({"id": item, "value": world.store[item], "served_by": region})

    return answer


@contextlib.asynccontextmanager
async def bench(world: World, load: Load | None = None) -> AsyncIterator[Bench]:
    loop = asyncio.get_running_loop()
    dns, _ = await loop.create_datagram_endpoint(lambda: NameServer(world), local_addr=("127.0.0.1", 0))
    runners, ports = [], {}
    for ip, region in ((EAST_IP, EAST), (WEST_IP, WEST)):
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", service(world, region))  # type: ignore[arg-type]
        runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, ip, 0).start()
        runners.append(runner)
        ports[ip] = runner.addresses[0][1]
    async with Caller(world.clock) as caller:
        yield Bench(
            clock=world.clock, caller=caller, ledger=Ledger(), subject=SUBJECT, load=load or Load(),
            run="run",
            origin=world.clock.now(), dns=dns.get_extra_info("sockname"),
            regions={EAST_IP: EAST, WEST_IP: WEST}, ports=ports,
        )  # fmt: skip
    dns.close()
    for runner in runners:
        await runner.cleanup()


def drive(
    change: Callable[[World], None], *, at: float = 20.0, end: float = 60.0, overstays: bool = False
) -> tuple[Ledger, World]:
    """One client for `end` model seconds; the world changes once."""

    async def main() -> tuple[Ledger, World]:
        world = World(Clock())
        async with bench(world) as made:
            written = {flow.name: Written() for flow in made.subject.flows}
            client = Client(made, Identity("us-east-1", US_EAST, overstays), written, seed=1)
            world.clock.call_later(at, lambda: change(world))
            with world.clock.jumping():
                await asyncio.gather(*(world.clock.spawn(each) for each in client.work(end)))
            return made.ledger, world

    return asyncio.run(main())


def lose_east(world: World) -> None:
    world.dark, world.serving = True, WEST_IP


def test_a_client_that_nothing_disturbs_writes_and_reads_back_without_an_error() -> None:
    ledger, world = drive(lambda world: None)
    assert {a.outcome for a in ledger.requests()} == {"ok"}
    assert {a.served_by for a in ledger.requests()} == {EAST}
    assert len(world.keys) == len(set(world.keys)) == len(ledger.acknowledged())
    assert 24 <= len(ledger.acknowledged()) <= 37  # 0.5 a second for a minute, give or take the jitter


def test_a_client_says_where_it_is_whenever_it_asks_dns() -> None:
    ledger, world = drive(lambda world: None)
    assert set(world.places) == {"us-east"}
    assert {(k.ttl, k.regions) for k in ledger.lookups} == {(10.0, (EAST,))}


def test_an_answer_is_kept_for_the_least_ttl_on_the_way_and_no_longer() -> None:
    ledger, _ = drive(lambda world: None)
    first, second, third, *_ = [k.at for k in ledger.lookups]
    assert second - first < 14
    assert 10 <= third - second < 14


def test_a_client_moves_when_its_cache_has_run_out_and_not_before() -> None:
    ledger, _ = drive(lose_east)
    moved = next(k.at for k in ledger.lookups if k.regions == (WEST,))
    assert 20 <= moved <= 35
    assert {a.dialled for a in ledger.requests() if a.end < moved} == {EAST}
    assert {a.dialled for a in ledger.requests() if a.start > moved} == {WEST}


def test_a_client_that_overstays_the_ttl_keeps_an_answer_for_its_own_time() -> None:
    ledger, _ = drive(lose_east, end=200.0, overstays=True)
    lifetimes = [b.at - a.at for a, b in zip(ledger.lookups[1:], ledger.lookups[2:], strict=False)]
    assert lifetimes
    assert all(60 <= life < 65 for life in lifetimes)


def test_a_refused_write_is_tried_again_with_the_same_key_until_it_is_acknowledged() -> None:
    ledger, _ = drive(lose_east)
    tries: dict[str, list[str]] = {}
    for each in ledger.requests("write"):
        tries.setdefault(each.item, []).append(f"{each.key} {each.outcome}")
    retried = [told for told in tries.values() if len(told) > 1]
    assert len(retried) == 1
    assert {line.split()[0] for line in retried[0]} == {retried[0][0].split()[0]}
    assert [line.split()[1] for line in retried[0]] == ["refused"] * (len(retried[0]) - 1) + ["ok"]


def test_a_hanging_region_costs_the_timeout_in_model_time_and_none_on_the_wall() -> None:
    def hang(world: World) -> None:
        world.dark = world.hangs = True

    ledger, world = drive(hang, at=20, end=120)
    late = [a for a in ledger.requests() if a.outcome == "timeout"]
    assert len(late) > 20
    assert all(2.99 <= a.end - a.start < 4 for a in late if a.tries > 1)
    assert world.clock.skipped > 100


def test_an_answer_that_anything_could_give_is_no_success() -> None:
    def lie(world: World) -> None:
        world.liar = True

    ledger, _ = drive(lie)
    after = [a for a in ledger.requests() if a.start > 21]
    assert {a.outcome for a in after if a.operation == "read"} == {"wrong-body"}
    assert not any(a.ok for a in after)


def test_a_read_of_an_acknowledged_write_that_is_gone_is_missing_and_not_an_error() -> None:
    ledger, _ = drive(lambda world: world.store.clear())
    missing = [a for a in ledger.requests("read") if a.outcome == "missing"]
    assert missing
    assert not any(a.failed for a in ledger.requests())


def test_a_watcher_asks_dns_twice_a_second_whatever_the_ttl() -> None:
    async def main() -> Ledger:
        world = World(Clock(), ttl=300)
        async with bench(world) as made:
            world.clock.call_later(5, lambda: lose_east(world))
            with world.clock.jumping():
                await world.clock.spawn(watch_dns(made, US_EAST, 10.0))
            return made.ledger

    lookups = asyncio.run(main()).lookups
    assert {k.client for k in lookups} == {WATCHER}
    assert 15 <= len(lookups) <= 21
    changed = next(k.at for k in lookups if k.regions == (WEST,))
    assert 5 <= changed <= 6.5


def test_without_a_name_server_a_client_has_no_address_and_says_so() -> None:
    async def main() -> tuple[str | None, str]:
        clock = Clock()
        resolver = CachingResolver(
            clock, ("127.0.0.1", 9), Ledger(), client="c", place=US_EAST, regions={}, overstay=0,
            chance=random.Random(1), origin=0,
        )  # fmt: skip
        return await resolver.address("api.example.com")

    address, reason = asyncio.run(main())
    assert address is None
    assert reason


def test_a_chain_that_leaves_the_zone_is_followed_with_a_further_question() -> None:
    class Delegating(NameServer):
        def datagram_received(self, data: bytes, address: object) -> None:
            query = DNSRecord.parse(data)
            reply = query.reply()
            if str(query.q.qname) == "api.example.com.":
                reply.add_answer(RR("api.example.com", QTYPE.CNAME, rdata=CNAME("x.amazonaws.com"), ttl=7))
            else:
                reply.add_answer(RR("x.amazonaws.com", QTYPE.A, rdata=A(WEST_IP), ttl=60))
            self.transport.sendto(reply.pack(), address)  # type: ignore[attr-defined]

    async def main() -> object:
        clock = Clock()
        loop = asyncio.get_running_loop()
        dns, _ = await loop.create_datagram_endpoint(
            lambda: Delegating(World(clock)), local_addr=("127.0.0.1", 0)
        )
        answer = await ask(clock, dns.get_extra_info("sockname"), "api.example.com", US_EAST)
        dns.close()
        return dataclasses.astuple(answer)

    assert asyncio.run(main()) == ((WEST_IP,), 7.0, "")


def test_how_many_clients_overstay_is_the_share_and_who_they_are_depends_on_the_seed() -> None:
    load = Load.model_validate({"clients": {"us-east": 10, "eu-west": 10}, "overstay": {"share": 0.2}})
    drawn = [tuple(each.name for each in identities(load, seed=seed) if each.overstays) for seed in (1, 1, 2)]
    assert [len(names) for names in drawn] == [4, 4, 4]
    assert drawn[0] == drawn[1] != drawn[2]


def test_an_answer_from_another_region_than_the_address_names_is_no_success() -> None:
    reply = Reply(1, 201, b'{"id":"a","served_by":"us-west-2"}')
    assert judge_write(reply, item="a", region=WEST).outcome == "ok"
    assert judge_write(reply, item="a", region=EAST).outcome == "wrong-body"
    assert judge_write(reply, item="b", region=WEST).detail == "the body is about 'a', not 'b'"


def test_a_404_that_the_function_did_not_write_is_an_error_and_not_a_missing_item() -> None:
    own, gateways = b'{"error":"not_found","reason":"","field":"id"}', b'{"message":"Not Found"}'
    assert judge_read(Reply(1, 404, own), item="a", value="v", region=EAST).outcome == "missing"
    assert judge_read(Reply(1, 404, gateways), item="a", value="v", region=EAST).outcome == "http"


def test_a_value_other_than_the_acknowledged_one_is_stale() -> None:
    reply = Reply(1, 200, b'{"id":"a","value":"old","served_by":"us-east-1"}')
    assert judge_read(reply, item="a", value="new", region=EAST).outcome == "stale"


def test_an_id_in_the_path_stands_where_the_route_has_it() -> None:
    request = read_request(
        Flow("orders", "/orders/{id}", "/orders", "database"), Item("a/b", "k", "v"), ("127.0.0.1", 1), "h"
    )
    assert (request.path, dict(request.query)) == ("/orders/a%2Fb", {})


def test_readers_that_waited_for_the_first_item_do_not_ask_for_it_at_once() -> None:
    async def main() -> list[float]:
        world = World(Clock())
        async with bench(world, Load(reads_per_second=0.5)) as made:
            written = {flow.name: Written() for flow in made.subject.flows}
            readers = [
                Client(made, Identity(f"us-east-{n}", US_EAST, False), written, seed=1) for n in range(8)
            ]
            writer = Client(made, Identity("writer", US_EAST, False), written, seed=1)
            (flow,) = made.subject.flows
            with world.clock.jumping():
                work = [writer.write_until(flow, 12.0), *(each.read_until(flow, 12.0) for each in readers)]
                await asyncio.gather(*(world.clock.spawn(each) for each in work))
            firsts: dict[str, float] = {}
            for a in made.ledger.requests("read"):
                firsts.setdefault(a.client, a.start)
            return sorted(firsts.values())

    firsts = asyncio.run(main())
    assert len(firsts) == 8
    assert 0.5 < firsts[-1] - firsts[0] < 2.5
