"""A Terraform for tests: answers each command with recorded-looking events, slowly or badly if told to."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = """#!{python} -IS
import json, os, pathlib, signal, sys, time
home = pathlib.Path({home!r})
words = [word for word in sys.argv[1:] if not word.startswith("-")]
command = " ".join(words[:2]) if words[0] == "state" else words[0]
root = pathlib.Path.cwd().name
with (home / "calls").open("a") as calls:
    call = dict(root=root, command=command, arguments=sys.argv[1:], environment=dict(os.environ))
    blocks = pathlib.Path("antipode_import.tf.json")
    imports = json.loads(blocks.read_text())["import"] if blocks.exists() else []
    call["imports"] = dict((each["to"], each["id"]) for each in imports)
    calls.write(json.dumps(call) + "\\n")
answers = json.loads((home / "answers.json").read_text())
listed = answers.get(root + " " + command) or answers.get(command) or [dict()]
counter = home / ("count " + root + " " + command)
count = int(counter.read_text()) if counter.exists() else 0
counter.write_text(str(count + 1))
answer = listed[min(count, len(listed) - 1)]
signals = []
def note(number, frame):
    signals.append(number)
    with (home / "signals").open("a") as file:
        file.write(root + " " + signal.Signals(number).name + "\\n")
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, note)
with (home / "ready").open("a") as ready:
    ready.write(root + " " + command + "\\n")
for word in sys.argv:
    if word.startswith("-out="):
        pathlib.Path(word[5:]).write_text("plan")
for line in answer.get("lines", []):
    print(line, flush=True)
sys.stderr.write(("noise " * 13 + "\\n") * (answer.get("stderr_kb", 0) * 13))
sys.stderr.write(answer.get("stderr", ""))
sys.stderr.flush()
until = time.monotonic() + answer.get("seconds", 0)
while time.monotonic() < until:
    time.sleep(0.01)
    if signals and not answer.get("stubborn"):
        print("released", flush=True)
        sys.exit(1)
if answer.get("kill"):
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(answer.get("exit", 0))
"""


@dataclass(frozen=True)
class FakeTerraform:
    """`answers` maps "plan" or "<root> plan" to the answers of successive calls; the last one stays."""

    home: Path

    @property
    def binary(self) -> Path:
        return self.home / "terraform"

    def answer(self, **answers: Any) -> None:
        known = json.loads((self.home / "answers.json").read_text())
        for command, given in answers.items():
            known[command.replace("_", " ")] = given if isinstance(given, list) else [given]
        (self.home / "answers.json").write_text(json.dumps(known))

    @property
    def calls(self) -> list[dict[str, Any]]:
        path = self.home / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def commands(self) -> list[str]:
        return [f"{call['root']} {call['command']}" for call in self.calls]

    @property
    def imports(self) -> list[dict[str, str]]:
        """Address -> identifier of each plan, in order; empty for one that imports nothing."""
        return [call["imports"] for call in self.calls if call["command"] == "plan"]

    @property
    def ready(self) -> list[str]:
        """Root and command of each call that would notice a signal by now."""
        path = self.home / "ready"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def signals(self) -> list[str]:
        path = self.home / "signals"
        return path.read_text().splitlines() if path.exists() else []


def make(home: Path) -> FakeTerraform:
    home.mkdir()
    program = home / "terraform"
    program.write_text(_PROGRAM.replace("{python}", sys.executable).replace("{home!r}", repr(str(home))))
    program.chmod(0o755)
    (home / "answers.json").write_text("{}")
    return FakeTerraform(home)


def event(kind: str, **fields: Any) -> str:
    return json.dumps({"@level": "info", "@message": kind, "@module": "terraform.ui", "type": kind, **fields})


def planned(address: str, action: str = "create", **change: Any) -> str:
    return event("planned_change", change={"resource": {"addr": address}, "action": action, **change})


def hook(phase: str, address: str, action: str = "create", seconds: int = 1, **more: Any) -> str:
    hooked = {"resource": {"addr": address}, "action": action, "elapsed_seconds": seconds, **more}
    return event(f"apply_{phase}", hook=hooked)


def error(summary: str, detail: str = "", **fields: Any) -> str:
    return event(
        "diagnostic", diagnostic={"severity": "error", "summary": summary, "detail": detail, **fields}
    )


def lock_error(*, who: str, created: str, lock: str = "bb473203-3315-2ba8-d279-fa04002f937e") -> str:
    return error(
        "Error acquiring the state lock",
        "Error message: operation error S3: PutObject, https response error StatusCode: 412, RequestID: 1, "
        "HostID: 2, api error PreconditionFailed: At least one of the pre-conditions did not hold\n"
        f"Lock Info:\n  ID:        {lock}\n  Path:      prod-tfstate/data.tfstate\n"
        f"  Operation: OperationTypeApply\n  Who:       {who}\n  Version:   1.11.4\n"
        f"  Created:   {created}\n  Info:      \n\n\nTerraform acquires a state lock to protect the state.",
    )


CHANGES: dict[str, Any] = {"exit": 2, "lines": [planned("terraform_data.a")]}
"""A plan with one resource to create."""

BUCKET_MISSING: dict[str, Any] = {
    "exit": 1,
    "lines": [
        error('Failed to get existing workspaces: S3 bucket "prod-tfstate" does not exist.\n\nNoSuchBucket')
    ],
}
