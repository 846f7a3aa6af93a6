"""What a report of pytest says, in a few lines."""

from __future__ import annotations

from typing import Any

_LINES, _CHARACTERS = 12, 2000


def outcome(report: Any) -> str | None:
    """Return how a phase of a test ended; None where that decides nothing."""
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if report.skipped:
        return "xfailed" if hasattr(report, "wasxfail") else "skipped"
    if report.passed and report.when == "call":
        return "xpassed" if hasattr(report, "wasxfail") else "passed"
    return None


def message(report: Any) -> str:
    """Return the message of a failure, or the reason of a skip."""
    if report.passed:
        return ""
    if hasattr(report, "wasxfail"):
        return _short(str(report.wasxfail))
    found = report.longrepr
    if report.skipped and isinstance(found, tuple) and len(found) == 3:
        text = str(found[2])
        return _short(text[9:] if text.startswith("Skipped: ") else text)
    crash = getattr(found, "reprcrash", None)
    if crash is not None:
        return _short(str(crash.message))
    # Of what is no exception: a fixture that is not there, the exit of a worker.
    lines = str(found).strip().splitlines()
    return _short("\n".join(lines[-_LINES:]))


def collection(report: Any) -> str:
    """Return why something could not be collected."""
    lines = str(report.longrepr).strip().splitlines()
    errors = [line for line in lines if line.startswith("E ")]
    return _short("\n".join(line[1:].strip() for line in errors or lines[-_LINES:]))


def _short(text: str) -> str:
    lines = text.strip().splitlines()
    if len(lines) > _LINES:
        half = _LINES // 2
        lines = [*lines[:half], "...", *lines[-half:]]
    text = "\n".join(lines)
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 4] + " ..."
