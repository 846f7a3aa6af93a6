"""What a run found, in the formats that people and programs read."""

from __future__ import annotations

from awaitify.config import Format
from awaitify.report import as_json, as_markdown, as_text
from awaitify.report.content import Known, Report, refused

__all__ = ["WITH_CHANGES", "Known", "Report", "refused", "render"]

WITH_CHANGES = (Format.MD,)
"""The formats that show what becomes of files."""


def render(
    report: Report,
    form: Format,
    *,
    quiet: bool = False,
    verbose: bool = False,
    colour: bool = False,
) -> bytes:
    """Return the report in one of its formats."""
    if form is Format.JSON:
        return as_json.render(report)
    if form is Format.MD:
        return as_markdown.render(report)
    if form is Format.PATCH:
        return report.shown_patch(colour)
    full = form is Format.TEXT
    return as_text.render(
        report, full=full, quiet=quiet, verbose=verbose, colour=colour
    )
