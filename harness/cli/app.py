"""The one application that every module of verbs adds to."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="antipode",
    help="Multi-region AWS estates from one manifest, proved to survive the loss of a region.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
