"""The Markdown templates of an environment's pages, with the filters that they use."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import jinja2

from generator.manifest.durations import text
from generator.recovery.budget import steps
from generator.regions import short

TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # Markdown
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters.update(duration=text, short=short, steps=steps)
