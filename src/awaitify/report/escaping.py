"""Names, messages and code are data: none of it is an order to whatever shows it.

One function for each place where text of others is shown. HTML has none: templates
escape by themselves.
"""

from __future__ import annotations

import re

# What moves the cursor, ends a line, turns the direction of text around, cannot be
# seen, or is no character of its own.
_ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return text in which every character can be seen, and written as UTF-8.

    Newlines and tabs stay.
    """
    return _ODD.sub(_spelled, text.replace("\r\n", "\n"))


def terminal(text: str) -> str:
    """Return a text on one line that a terminal, or the log of a job, only shows."""
    shown = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    # Where a line begins so, GitHub's runners read an order: `::add-mask::`.
    head = len(shown) - len(shown.lstrip())
    if shown.startswith("::", head):
        shown = f"{shown[:head]}\\x3a{shown[head + 1 :]}"
    return shown


def markdown(text: str) -> str:
    """Return a text on one line in which no character means anything in Markdown.

    Nobody is mentioned by it, no issue is linked, and it fits in a table.
    """
    shown = re.sub(r"([\\`*_{}\[\]()<>#|&~!$^:])", r"\\\1", terminal(text))
    # GitHub mentions and links by the text that is shown, once it is rendered: what
    # parts it has no width.
    shown = shown.replace("@", "&#64;&#8203;").replace("\\#", "&#35;&#8203;")
    shown = re.sub(r"\b(GH-)(?=\d)", r"\1&#8203;", shown, flags=re.IGNORECASE)
    shown = re.sub(r"\b(www)\.", r"\1&#46;", shown, flags=re.IGNORECASE)
    shown = re.sub(r"^(\s*)([-+=])", r"\1\\\2", shown)
    return re.sub(r"^(\s*\d+)([.)])", r"\1\\\2", shown)


def annotation(text: str) -> str:
    """Return the message of a workflow command of GitHub; it may have several lines."""
    return _percent(visible(text))


def annotation_property(text: str) -> str:
    """Return the value of a property of a workflow command: a path, a title."""
    return _percent(visible(text)).replace(":", "%3A").replace(",", "%2C")


def _percent(text: str) -> str:
    # The runner decodes these, and no others.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        # A byte of a name that is no UTF-8.
        code -= 0xDC00
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
