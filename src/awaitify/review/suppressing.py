"""Comments that keep what a reviewer wants to stay, and say why."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping

from awaitify.changes import lines
from awaitify.review.definitions import Text, texts
from awaitify.review.questions import Question
from awaitify_codemods.finishing import is_same_code

_WIDTH = 88
_DERIVED = frozenset({"AW108", "AW109"})
"""What follows from the drives of others: a comment there says what is said here."""


class Unsuppressed(Exception):
    """No comment can say it."""


def suppressed(
    question: Question, reason: str, files: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Return the files of a question with comments that keep it as it is.

    Args:
        question: what is not wanted.
        reason: why, on one line.
        files: what the files are now.

    Raises:
        Unsuppressed: there is nowhere to say so, or no way to.

    """
    if not reason.isprintable() or not reason.strip():
        raise Unsuppressed("a reason is one line of text")
    codes = _codes(question)
    if not codes:
        raise Unsuppressed("no finding stands in a definition here; n leaves it, too")
    changed: dict[str, bytes] = {}
    for full, rules in codes.items():
        path, _, name = full.partition("::")
        source = changed.get(path, files[path])
        changed[path] = _commented(source, name, rules, reason.strip())
    return changed


def _codes(question: Question) -> dict[str, list[str]]:
    """Return the definitions that get a comment, and the codes that it names."""
    found: dict[str, set[str]] = {}
    for finding in question.findings:
        if finding.test and finding.path.endswith(".py"):
            name = f"{finding.path}::{finding.test}"
            found.setdefault(name, set()).add(finding.rule)
    driving = {name: codes for name, codes in found.items() if codes - _DERIVED}
    return {name: sorted(codes) for name, codes in (driving or found).items()}


def _commented(source: bytes, name: str, codes: list[str], reason: str) -> bytes:
    found = texts(source).get(name, ())
    if len(found) != 1:
        raise Unsuppressed(f"{name} is not there once: it needs its comment by hand")
    text = found[0]
    comment = _encoded(f"# awaitify: ignore[{', '.join(codes)}] -- {reason}", source)
    every = lines(source)
    head = _head(text, every)
    if head is not None and len(every[head].rstrip()) + 2 + len(comment) <= _WIDTH:
        line = every[head]
        end = line[len(line.rstrip()) :]
        every[head] = line.rstrip() + b"  " + comment + end
    else:
        first = every[text.start]
        indent = first[: len(first) - len(first.lstrip(b" \t"))]
        end = b"\r\n" if first.endswith(b"\r\n") else b"\n"
        every.insert(text.start, indent + comment + end)
    result = b"".join(every)
    if not is_same_code(source, result):
        raise Unsuppressed(f"{name} needs its comment by hand")
    return result


_HEAD = re.compile(rb"\s*(?:(?:async\s+)?def|class)\s[^#\"'\\]*:\s*")


def _head(text: Text, every: list[bytes]) -> int | None:
    """Return the line of a head that is whole there, with nothing behind it."""
    for number in range(text.start, text.stop):
        if every[number].lstrip().startswith((b"def ", b"class ", b"async def ")):
            return number if _HEAD.fullmatch(every[number]) else None
    return None


def _encoded(comment: str, source: bytes) -> bytes:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    try:
        return comment.encode("utf-8" if encoding == "utf-8-sig" else encoding)
    except UnicodeEncodeError as error:
        raise Unsuppressed(f"the file is in {encoding}: it cannot hold this") from error
