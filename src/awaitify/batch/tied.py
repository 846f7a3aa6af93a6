"""Runs awaitify for an entry: ``python tied.py PID ARGUMENTS``.

It ends when the process of that number, the batch that has started it, does. It is
run as a file, and takes its own folder from where modules are looked for: neither
that nor the work tree, which may have a `typing.py`, is to be imported from.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

_OFTEN, _GRACE = 0.3, 10.0


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_OFTEN)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    # All of the session, which is ours.
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Run it; the number comes first."""
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]
    parent = int(sys.argv.pop(1))
    if hasattr(os, "killpg"):
        threading.Thread(target=_end_with, args=[parent], daemon=True).start()
    from awaitify.cli import main as awaitify

    awaitify()


if __name__ == "__main__":
    main()
