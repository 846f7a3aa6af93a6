"""What a run found, in the formats that people and programs read."""

from __future__ import annotations

from awaitify.config import Format
from awaitify.report import as_json, as_text
from awaitify.report.content import Known, Report, refused

__all__ = ["Known", "Report", "refused", "render"]


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
    if form is Format.PATCH:
        return report.shown_patch(colour)
    full = form is Format.TEXT
    return as_text.render(
        report, full=full, quiet=quiet, verbose=verbose, colour=colour
    )
