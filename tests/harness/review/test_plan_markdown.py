from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.review import markdown, summary
from harness.review.summary import EnvironmentSummary, StackSummary
from harness.terraform.plans import PlanSummary, ResourceChange
from harness.terraform.secrecy import ValueChange

SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TABLE = ResourceChange(
    address="module.table_items.aws_dynamodb_table.this",
    kind="replace",
    forced_by=("hash_key",),
    values=(ValueChange(path="hash_key", before='"pk"', after='"id"'),),
)


def _stack(
    name: str,
    *changes: ResourceChange,
    wave: int = 1,
    outputs: tuple[str, ...] = (),
    imports: tuple[str, ...] = (),
) -> StackSummary:
    changed = tuple(sorted(changes, key=lambda each: each.address))
    plan = PlanSummary(changes=changed, outputs=outputs, imports=imports)
    return StackSummary(stack=name, wave=wave, status="succeeded", good=True, plan=plan)


def _environment(*stacks: StackSummary, name: str = "prod") -> EnvironmentSummary:
    return EnvironmentSummary(environment=name, target="aws", commit="0123456789abcdef", stacks=stacks)


def test_a_summary_says_first_what_is_lost_then_why_then_the_rest() -> None:
    failed = StackSummary(
        stack="edge", wave=6, status="failed", good=False, plan=None, messages=("edge: no", "at main.tf:7")
    )
    found = _environment(
        _stack("data", TABLE, ResourceChange(address="aws_sqs_queue.new", kind="create"), wave=2),
        _stack("global", wave=1),
        failed,
    )
    assert markdown.markdown([found], whole="summary.json in plans") == (
        "## Plan of <code>prod</code> on <code>aws</code>\n"
        "\n"
        "**1 replaced, 1 created** in 3 stacks. **1 could not be planned.** "
        "Commit <code>0123456789ab</code>.\n"
        "\n"
        "| Stack | Destroy | Replace | Update | Create | Status |\n"
        "|---|--:|--:|--:|--:|---|\n"
        "| <code>data</code> | 0 | **1** | 0 | 1 | succeeded |\n"
        "| <code>global</code> | 0 | 0 | 0 | 0 | no changes |\n"
        "| <code>edge</code> | 0 | 0 | 0 | 0 | ❌ failed |\n"
        "\n"
        "### 🛑 Data would be lost: apply needs each of these in CONFIRM\n"
        "\n"
        "```diff\n"
        "- data:module.table_items.aws_dynamodb_table.this   "
        "a table, in every region that it is replicated to\n"
        "```\n"
        "\n"
        "### Destroyed and replaced\n"
        "\n"
        "```diff\n"
        "-/+ data:module.table_items.aws_dynamodb_table.this   "
        'replaced because of hash_key ("pk" -> "id")\n'
        "```\n"
        "\n"
        "### Messages\n"
        "\n"
        "```\n"
        "edge: no\n"
        "at main.tf:7\n"
        "```\n"
        "\n"
        "### Created\n"
        "\n"
        "```diff\n"
        "+   data:aws_sqs_queue.new\n"
        "```\n"
        "\n"
    )


def test_what_does_not_fit_is_counted_and_what_is_created_goes_first() -> None:
    created = [ResourceChange(address=f"aws_x.created_{n:05}", kind="create") for n in range(4000)]
    gone = [ResourceChange(address=f"aws_x.gone_{n:04}", kind="destroy") for n in range(900)]
    text = markdown.markdown([_environment(_stack("data", *created, *gone))], whole="artifact plans")
    assert len(text.encode()) <= markdown.LIMIT
    assert text.count("aws_x.gone_") == 900
    shown = text.count("aws_x.created_")
    assert 0 < shown < 4000
    assert f"**… and {4000 - shown} more created: not shown here, see artifact plans.**" in text


def test_destroyed_and_replaced_are_counted_apart_when_even_they_do_not_fit() -> None:
    gone = [ResourceChange(address=f"aws_x.gone_{n:04}", kind="destroy") for n in range(3000)]
    forced = [ResourceChange(address=f"aws_x.forced_{n:04}", kind="replace") for n in range(100)]
    text = markdown.markdown([_environment(_stack("data", *gone, *forced))], whole="w")
    shown = text.count("aws_x.gone_")
    assert f"**… and {3000 - shown} more destroyed, 100 more replaced: not shown here, see w.**" in text


_NASTY = st.text(st.sampled_from("ab|`<>&*_@#\\\n\r\u2028\u202e\x1b[]\"'é😀 -+"), max_size=40)
_CHANGES = st.builds(
    ResourceChange,
    address=_NASTY.map(lambda text: f'aws_s3_bucket.b["{text}"]'),
    kind=st.sampled_from(["create", "update", "replace", "destroy"]),
    forced_by=st.lists(_NASTY, max_size=2).map(tuple),
    attributes=st.lists(_NASTY, max_size=2).map(tuple),
)
_STACKS = st.builds(
    StackSummary,
    stack=_NASTY,
    wave=st.integers(0, 6),
    status=_NASTY,
    good=st.booleans(),
    plan=st.builds(
        PlanSummary,
        changes=st.lists(_CHANGES, max_size=12).map(tuple),
        outputs=st.lists(_NASTY, max_size=3).map(tuple),
        imports=st.lists(_NASTY, max_size=3).map(tuple),
    ),
    messages=st.lists(_NASTY, max_size=3).map(tuple),
)
_SUMMARIES = st.lists(
    st.builds(
        EnvironmentSummary,
        environment=_NASTY,
        target=_NASTY,
        commit=_NASTY,
        stacks=st.lists(_STACKS, max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=2,
)


def _outside_of_fences(text: str) -> list[str]:
    """The lines that Markdown reads; fails when a fence is not closed by one like it."""
    found: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if not fence and line.startswith("```"):
            fence = "`" * (len(line) - len(line.lstrip("`")))
        elif fence:
            # CommonMark: a fence is closed by at least as many backticks, alone on a line
            if set(line.strip()) == {"`"} and len(line.strip()) >= len(fence):
                fence = ""
        else:
            found.append(line)
    assert not fence
    return found


@SOME
@given(summaries=_SUMMARIES, limit=st.integers(9000, 70_000), whole=_NASTY)
def test_whatever_is_planned_the_text_is_within_the_limit_and_means_nothing_to_markdown(
    summaries: list[EnvironmentSummary], limit: int, whole: str
) -> None:
    text = markdown.markdown(summaries, whole=whole, limit=limit)
    assert len(text.encode()) <= limit
    for line in _outside_of_fences(text):
        assert set(line.replace("<code>", "").replace("</code>", "")).isdisjoint("<>\r\u2028\u202e\x1b`@")
        if line.startswith("| <code>"):
            assert line.count("|") == 7


@SOME
@given(_SUMMARIES)
def test_what_is_destroyed_or_replaced_is_shown_or_counted(summaries: list[EnvironmentSummary]) -> None:
    text = markdown.markdown(summaries, whole="w", limit=9000)
    severe = sum(each.count("destroy") + each.count("replace") for each in summaries)
    block = text.partition("### Destroyed and replaced")[2].partition("\n### ")[0]
    shown = [line for line in block.splitlines() if line.startswith(("-/+ ", "-   "))]
    left = block.partition("**… and ")[2].partition(":")[0]
    assert len(shown) + sum(int(part.split()[0]) for part in left.split(", ") if part) == severe


@SOME
@given(_SUMMARIES)
def test_json_gives_back_what_it_was_given(summaries: list[EnvironmentSummary]) -> None:
    for each in summaries:
        told = json.loads(json.dumps(summary.as_json(each)))
        assert summary.as_json(summary.from_json(told)) == told


def test_runners_of_one_environment_are_merged_in_the_order_of_waves() -> None:
    one, other = _environment(_stack("edge", wave=6)), _environment(_stack("data", TABLE, wave=2))
    (found,) = summary.merged([one, other])
    assert [each.stack for each in found.stacks] == ["data", "edge"]
    assert [(stack, change.address) for stack, change, _ in found.lost] == [("data", TABLE.address)]
    assert len(summary.merged([one, _environment(_stack("data"), name="dev")])) == 2
