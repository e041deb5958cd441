"""The one application that every module of verbs adds to."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class _Verbs(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Typer turns Ctrl-C into exit status 130 without a word; as an Abort it reaches our handler."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise typer.Abort from interrupt


app = typer.Typer(
    name="antipode",
    cls=_Verbs,
    help="Multi-region AWS estates from one manifest, proved to survive the loss of a region.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
