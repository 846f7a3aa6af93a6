"""Configuration files as text and back, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"


class NotEditable(Exception):
    """A file whose form we do not know well enough to change it."""


@dataclass(frozen=True)
class Text:
    """A file's text with plain line ends, and what it takes to write it again."""

    content: str
    marked: bool
    """Whether it starts with a byte order mark."""
    windows: bool
    """Whether every line ends as on Windows; of mixed ones each is kept."""

    @classmethod
    def of(cls, source: bytes) -> Text:
        """Read bytes.

        Raises:
            NotEditable: they are not UTF-8.

        """
        marked = source.startswith(_BOM)
        try:
            content = source[len(_BOM) if marked else 0 :].decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotEditable("it is not UTF-8") from error
        windows = "\r\n" in content and content.count("\n") == content.count("\r\n")
        plain = content.replace("\r\n", "\n") if windows else content
        return cls(plain, marked, windows)

    def bytes(self) -> bytes:
        """Return the bytes of the file."""
        content = self.content.replace("\n", "\r\n") if self.windows else self.content
        return (_BOM if self.marked else b"") + content.encode()


def edited(source: bytes, edit: Callable[[str], str]) -> bytes:
    """Return a file after an edit of its text.

    Raises:
        NotEditable: it cannot be read as text, or the edit does not fit it.

    """
    text = Text.of(source)
    return Text(edit(text.content), text.marked, text.windows).bytes()


def line_at(content: str, position: int) -> tuple[int, int]:
    """Return where the line around a position starts, and where the next one does."""
    start = content.rfind("\n", 0, position) + 1
    end = content.find("\n", position) + 1
    return start, end or len(content)


def with_line_after(content: str, end: int, line: str) -> str:
    """Insert a line where another one ends; a missing last line end stays missing."""
    if end == len(content) and not content.endswith("\n") and content:
        return f"{content}\n{line}"
    return f"{content[:end]}{line}\n{content[end:]}"
