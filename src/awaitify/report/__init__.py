"""What a run found, in the formats that people and programs read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from awaitify.config import Format
from awaitify.report import (
    as_github,
    as_gitlab,
    as_html,
    as_json,
    as_jsonl,
    as_markdown,
    as_text,
    notices,
    sentences,
)
from awaitify.report.content import Known, Refused, Report
from awaitify.report.notices import Notice

__all__ = ["Known", "Refused", "Report", "render", "sarif", "shows_changes"]

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
    if form is Format.JSONL:
        return as_jsonl.render(as_json.plain(report))
    if form is Format.MD:
        return as_markdown.render(report)
    if form is Format.HTML:
        return as_html.render(report)
    if form is Format.PATCH:
        return report.shown_patch(colour)
    if form is Format.SARIF:
        return sarif(report, notices.of_report(report))
    if form is Format.GITLAB:
        return as_gitlab.render(notices.of_report(report))
    if form is Format.GITHUB:
        told = notices.of_report(report)
        return as_github.render(told, _numbers(report), report.root)
    full = form is Format.TEXT
    return as_text.render(
        report, full=full, quiet=quiet, verbose=verbose, colour=colour
    )


def _numbers(report: Report) -> Iterator[str]:
    yield f"{sentences.sites(report, full=True)}."
    if newly := sentences.newly_running(report):
        yield f"{newly}."
    yield f"{sentences.files(report)}."
    if report.known is not None:
        yield f"{sentences.known(report.known)}."


def sarif(
    report: Report, told: Iterable[Notice], meanings: Mapping[str, str] | None = None
) -> bytes:
    """Return a log of SARIF.

    Args:
        report: what it is about.
        told: what there is to say.
        meanings: what codes mean that are no rules.

    """
    # Loaded late: rules take long, and a report in another format has no need of them.
    from awaitify import plugins, rulebook
    from awaitify.refusals import NOTES
    from awaitify.report import as_sarif

    known = {note.code: note.meaning for note in NOTES}
    rules = rulebook.every(plugins.rules())
    return as_sarif.render(report, told, rules, {**known, **(meanings or {})})
