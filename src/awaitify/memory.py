"""How much memory there is to work with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# What rewriting a byte of source takes: 0.6 MB for 1 KB, and some to spare.
_A_BYTE = 800
_UNKNOWN = 2_000_000_000


def budget(free: int) -> int:
    """Return how many bytes of source may be rewritten at a time.

    Args:
        free: bytes of memory that may be used; the machine is not ours alone.

    """
    return free * 3 // 4 // _A_BYTE


def free(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int:
    """Return how many bytes this process and those it starts can still get."""
    limits = [*_of_groups(proc, cgroups), *_of_machine(proc)]
    return max(0, min(limits, default=_UNKNOWN))


def _of_machine(proc: Path) -> Iterator[int]:
    for line in _text(proc / "meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable" and rest.split()[0].isdigit():
            yield int(rest.split()[0]) * 1024
            return
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _of_groups(proc: Path, cgroups: Path) -> Iterator[int]:
    """Yield what the control groups of the process leave, in both versions."""
    for line in _text(proc / "self" / "cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            top, most, used = cgroups, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            top = cgroups / "memory"
            most, used = "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        group = top / path.strip("/")
        # In a container the path is that of the host: there is only the top.
        for each in (group, *group.parents):
            limit, current = _text(each / most).strip(), _text(each / used).strip()
            if limit.isdigit() and current.isdigit():
                yield int(limit) - int(current)
            if each == top:
                break


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
