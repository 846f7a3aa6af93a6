"""The summary of a job of GitHub: Markdown at the end of a file that it names."""

from __future__ import annotations

import os
from collections.abc import Callable

VARIABLE = "GITHUB_STEP_SUMMARY"
_LIMIT = 1024 * 1024
"""Of a step; GitHub drops the whole of what is longer."""
_LEAST = 4096


def append(markdown: Callable[[int], bytes]) -> str | None:
    """Add to the summary; return what keeps it from being there, if anything does.

    Args:
        markdown: returns it, in no more than so many bytes.

    """
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    try:
        with open(name, "ab") as file:
            size = file.tell()
            # It is a paragraph of its own, whatever others have written.
            head = b"\n\n" if size else b""
            room = _LIMIT - size - len(head)
            text = markdown(room) if room >= _LEAST else b""
            if not text or len(text) > room:
                return f"the job summary is full: {size} of {_LIMIT} bytes are taken"
            file.write(head + text)
    except OSError as error:
        return f"the job summary cannot be written: {error.strerror or error}"
    return None
