"""Runs other suites, each in a process of its own: event loops leak."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_RECORDER = Path(__file__).parent / "recorder"


@dataclass(frozen=True)
class Run:
    """What one run of pytest said."""

    tests: Mapping[str, str]
    """Node id -> passed, failed, error, skipped, xfailed, xpassed or collected."""
    warnings: tuple[str, ...]
    log: str

    @classmethod
    def read(cls, record: Path, log: str = "") -> Run:
        """Read what the plugin wrote."""
        data = json.loads(record.read_text(encoding="utf-8"))
        return cls(data["tests"], tuple(text for _, text in data["warnings"]), log)

    @property
    def never_awaited(self) -> int:
        """How many warnings tell of a coroutine that nobody awaited."""
        return sum("never awaited" in warning for warning in self.warnings)


def warnings_by_test(record: Path) -> list[tuple[str, str]]:
    """Return the warnings of a run: the node id of a test, and the text."""
    data = json.loads(record.read_text(encoding="utf-8"))
    return [(test, text) for test, text in data["warnings"]]


def run_pytest(
    cwd: Path,
    arguments: Sequence[str],
    record: Path,
    *,
    python: str | Path = sys.executable,
    pythonpath: Sequence[Path] = (),
    timeout: float = 120,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run pytest in `cwd` and return the outcome of every test.

    A run that dies has the outcomes that it had written: none.
    """
    paths = os.pathsep.join(map(str, [_RECORDER, *pythonpath]))
    environment = {
        **_inherited(),
        **(environment or {}),
        "PYTHONPATH": paths,
        "PYTHONDONTWRITEBYTECODE": "1",
        "RECORD_OUTCOMES": str(record),
    }
    command = [str(python), "-m", "pytest", "-p", "record_outcomes"]
    record.unlink(missing_ok=True)
    log = _output([*command, *arguments], cwd, environment, timeout)
    return Run.read(record, log) if record.exists() else Run({}, (), log)


def _inherited() -> dict[str, str]:
    # Options of the run that we are part of are not meant for this one.
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "COV_"))
    }


def _output(
    command: list[str], cwd: Path, environment: dict[str, str], timeout: float
) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
        text = said if isinstance(said, str) else said.decode(errors="replace")
        return f"{text}\nstopped after {timeout} s\n"
    return done.stdout
