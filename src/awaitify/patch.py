"""Unified diffs that ``git apply`` takes, byte for byte."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from awaitify.changes import Change
from awaitify.terminal import shown

_ESCAPES = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
    34: '\\"',
    92: "\\\\",
}


def unified(
    path: str, before: bytes | None, after: bytes | None, *, executable: bool = False
) -> bytes:
    """Return the patch of one file; empty if nothing changed.

    Args:
        path: posix path relative to where the patch will be applied.
        before: the file's bytes as they are; None if it is made.
        after: the bytes to be written; None if the file goes.
        executable: whether a file that goes had the executable bit.

    """
    if before == after:
        return b""
    head = [f"diff --git {_quoted(f'a/{path}')} {_quoted(f'b/{path}')}\n"]
    if after is None:
        head.append(f"deleted file mode {'100755' if executable else '100644'}\n")
    if before is None:
        head.append("new file mode 100644\n--- /dev/null\n")
    elif after is not None or before:
        head.append(f"--- {_file(f'a/{path}')}\n")
    if after is not None or before:
        head.append(
            "+++ /dev/null\n" if after is None else f"+++ {_file(f'b/{path}')}\n"
        )
    text = "".join(head).encode("utf-8", "surrogateescape")
    return text + b"".join(_hunks(before or b"", after or b""))


def of(change: Change) -> bytes:
    """Return the patch of one file, to be applied at the root."""
    return change.diff or unified(
        change.path, change.before, change.after, executable=change.executable
    )


def coloured(patch: bytes) -> bytes:
    """Return the patch as a terminal shows it; not to be applied."""
    return b"\n".join(map(_coloured, shown(patch).split(b"\n")))


def _coloured(line: bytes) -> bytes:
    if line.startswith((b"diff ", b"--- ", b"+++ ")):
        return b"\x1b[1m" + line + b"\x1b[0m"
    codes = {b"+": b"32", b"-": b"31", b"@": b"36"}
    code = codes.get(line[:1])
    return b"\x1b[" + code + b"m" + line + b"\x1b[0m" if code else line


def _hunks(before: bytes, after: bytes) -> Iterator[bytes]:
    lines = difflib.unified_diff(_lines(before), _lines(after))
    # The first two lines name the files; git wants more than difflib says.
    for line in list(lines)[2:]:
        yield _terminated(line).encode("latin-1")


def _lines(source: bytes) -> list[str]:
    # latin-1 maps every byte to one character and back, whatever the encoding.
    # Not splitlines(): it also splits at form feeds, \x85 and the like.
    *whole, rest = source.decode("latin-1").split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])


def _terminated(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _file(name: str) -> str:
    quoted = _quoted(name)
    # git ends a name with spaces by a tab, or patch(1) would cut it short.
    return f"{quoted}\t" if " " in name and quoted == name else quoted


def _quoted(name: str) -> str:
    """Quote a name as git does with ``core.quotePath`` at its default."""
    data = name.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in _ESCAPES for byte in data):
        return name
    return '"' + "".join(map(_escaped, data)) + '"'


def _escaped(byte: int) -> str:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
