"""Changes by hand: the new text of definitions, in the reviewer's own editor."""

from __future__ import annotations

import ast
import io
import os
import re
import shlex
import subprocess
import tempfile
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from awaitify.report.escaping import terminal
from awaitify.review.definitions import replaced, texts

_HEADER = """\
# The result, as it is to be. A line that begins with `# >>>` stays as it is; below it
# is one definition. What is tested, and how it is named, may not change.
"""
_MARK = re.compile(r"^# >>> (\d+) .*\n", re.MULTILINE)

Edit = Callable[[Path], str]
"""Opens a file and waits; returns what went wrong, or nothing."""


Check = Callable[[Mapping[str, bytes | None], Mapping[str, bytes]], Sequence[str]]
"""Says what is wrong with results that have other texts for some definitions."""


class Unedited(Exception):
    """What came back cannot be used, and why."""


def editable(names: Iterable[str], results: Mapping[str, bytes | None]) -> list[str]:
    """Return the definitions of a question that are in the result, each once."""
    found: list[str] = []
    for full in names:
        path, _, name = full.partition("::")
        there = texts(results.get(path)).get(name, ())
        if len(there) == 1 and not _is_inside(full, found):
            found.append(full)
    return found


def _is_inside(name: str, others: Iterable[str]) -> bool:
    return any(name.startswith(f"{other}::") for other in others)


def edited(
    names: Sequence[str], results: Mapping[str, bytes | None], edit: Edit
) -> dict[str, bytes]:
    """Let somebody edit definitions; return the text of those that changed.

    Raises:
        Unedited: the editor failed, or what came back is not what was asked for.

    """
    before = [_text(full, results) for full in names]
    shown = [
        f"# >>> {number} {terminal(full)}\n{text}"
        for number, (full, text) in enumerate(zip(names, before, strict=True), 1)
    ]
    with tempfile.TemporaryDirectory(prefix="awaitify-") as directory:
        path = Path(directory, "review.py")
        path.write_bytes("\n".join([_HEADER, *shown]).encode())
        if trouble := edit(path):
            raise Unedited(trouble)
        try:
            answer = path.read_bytes().decode().replace("\r\n", "\n")
        except (OSError, UnicodeDecodeError) as error:
            raise Unedited("what the editor left cannot be read as UTF-8") from error
    after = _sections(answer, len(names))
    return {
        full: _encoded(_checked(full, new), full, results)
        for full, old, new in zip(names, before, after, strict=True)
        if new.rstrip() != old.rstrip()
    }


def in_editor(path: Path) -> str:
    """Open a file in the editor of the user; no shell is asked."""
    command = next(filter(None, map(os.environ.get, _VARIABLES)), "vi")
    try:
        words = shlex.split(command)
        done = subprocess.run([*words, str(path)], check=False)
    except ValueError as error:
        return f"the editor {command!r} is not understood: {error}"
    except OSError as error:
        return f"the editor {command!r} cannot be started: {error.strerror}"
    return f"the editor ended with {done.returncode}" if done.returncode else ""


_VARIABLES = ("GIT_EDITOR", "VISUAL", "EDITOR")


def with_texts(
    results: Mapping[str, bytes | None], new: Mapping[str, bytes]
) -> dict[str, bytes | None]:
    """Return results with other texts for some of their definitions."""
    found = dict(results)
    by_path: dict[str, dict[str, bytes]] = {}
    for full, text in new.items():
        path, _, name = full.partition("::")
        by_path.setdefault(path, {})[name] = text
    for path, inside in by_path.items():
        source = found.get(path)
        assert source is not None
        found[path] = replaced(source, inside)
    return found


def _text(full: str, results: Mapping[str, bytes | None]) -> str:
    path, _, name = full.partition("::")
    source = results[path]
    assert source is not None
    text = texts(source)[name][0].source.decode(_encoding(source))
    text = text.replace("\r\n", "\n")
    return text if text.endswith("\n") else f"{text}\n"


def _encoding(source: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _sections(answer: str, count: int) -> list[str]:
    _, *parts = _MARK.split(answer)
    numbers, found = parts[::2], parts[1::2]
    if numbers != [str(number) for number in range(1, count + 1)]:
        raise Unedited("the lines that begin with `# >>>` are not what they were")
    return [f"{text.rstrip()}\n" for text in found]


def _checked(full: str, text: str) -> str:
    """Return a text that is one definition of a name."""
    name = full.rpartition("::")[2]
    try:
        body = ast.parse(textwrap.dedent(text)).body
    except (SyntaxError, ValueError) as error:
        raise Unedited(f"{terminal(name)} cannot be parsed: {error}") from error
    match body:
        case [ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as node]:
            if node.name == name:
                return text
    raise Unedited(f"below its line there is to be {terminal(name)}, and nothing else")


def _encoded(text: str, full: str, results: Mapping[str, bytes | None]) -> bytes:
    path, _, name = full.partition("::")
    source = results[path]
    assert source is not None
    old = texts(source)[name][0].source
    if b"\r\n" in old:
        text = text.replace("\n", "\r\n")
    if not old.endswith(b"\n"):
        text = text.rstrip("\r\n")
    try:
        return text.encode(_encoding(source))
    except UnicodeEncodeError as error:
        raise Unedited(f"{_encoding(source)} cannot hold {error.object!r}") from error
