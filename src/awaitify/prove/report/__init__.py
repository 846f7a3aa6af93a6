"""What a proof has found, in the formats that people and programs read."""

from __future__ import annotations

from awaitify.config import Format
from awaitify.prove.proof import Proof
from awaitify.prove.report import (
    as_html,
    as_json,
    as_junit,
    as_markdown,
    as_text,
    content,
)
from awaitify.prove.report.content import Conclusion, conclusion
from awaitify.prove.report.notices import MEANINGS, of_proof
from awaitify.report import as_concise, as_github, as_gitlab, as_jsonl, sarif
from awaitify.report.content import Report

__all__ = ["Conclusion", "conclusion", "nothing", "render"]


def render(
    proof: Proof,
    form: Format,
    found: Report | None = None,
    *,
    quiet: bool = False,
    verbose: bool = False,
    colour: bool = False,
) -> bytes:
    """Return the report in one of its formats; whatever is no other is text.

    Args:
        proof: what was found.
        form: the format.
        found: what became of the files in the end, and what was left.
        quiet: the summary alone, in text.
        verbose: more, in text.
        colour: for a terminal.

    """
    found = found or nothing(proof)
    if form is Format.JSON:
        return as_json.render(proof)
    if form is Format.JSONL:
        return as_jsonl.render(as_json.plain(proof))
    if form is Format.SARIF:
        return sarif(found, of_proof(proof, found), MEANINGS)
    if form is Format.GITLAB:
        return as_gitlab.render(of_proof(proof, found))
    if form in (Format.GITHUB, Format.CONCISE):
        told = of_proof(proof, found)
        numbers = [*content.sentences(proof), content.SAYINGS[conclusion(proof)]]
        if form is Format.GITHUB:
            return as_github.render(told, numbers, proof.root)
        return as_concise.render(told, numbers[-1:], found.shown, colour=colour)
    if form is Format.MD:
        return as_markdown.render(proof)
    if form is Format.HTML:
        return as_html.render(proof, found)
    if form is Format.JUNIT:
        return as_junit.render(proof)
    return as_text.render(proof, quiet=quiet, verbose=verbose, colour=colour)


def nothing(proof: Proof) -> Report:
    """Return the report of files that goes with a proof, where none was kept."""
    return Report(
        command="prove",
        root=proof.root,
        findings=(),
        faults=(),
        bugs=(),
        failures=(),
        changed=proof.changed,
        removed=proof.removed,
        patch=b"",
        seconds=proof.seconds,
    )
