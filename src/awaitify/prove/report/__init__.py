"""What a proof has found, in the formats that people and programs read."""

from __future__ import annotations

from awaitify.config import Format
from awaitify.prove.proof import Proof
from awaitify.prove.report import as_html, as_json, as_junit, as_markdown, as_text
from awaitify.prove.report.content import Conclusion, conclusion
from awaitify.report import Report

__all__ = ["Conclusion", "conclusion", "render"]


def render(
    proof: Proof,
    form: Format,
    *,
    quiet: bool = False,
    verbose: bool = False,
    colour: bool = False,
    found: Report | None = None,
) -> bytes:
    """Return the report in one of its formats; whatever is no other is text.

    Args:
        proof: what to tell.
        form: how.
        quiet: the summary alone.
        verbose: more of it.
        colour: for a terminal.
        found: the migration that stands, for formats that show it.

    """
    if form is Format.JSON:
        return as_json.render(proof)
    if form is Format.MD:
        return as_markdown.render(proof)
    if form is Format.HTML and found is not None:
        return as_html.render(proof, found)
    if form is Format.JUNIT:
        return as_junit.render(proof)
    return as_text.render(proof, quiet=quiet, verbose=verbose, colour=colour)
