"""Names and texts that mean something to whatever shows them, and must not.

Whoever writes a report in a format, or shows something in a terminal, plays the table:
what is said of a project with such names, node ids, messages and code has to be shown,
and nothing else.
"""

from __future__ import annotations

import re

LONG = "x" * 10_000

TEXTS = {
    "newline": "first\nsecond",
    "carriage-return": "shown\rhidden",
    "escape": "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "eight-bit-escape": "\x9b31mred\x9d0;title\x9c",
    "backspace": "good\b\b\b\bevil",
    "nul": "a\x00b",
    "quotes": "a'b\"c",
    "backslash": "a\\b\\n",
    "workflow-command": "::set-output name=x::y",
    "workflow-command-inside": "a\n::add-mask::secret",
    "workflow-command-indented": "  ::stop-commands::token",
    "old-workflow-command": "##[set-output name=x]y",
    "percent-newline": "a%0A::error::b",
    "colon-comma": "a,line=1::b:c",
    "table": "a|b||c",
    "backticks": "`a` ```b``` ``",
    "fence": "\n```\n# heading\n```",
    "markdown": "[a](javascript:alert(1)) ![i](https://example.com/x.png) *b* _c_ ~d~",
    "mention": "@octocat #1 GH-1 https://example.com www.example.com",
    "heading": "# heading",
    "list": "- item\n1. one",
    "script": "</script><script>alert(1)</script>",
    "comment": "<!-- --> --> ]]>",
    "tag": "<img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "style": "</style><style>*{display:none}</style>",
    "entity": "&lt;b&gt; &amp; &#64;",
    "template": "{{ 7 * 7 }} {% for x in y %} ${{ github.token }} ${x} `x`",
    "rich-markup": "[bold red]a[/] [link=https://example.com]b[/link]",
    "right-to-left": "a\u202etxt.exe\u202c \u2066b\u2069",
    "direction-marks": "\u200e\u200f\u061c",
    "zero-width": "a\u200bb\ufeffc",
    "line-separator": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "latin-1": "caf\udce9 \udcff",
    "half-a-character": "\ud83d",
    "no-character": "\ufdd0\uffff",
    "dash": "--output=/tmp/x",
    "formula": "=cmd|' /C calc'!A0",
    "spaces": "  a  b  ",
    "tab": "a\tb",
    "empty": "",
    "long": LONG,
}
"""Name of the trap -> what a message, a node id or a line of code may hold."""

NAMES = {
    trap: text
    for trap, text in TEXTS.items()
    if text and "\x00" not in text and "/" not in text and text != LONG
    # No file system takes halves of characters that stand for no byte.
    if not re.search("[\ud800-\udc7f\udd00-\udfff]", text)
}
"""Those that a file may be called by, on the systems that take all of them."""

_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TURNS = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def orders(shown: str) -> list[str]:
    """Return what a terminal would obey, or show out of its place."""
    return _ORDERS.findall(shown) + _TURNS.findall(shown)


def workflow_commands(log: str) -> list[str]:
    """Return the lines that GitHub's runner takes as orders."""
    return [line for line in re.split("\r?\n", log) if line.lstrip().startswith("::")]
