"""Saved plans between the job that makes them and the one that applies them (docs/adr/0012).

They lie in the state bucket of each stack, encrypted by its key, as
`plans/<tree>/<run>/<stack>/<file>`. `tree` is git's digest of every file of the commit: a pull request's
merge and what becomes of it on the branch have the same one exactly when nothing else came between.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from generator.manifest.problems import InputRefused
from generator.stacks import Stack
from harness import aws
from harness.terraform.errors import TerraformError

PREFIX = "plans"


@dataclass(frozen=True)
class Stored:
    """One object: of which run of which stack, and when it was written (S3's own clock)."""

    key: str
    at: datetime

    @property
    def run(self) -> str:
        return PurePosixPath(self.key).parts[2]

    @property
    def stack(self) -> str:
        return PurePosixPath(self.key).parts[3]

    @property
    def file(self) -> str:
        return "/".join(PurePosixPath(self.key).parts[4:])


def tree(repository: Path) -> str:
    """Git's digest of the whole commit that is checked out. Raises InputRefused where files differ."""
    changed = _git(repository, "status", "--porcelain", "--untracked-files=no")
    if changed:
        raise InputRefused([f"the checkout differs from its commit, so its plans are nobody's:\n{changed}"])
    return _git(repository, "rev-parse", "HEAD^{tree}")


def run_id(variables: Mapping[str, str] = os.environ) -> str:
    """Which run of the workflow this is, an attempt counted; `by-hand` elsewhere."""
    if run := variables.get("GITHUB_RUN_ID"):
        return f"{run}-{variables.get('GITHUB_RUN_ATTEMPT', '1')}"
    return f"by-hand-{os.getpid()}"


class Buckets:
    """S3 in the regions of the states. Raises TerraformError with what could not be reached, and why."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._clients: dict[str, Any] = {}

    def put(self, stack: Stack, key: str, content: bytes) -> None:
        """Never over another: IAM asks for the condition (S3 User Guide, "Enforce conditional writes")."""
        with _told(f"{stack.name}: s3://{stack.state_bucket}/{key}"):
            self._client(stack.state_region).put_object(
                Bucket=stack.state_bucket, Key=key, Body=content, IfNoneMatch="*"
            )

    def listed(self, stack: Stack, prefix: str) -> list[Stored]:
        with _told(f"{stack.name}: s3://{stack.state_bucket}/{prefix}"):
            pages = (
                self._client(stack.state_region)
                .get_paginator("list_objects_v2")
                .paginate(Bucket=stack.state_bucket, Prefix=prefix)
            )
            return [
                Stored(key=each["Key"], at=each["LastModified"])
                for page in pages
                for each in page.get("Contents", [])
            ]

    def get(self, stack: Stack, key: str) -> bytes:
        with _told(f"{stack.name}: s3://{stack.state_bucket}/{key}"):
            found = self._client(stack.state_region).get_object(Bucket=stack.state_bucket, Key=key)
            content: bytes = found["Body"].read()
            return content

    def _client(self, region: str) -> Any:
        if region not in self._clients:
            endpoint = self._variables.get("AWS_ENDPOINT_URL")
            config = Config(s3={"addressing_style": "path" if endpoint else "auto"})
            self._clients[region] = aws.client("s3", region, self._variables, config=config)
        return self._clients[region]


class _told:
    """Turns what the SDK raises into one message that names the object."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, BotoCoreError | ClientError):
            raise TerraformError(f"{self._what}: {error}") from error


def deposit(
    stacks: Sequence[Stack], folder: Path, *, buckets: Buckets, tree: str, run: str
) -> tuple[str, ...]:
    """Keep the plans in `folder` for the commit with this `tree`; the keys that were written.

    `folder` holds the record of some of the stacks (`make plan PLANS=`); its files go to the bucket of each
    stack that has a plan in it. Raises InputRefused: no record; TerraformError: a bucket said no.
    """
    files = sorted(file for file in folder.glob("*") if file.is_file())
    if not any(file.name == "reviewed.json" for file in files):
        raise InputRefused(
            [f"PLANS={folder}: holds no reviewed.json; make it with `make plan PLANS={folder}`"]
        )
    if len(stacks) != 1:
        raise InputRefused(["STACK: name the one stack whose plans these are"])
    (stack,) = stacks
    written = []
    # the record goes last: what has one is whole
    for file in sorted(files, key=lambda each: (each.name == "reviewed.json", each.name)):
        key = f"{PREFIX}/{tree}/{run}/{stack.name}/{file.name}"
        buckets.put(stack, key, file.read_bytes())
        written.append(key)
    return tuple(written)


def collect(stacks: Sequence[Stack], folder: Path, *, buckets: Buckets, tree: str) -> dict[str, str]:
    """Bring the newest whole plans of each stack for this `tree` to `folder/<stack>/`; their runs by stack.

    Raises InputRefused when no stack has any; nothing is left in `folder` then.
    """
    if folder.exists():
        raise InputRefused([f"PLANS={folder}: is there already; name a folder that is not"])
    found = [
        (stack, objects)
        for stack in stacks
        if (objects := _newest(buckets.listed(stack, f"{PREFIX}/{tree}/"), stack))
    ]
    if not found:
        raise InputRefused(
            [
                f"no plan is kept for the files of this commit (tree {tree}): they were never planned and "
                "reviewed as they are now. Bring the pull request up to date and let its plan run"
            ]
        )
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        for stack, objects in found:
            place = partial / stack.name
            place.mkdir(parents=True, mode=0o700)
            for each in objects:
                (place / each.file).touch(mode=0o600)
                (place / each.file).write_bytes(buckets.get(stack, each.key))
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return {stack.name: objects[0].run for stack, objects in found}


def _newest(stored: Sequence[Stored], stack: Stack) -> list[Stored]:
    """The objects of the last run that is whole; several stacks may share a bucket."""
    runs = list(_whole(stored, stack.name))
    return max(runs, key=lambda objects: max(each.at for each in objects), default=[])


def _whole(stored: Sequence[Stored], stack: str) -> Iterator[list[Stored]]:
    mine = [each for each in stored if each.stack == stack]
    for run in sorted({each.run for each in mine}):
        objects = [each for each in mine if each.run == run]
        if any(each.file == "reviewed.json" for each in objects):
            yield objects


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=repository, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise InputRefused([f"git {' '.join(arguments)}: {done.stderr.strip()}"])
    return done.stdout.strip()
