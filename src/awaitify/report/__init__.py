"""What a run found, in the formats that people and programs read."""

from __future__ import annotations

from awaitify.config import Format
from awaitify.report import as_html, as_json, as_markdown, as_text
from awaitify.report.content import Known, Refused, Report

__all__ = ["Known", "Refused", "Report", "render", "shows_changes"]

_WITH_CHANGES = (Format.SARIF, Format.MD, Format.HTML, Format.GITHUB)


def shows_changes(command: str, form: Format) -> bool:
    """Whether a format shows what becomes of each file."""
    own = command == "diff" and form in (Format.JSON, Format.JSONL)
    return own or form in _WITH_CHANGES


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
    if form is Format.HTML:
        return as_html.render(report)
    if form is Format.PATCH:
        return report.shown_patch(colour)
    full = form is Format.TEXT
    return as_text.render(
        report, full=full, quiet=quiet, verbose=verbose, colour=colour
    )
