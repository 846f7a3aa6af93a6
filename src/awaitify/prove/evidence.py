"""From what the probe has noted to evidence for the rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from awaitify.prove.outcome import SuiteRun
from awaitify_codemods.evidence import Evidence


def gathered(run: SuiteRun, root: Path, files: Mapping[str, bytes]) -> Evidence:
    """Return what a run has shown, of the files as they are."""
    return Evidence()
