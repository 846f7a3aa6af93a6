"""How deep code may be nested that awaitify reads."""

from __future__ import annotations

import sys

_CALLS = 6000


def allow() -> int:
    """Let code nest deeper than by default; return the limit from before.

    The codemods refuse what is nested too deeply for Python's limit of recursion.
    That limit is one of the process, so it is for whoever owns the process to
    raise it. So many calls fit into the stack of a process's main thread.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _CALLS))
    return before
