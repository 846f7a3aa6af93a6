"""The table: a file as it is, and as it is expected after; or why it is left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

BEFORE = """\
import asyncio


async def f():
    return 1


def test_a():
    assert asyncio.run(f()) == 1
"""
AFTER = """\
import pytest


async def f():
    return 1


@pytest.mark.asyncio
async def test_a():
    assert await f() == 1
"""


@dataclass(frozen=True)
class Odd:
    """One file of the table."""

    before: bytes
    after: bytes | None = None
    """None if nothing may change."""
    error: str = ""
    """A pattern: ``line: message``, if the file cannot be used."""
    name: str = "test_it.py"
    executable: bool = False
    since: tuple[int, int] = (3, 10)
    """The first Python that reads it."""


def both(change: Callable[[str], str], encoding: str = "utf-8") -> Odd:
    """The same oddity in both: it has to stay."""
    return Odd(change(BEFORE).encode(encoding), change(AFTER).encode(encoding))


def replaced(old: str, new: str, *more: str) -> Odd:
    assert old in BEFORE and old in AFTER
    return both(lambda text: text.replace(old, new))


def ending(end: str) -> Odd:
    """In place of the last line's end."""
    return both(lambda text: text[:-1] + end)


def named(name: str) -> Odd:
    return Odd(BEFORE.encode(), AFTER.encode(), name=name)


def broken(before: str | bytes, error: str) -> Odd:
    return Odd(before.encode() if isinstance(before, str) else before, None, error)


def cookie(name: str, text: str, encoding: str = "") -> Odd:
    """A file in an encoding; where its first import goes, a blank line stays."""
    line = f"# -*- coding: {name} -*-\n"
    tail = f"s = '{text}'\n"
    encoding = encoding or name
    before, after = line + BEFORE + tail, f"{line}\n{AFTER}{tail}"
    return Odd(before.encode(encoding), after.encode(encoding))


def crlf(odd: Odd) -> Odd:
    assert odd.after is not None
    return Odd(odd.before.replace(b"\n", b"\r\n"), odd.after.replace(b"\n", b"\r\n"))


def since(version: tuple[int, int], odd: Odd) -> Odd:
    return Odd(odd.before, odd.after, odd.error, odd.name, odd.executable, version)


_DEF, _LAST = "def test_a():\n", "== 1\n"
_LINE = " asyncio.run(f()) == 1", " await f() == 1"


def line(before: str, after: str) -> Odd:
    """What the edited line is, instead of ``    assert asyncio.run(f()) == 1``."""
    return Odd(
        BEFORE.replace("    assert" + _LINE[0], before).encode(),
        AFTER.replace("    assert" + _LINE[1], after).encode(),
    )


_SEPARATORS = {
    "form feed": "\x0c",
    "vertical tab": "\x0b",
    "file separator": "\x1c",
    "group separator": "\x1d",
    "record separator": "\x1e",
    "next line": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "byte order mark": "\ufeff",
    "end of file": "\x1a",
}

LINE_ENDS = {
    "crlf": both(lambda text: text.replace("\n", "\r\n")),
    "crlf but for the edited line": both(
        lambda text: text.replace("\n", "\r\n").replace("== 1\r\n", "== 1\n")
    ),
    "crlf but for the definition": both(
        lambda text: text.replace("\n", "\r\n").replace("():\r\n    assert", "():\n    assert")
    ),
    "crlf on the definition alone": replaced(_DEF, _DEF[:-1] + "\r\n"),
    "crlf on the edited line alone": replaced(_LAST, "== 1\r\n"),
    "line ends mixed in a function": replaced(
        _DEF, _DEF[:-1] + "\r\n    x = 1\n    y = 2\r\n"
    ),
    "crlf in a triple-quoted string": replaced(
        _DEF, _DEF + '    s = """a\r\n  b"""\r\n'
    ),
    "crlf, and lf in a triple-quoted string": both(
        lambda text: text.replace("\n", "\r\n").replace("f():\r\n", 'f():\r\n    """a\n"""\r\n', 1)
    ),
    "carriage return in a comment": replaced(_LAST, "== 1\n# a\rb = 1\n"),
    "carriage return in a triple-quoted string": replaced(_LAST, '== 1\ns = """a\rb"""\n'),
    "carriage return that ends a line": replaced(_LAST, "== 1\nx = 1\ry = 2\n"),
    "carriage returns alone": broken(
        BEFORE.replace("\n", "\r"), r"1: line ends or form feeds that LibCST does not"
    ),
    "backslash and crlf": crlf(
        line("    assert \\\n        asyncio.run(f()) == 1", "    assert \\\n        await f() == 1")
    ),
    "no final newline": ending(""),
    "no final newline, spaces": ending("  "),
    "no final newline, a comment": ending("\n# end"),
    "no final newline, an indented comment": ending("\n    # end"),
    "no final newline, spaces on a line of their own": ending("\n    "),
    "several final newlines": ending("\n\n\n\n"),
    "final carriage return": broken(
        BEFORE + "\r", r"1: line ends or form feeds that LibCST does not"
    ),
    "ends in a backslash": broken(BEFORE[:-1] + " \\", r"9: unexpected EOF"),
    "ends in a backslash and a newline": broken(BEFORE[:-1] + " \\\n", r"9: unexpected EOF"),
}  # fmt: skip

SEPARATORS = {
    **{
        f"{name} in a string of the edited line": replaced("== 1", f"== 1, '{character}'")
        for name, character in _SEPARATORS.items()
    },
    **{
        f"{name} in a comment": replaced("== 1", f"== 1  # a {character} b")
        for name, character in _SEPARATORS.items()
    },
    **{
        f"{name} in a docstring": replaced(_DEF, f'{_DEF}    """a{character}\nb{character}"""\n')
        for name, character in _SEPARATORS.items()
    },
    "form feed between definitions": replaced("\n\n\nasync def f", "\n\n\n\x0c\nasync def f"),
    "form feed before a comment": replaced("\n\n\nasync def f", "\n\n\n\x0c# f\nasync def f"),
    "form feed before the definition": Odd(
        BEFORE.replace("def test_a", "\x0cdef test_a").encode(),
        AFTER.replace("@pytest", "\x0c@pytest").encode(),
    ),
    "form feed before another definition": replaced("async def f", "\x0casync def f"),
    "form feed before the edited line": replaced("    assert", "\x0c    assert"),
    "form feed within the indentation": replaced("    assert", "  \x0c    assert"),
    "form feed before code of the module": replaced(_LAST, "== 1\n\x0cx = 1\n\x0c\x0cy = 2\n"),
    "form feed before else": replaced(
        _LAST, "== 1\nif f:\n    pass\n\x0celse:\n    pass\n"
    ),
    "form feed and crlf": both(
        lambda text: text.replace("async def f", "\x0casync def f").replace("\n", "\r\n")
    ),
    "form feed within a line": replaced("assert", "assert\x0c"),
    "vertical tab before code": broken(
        BEFORE.replace("def test", "\x0bdef test"), r"8: invalid"
    ),
}  # fmt: skip

ENCODINGS = {
    "byte order mark": both(lambda text: text, "utf-8-sig"),
    "byte order mark and crlf": crlf(both(lambda text: text, "utf-8-sig")),
    "byte order mark and cookie": cookie("utf-8", "é", "utf-8-sig"),
    "byte order mark and another cookie": broken(
        f"# coding: latin-1\n{BEFORE}".encode("utf-8-sig"),
        r"1: the encoding cookie contradicts the byte order mark",
    ),
    "cookie: utf-8": cookie("utf-8", "é"),
    "cookie: utf-8-sig without a mark": cookie("utf-8-sig", "é", "utf-8"),
    "cookie: latin-1": cookie("latin-1", "é\x85"),
    "cookie: cp1252": cookie("cp1252", "€"),
    "cookie: iso-8859-15": cookie("iso-8859-15", "€"),
    "cookie: koi8-r": cookie("koi8-r", "я"),
    "cookie: euc-jp": cookie("euc-jp", "日本"),
    # The second byte of this one is a backslash.
    "cookie: shift_jis": cookie("shift_jis", "表示"),
    "cookie: gbk": cookie("gbk", "中文"),
    "cookie: big5": cookie("big5", "中文"),
    "cookie on line 2": Odd(
        f"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n{BEFORE}s = 'é'\n".encode(
            "latin-1"
        ),
        f"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n\n{AFTER}s = 'é'\n".encode(
            "latin-1"
        ),
        executable=True,
    ),
    "cookie on line 3 is none": broken(
        f"\n\n# coding: latin-1\n{BEFORE}s = 'é'\n".encode("latin-1"),
        r"13: not utf-8: byte 0xe9",
    ),
    "cookie: unknown": broken(f"# coding: nonsense\n{BEFORE}", r"1: .*nonsense"),
    "cookie: not an encoding of text": broken(f"# coding: hex\n{BEFORE}", r"1: .*hex"),
    "cookie: utf-16": broken(f"# coding: utf-16\n{BEFORE}", r"1: "),
    "cookie: unicode_escape": broken(
        f"# coding: unicode_escape\n{BEFORE}", r"1: bytes that unicode_escape does not"
    ),
    "cookie that is not true": broken(
        f"# coding: ascii\n{BEFORE}s = 'é'\n", r"11: not ascii as its .* byte 0xc3"
    ),
    # Nothing in it looks like a driver of a loop.
    "utf-16": Odd(BEFORE.encode("utf-16")),
    "latin-1 without a cookie": broken(
        f"{BEFORE}s = 'é'\n".encode("latin-1"), r"10: not utf-8: byte 0xe9"
    ),
    "latin-1 in a comment without a cookie": broken(
        f"{BEFORE}# é\n".encode("latin-1"), r"10: not utf-8: byte 0xe9"
    ),
    "latin-1 identifiers": both(
        lambda text: "# coding: latin-1\n\n"
        + text.replace("f()", "é()").replace("test_a", "test_ö"),
        "latin-1",
    ),
    "beyond the basic plane": replaced("== 1", "== 1, '😀'; s = '😀'"),
    "combining characters": replaced("== 1", "== 1, 'e\u0301'"),
    "right to left": replaced("== 1", "== 1, '\u05d0\u202e'"),
    "decomposed identifiers": both(
        lambda text: text.replace("test_a", "test_e\u0301").replace("def f", "def o\u0308").replace("f()", "\u00f6()")
        .replace("def \u00f6", "def o\u0308")
    ),
    "compatibility characters in identifiers": both(
        lambda text: text.replace("f()", "\ufb01()").replace("test_a", "test_\u212b")
    ),
    "null byte": broken(f"{BEFORE}s = '\0'\n", r"10: holds a null byte"),
}  # fmt: skip

LAYOUT = {
    "tabs": both(lambda text: text.replace("    ", "\t")),
    "one space": both(lambda text: text.replace("    ", " ")),
    "tabs in one function": replaced("    return", "\treturn"),
    "tabs after spaces": both(lambda text: text.replace("    ", "  \t")),
    "tabs and spaces that disagree": broken(
        BEFORE.replace("    assert", "        x = 1\n\tassert"), r"10: inconsistent"
    ),
    "tabs in continuation lines": Odd(
        BEFORE.replace("    ", "\t").replace("run(f())", "run(\n\t\tf(),\n\t)").encode(),
        AFTER.replace("    ", "\t").encode(),
    ),
    "whitespace at line ends": both(
        lambda text: text.replace("():\n", "():  \t\n").replace("== 1", "== 1   ")
    ),
    "whitespace on blank lines": both(lambda text: text.replace("1\n\n", "1\n    \n\t\n")),
    "semicolons": line(
        "    x = 1; assert asyncio.run(f()) == 1 ; y = 2;",
        "    x = 1; assert await f() == 1 ; y = 2;",
    ),
    "suite on one line": replaced("():\n    assert", "(): assert"),
    "suite on one line, semicolons": replaced("():\n    assert", "():x=1;assert"),
    "line continuation": line(
        "    assert \\\n  asyncio.run(f()) \\\n == 1", "    assert \\\n  await f() \\\n == 1"
    ),
    "spaces within": line(
        "    assert  asyncio . run ( f ( ) )==1", "    assert  await f ( )==1"
    ),
    "no blank lines": Odd(
        BEFORE.replace("\n\n\n", "\n").encode(),
        AFTER.replace("\n\n\n", "\n").replace("pytest\n", "pytest\n\n\n", 1).encode(),
    ),
    "fmt: off": replaced("    assert", "    # fmt: off\n    x = [1,2,\n3]; assert"),
    "type: ignore": replaced("== 1", "==   1  # type: ignore[attr] # noqa:E501"),
    "type comment": replaced("test_a():", "test_a():  # type: () -> None"),
    "very long line": replaced("== 1", f"== 1, [{'1, ' * 2_000}]"),
    "very long string": replaced("== 1", f"== 1, '{'x' * 100_000}'"),
    "walrus": line("    assert (x := asyncio.run(f())) == 1", "    assert (x := await f()) == 1"),
    "decorators over several lines": Odd(
        BEFORE.replace("def test", "@pytest.mark.x(\n  1, # one\n    2)\ndef test").replace("import asyncio", "import asyncio\n\nimport pytest").encode(),
        AFTER.replace("@pytest.mark.asyncio\n", "@pytest.mark.x(\n  1, # one\n    2)\n@pytest.mark.asyncio\n").encode(),
    ),
    "starred": line("    assert [*[asyncio.run(f())], *()] == [1]", "    assert [*[await f()], *()] == [1]"),
    "unicode escapes": replaced("== 1", "== 1, '\\u00e9\\N{BULLET}\\x0c'"),
    "invalid escapes": replaced("== 1", "== 1, ['\\d\\ ', b'\\9']"),
    "match": line(
        "    match asyncio.run(f()):\n        case {'a': 1, **k} | [k, *_]: assert 0\n        case _: pass",
        "    match await f():\n        case {'a': 1, **k} | [k, *_]: assert 0\n        case _: pass",
    ),
    "f-string": line(
        "    assert f'{asyncio.run(f())!r:>{2}}' == ' 1'", "    assert f'{await f()!r:>{2}}' == ' 1'"
    ),
    "f-strings in f-strings": since(
        (3, 12),
        line("    assert f'{f'{asyncio.run(f())}'}' == '1'", "    assert f'{f'{await f()}'}' == '1'"),
    ),
    "type parameters": since(
        (3, 12),
        replaced(_LAST, "== 1\n\n\ntype X[T] = list[T]\ndef g[T: int, *A, **P](x: T) -> T: return x\nclass K[T]: pass\n"),
    ),
    "except*": since((3, 11), replaced(_LAST, "== 1\n    try: pass\n    except* OSError: pass\n")),
    "notebook magic": broken(f"{BEFORE}%matplotlib inline\n", r"10: invalid syntax"),
    "merge conflict": broken(f"{BEFORE}<<<<<<< HEAD\n=======\n>>>>>>> x\n", r"10: invalid"),
    "empty": Odd(b""),
    "a newline": Odd(b"\n"),
    "comments alone": Odd(b"# asyncio.run(f())"),
    "a docstring alone": Odd(b'"""asyncio.run(f())"""'),
    "a byte order mark alone": Odd(b"\xef\xbb\xbf"),
}  # fmt: skip

NAMES = {
    "name with spaces": named("test a b .py"),
    "name that is not ASCII": named("test_é日本😀.py"),
    "name that is decomposed": named("test_e\u0301.py"),
    "name with quotes": named("test_\"a\"'b'.py"),
    "name with a backslash": named("test_\\a\\n.py"),
    "name with a newline": named("test_a\nb.py"),
    "name with a tab": named("test_a\tb.py"),
    "name with a carriage return": named("test_a\rb.py"),
    "name with a leading dash": named("-test_a_test.py"),
    "name with brackets": named("test_[a]*?{b}.py"),
    "name that is no text": named("test_\udce9\udcff.py"),
    "name with a hash and a percent sign": named("test_#%20.py"),
    "executable, with a shebang": Odd(
        f"#!/usr/bin/env python3\n{BEFORE}".encode(),
        f"#!/usr/bin/env python3\n\n{AFTER}".encode(),
        executable=True,
    ),
}

TABLE: dict[str, Odd] = {
    **{f"line ends: {name}": odd for name, odd in LINE_ENDS.items()},
    **{f"separators: {name}": odd for name, odd in SEPARATORS.items()},
    **{f"encodings: {name}": odd for name, odd in ENCODINGS.items()},
    **{f"layout: {name}": odd for name, odd in LAYOUT.items()},
    **{f"names: {name}": odd for name, odd in NAMES.items()},
}

READABLE = {name: odd for name, odd in TABLE.items() if odd.since <= sys.version_info}
