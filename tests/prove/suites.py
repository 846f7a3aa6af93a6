"""Small suites that tests write, and runs of them with the probe."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

from awaitify.prove.outcome import SuiteRun
from awaitify.prove.run import Suite, run


def write(root: Path, **files: str) -> Path:
    """Write files; ``test_x=...`` is test_x.py, ``app__core`` is app/core.py."""
    for name, source in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
    return root


def ran(
    root: Path,
    *arguments: str,
    python: str = sys.executable,
    deadline: float | None = 120,
    environment: dict[str, str] | None = None,
    command: Sequence[str] = (),
) -> SuiteRun:
    """Run the suite at `root`."""
    command = tuple(command) or (python, "-m", "pytest")
    added = {"PYTEST_ADDOPTS": "-p no:randomly", **(environment or {})}
    return run(Suite(command, arguments, root, root, added), deadline=deadline)


def outcomes(result: SuiteRun) -> dict[str, str]:
    """Return how each test ended."""
    return {node_id: each.outcome for node_id, each in result.results.items()}
