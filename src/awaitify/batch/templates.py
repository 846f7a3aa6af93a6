"""Texts with placeholders: names of branches, messages, the command that comes last.

Only names in braces are replaced, each within its own word; no shell sees the result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from string import Formatter

from awaitify.config.options import hint

TEXT = ("name", "owner")
"""What stands in a branch's name and in a message."""
COMMAND = ("name", "branch", "path", "owner", "patch", "report", "commit")
"""What stands in a command."""


class TemplateError(ValueError):
    """A text that cannot be filled."""


def check(template: str, known: Collection[str]) -> frozenset[str]:
    """Return the names that a template uses.

    Raises:
        TemplateError: it has others, or braces that mean nothing.

    """
    names = frozenset(name for _, name in _parts(template) if name is not None)
    for name in sorted(names - set(known)):
        raise TemplateError(f"no placeholder {{{name}}}{hint(name, known)}")
    return names


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a text with all its placeholders filled."""
    return "".join(
        text + ("" if name is None else values[name]) for text, name in _parts(template)
    )


def words(templates: Collection[str], values: Mapping[str, str]) -> list[str]:
    """Return the words of a command.

    Raises:
        TemplateError: a value would be read as a flag where a word is expected.

    """
    filled = []
    for template in templates:
        word = fill(template, values)
        if word.startswith("-") and not template.startswith("-"):
            raise TemplateError(f"{word!r}, from {template}, would be read as a flag")
        if "\0" in word:
            raise TemplateError(f"{template} has a null byte")
        filled.append(word)
    return filled


def _parts(template: str) -> Iterator[tuple[str, str | None]]:
    try:
        for text, name, form, conversion in Formatter().parse(template):
            if form or conversion:
                raise TemplateError(f"{{{name}}} takes no format")
            yield text, name
    except TemplateError:
        raise
    except ValueError as error:
        message = f"{error}; a brace of its own is written twice"
        raise TemplateError(message) from error
