"""What was seen while the suite ran, from the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from awaitify.config import UsageError

if TYPE_CHECKING:
    from awaitify_codemods.evidence import Evidence


def load(path: Path) -> Evidence:
    """Read evidence.

    Raises:
        UsageError: the file cannot be read, or is something else.

    """
    from awaitify_codemods.evidence import Evidence, EvidenceError

    try:
        return Evidence.from_json(json.loads(path.read_bytes()))
    except OSError as error:
        raise UsageError(f"--evidence: {path}: {error.strerror}") from error
    except EvidenceError as error:
        raise UsageError(f"--evidence: {path}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--evidence: {path}: not evidence: {error}") from error


def note(evidence: Evidence, files: Mapping[str, bytes]) -> str:
    """Return what there is to say of evidence beside the files; "" if nothing."""
    from awaitify_codemods.plan import digest

    known = evidence.files
    changed = [
        path for path in sorted(known) if digest(files.get(path, b"")) != known[path]
    ]
    if not changed:
        return ""
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return (
        f"note: not the files that the evidence is of ({changed[0]}{more}): what was "
        "seen there is passed over"
    )
