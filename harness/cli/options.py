"""The options that several verbs take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_ENVIRONMENT = "reference/active-standby-api"

Env = Annotated[str, typer.Option("--env", help="Folder of the environment below envs/.")]
InSandbox = Annotated[
    bool, typer.Option("--sandbox", help="Against the embedded AWS instead of your account.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object per line on standard output.")]
OnlyStacks = Annotated[list[str] | None, typer.Option("--stack", help="Only this stack; may be given again.")]
PlansFolder = Annotated[
    Path | None,
    typer.Option("--plans", help="Folder of reviewed plans: plan keeps them there, apply takes them."),
]
Confirmed = Annotated[
    list[str] | None,
    typer.Option("--confirm", help="Address of data that may go, or stack:address; may be given again."),
]
Artifact = Annotated[
    str, typer.Option("--artifact", help="What the folder is called where people find it whole.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; the answer is yes.")]
Ref = Annotated[
    str,
    typer.Option(
        "--base", help="Commit, branch or tag to compare with; the merge base with origin/main if left out."
    ),
]
