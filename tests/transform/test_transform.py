"""The transform as a whole: bytes, the promise to find nodes, and its limits."""

from __future__ import annotations

import subprocess
import sys
import threading

import libcst
import pytest

from awaitify_codemods.plan import Edit
from awaitify_codemods.transform import TransformError, carry_out

RUN = Edit("Call", 0, "await-argument", {"position": 0}, "run")
FIRST = [
    RUN,
    Edit("FunctionDef", 0, "make-async"),
    Edit("FunctionDef", 0, "add-decorator", {"code": "@mark"}),
    Edit("Expr", 0, "insert-after", {"code": "if x:\n    y()\nz()\n"}),
    Edit("Module", 0, "add-import", {"code": "import pytest"}),
]

BYTES = {
    "unix": (
        b"import os\n\ndef f():\n    run(g())\n",
        b"import os\n\nimport pytest\n\n\n@mark\nasync def f():\n    await g()\n"
        b"    if x:\n        y()\n    z()\n",
    ),
    "windows": (
        b"import os\r\n\r\ndef f():\r\n    run(g())\r\n",
        b"import os\r\n\r\nimport pytest\r\n\r\n\r\n@mark\r\nasync def f():\r\n"
        b"    await g()\r\n    if x:\r\n        y()\r\n    z()\r\n",
    ),
    "tabs": (
        b"import os\n\ndef f():\n\trun(g())\n",
        b"import os\n\nimport pytest\n\n\n@mark\nasync def f():\n\tawait g()\n"
        b"\tif x:\n\t\ty()\n\tz()\n",
    ),
    "two spaces": (
        b"import os\n\ndef f():\n  run(g())\n",
        b"import os\n\nimport pytest\n\n\n@mark\nasync def f():\n  await g()\n"
        b"  if x:\n    y()\n  z()\n",
    ),
    "byte order mark": (
        b"\xef\xbb\xbfdef f():\n    run(g('\xc3\xa9'))\n",
        b"\xef\xbb\xbfimport pytest\n\n\n@mark\nasync def f():\n"
        b"    await g('\xc3\xa9')\n    if x:\n        y()\n    z()\n",
    ),
    "latin-1": (
        b"# coding: latin-1\n\ndef f():\n    run(g('\xe9'))\n",
        b"# coding: latin-1\n\nimport pytest\n\n\n@mark\nasync def f():\n"
        b"    await g('\xe9')\n    if x:\n        y()\n    z()\n",
    ),
    "no newline at the end": (
        b"import os\n\ndef f():\n    run(g())",
        b"import os\n\nimport pytest\n\n\n@mark\nasync def f():\n    await g()\n"
        b"    if x:\n        y()\n    z()",
    ),
    "form feeds": (
        b"import os\n\x0c\ndef f():\n    run(g())\n\x0c\nx = '\x0c'\n",
        b"import os\n\nimport pytest\n\n\n\x0c\n@mark\nasync def f():\n    await g()\n"
        b"    if x:\n        y()\n    z()\n\x0c\nx = '\x0c'\n",
    ),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes(name: str):
    before, after = BYTES[name]
    assert carry_out(FIRST, before) == after


@pytest.mark.parametrize(
    "source",
    [
        b"x  =  1 ;y=2\t# a\r\n\n\n\r\nrun( y )\r\n  # b\r\n",
        b"if x:\n\ty\n\t# a\n  # b\n# c\n\nrun(y)\n\x0c\n",
        b"class A:\n\n  def f(): return 1\n\n\n\n\nrun(y) # \xc3\xa9",
        b"x = '''\r\n\ta\n'''\nrun(y)\n\\\n\n",
    ],
)
def test_all_other_bytes_stay(source: bytes):
    at = source.index(b"run(")
    end = source.index(b")", at)
    after = source[:at] + b"await y" + source[end + 1 :]
    assert carry_out([RUN], source) == after


def test_line_ends_that_are_not_kept_are_refused():
    with pytest.raises(TransformError, match="line ends"):
        carry_out([RUN], b"run(x)\ry = 1\r")


@pytest.mark.parametrize(
    "edit, message",
    [
        (Edit("Call", 1, "await-call"), "Call 1 not found"),
        (Edit("Call", 0, "await-call", {}, "loop.run"), "'run', not 'loop.run'"),
        (Edit("FunctionDef", 0, "make-async", {}, "g"), "'f', not 'g'"),
        (Edit("ClassDef", 0, "make-async"), "not found"),
        (Edit("Klass", 0, "remove"), "no kind"),
        (Edit("Call", 0, "explode"), "no operations"),
        (Edit("Call", 0, "await-argument", {"position": 1}), "no positional"),
        (Edit("Call", 0, "drop-keyword", {"name": "x"}), "no argument 'x'"),
        (Edit("FunctionDef", 0, "drop-decorator", {"index": 0}), "no item 0"),
        (Edit("FunctionDef", 0, "to-with"), "not a call"),
        (Edit("FunctionDef", 0, "unwrap"), "cannot be unwrapped"),
        (Edit("FunctionDef", 0, "drop-names", {"indexes": [0]}), "no import"),
        (Edit("Call", 0, "set-value", {"code": "1"}), "no value"),
        (Edit("Call", 0, "make-async"), "does not fit"),
        (Edit("Call", 0, "rename"), "does not fit"),
        (Edit("Call", 0, "remove"), "no statement to remove"),
    ],
)
def test_what_is_not_there_is_refused(edit: Edit, message: str):
    with pytest.raises(TransformError, match=message):
        carry_out([edit], b"def f():\n    run(g)\n")


@pytest.mark.parametrize(
    "source, expect",
    [
        (b"a.b.c(1)", "a.b.c"),
        (b"a.new_event_loop().run(x)", "a.new_event_loop().run"),
        (b"a.get(1, 'x').run(x)", 'a.get(1, "x").run'),
        (b"a[0].run(x)", "a[0].run"),
        (b"a.b(c(d())).run(x)", "a.b(c(d())).run"),
        (b"a . b (x)", "a.b"),
    ],
)
def test_callee_as_spelled(source: bytes, expect: str):
    carry_out([Edit("Call", 0, "await-call", {}, expect)], source)


def test_invalid_source_is_refused():
    with pytest.raises(TransformError, match="parsed"):
        carry_out([RUN], b"def f(:\n")


def nested(open_: str, close: str, times: int) -> bytes:
    return f"run(x)\nx = {open_ * times}1{close * times}\n".encode()


DEEP = [
    nested("(", ")", 150),
    nested("[", "]", 1300),
    nested("f(", ")", 3000),
    nested("{1: ", "}", 400),
    nested("", ".x", 10_000),
    nested("1 + ", "", 10_000),
    nested("not ", "", 10_000),
    nested("lambda: ", "", 10_000),
    nested("1 and\\\n", "", 10_000),
    nested("1 if x else ", "", 5_000),
    b"run(x)\nif x: pass\n" + b"elif x: pass\n" * 10_000,
]


@pytest.mark.parametrize("source", DEEP, ids=range(len(DEEP)))
def test_deep_nesting_is_refused(source: bytes):
    caught = []

    def target() -> None:
        try:
            carry_out([Edit("Call", 0, "await-argument", {"position": 0})], source)
        except TransformError as error:
            caught.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    assert caught


@pytest.mark.parametrize("open_, close", ["()", "[]", ("g(", ")"), ("not ", "")])
def test_moderate_nesting_is_not(open_: str, close: str):
    source = nested(open_, close, 60)
    assert carry_out([RUN], source).startswith(b"await x\n")


def test_brackets_in_strings_are_not_nesting():
    source = b"run(x)\ny = '" + b"(" * 500 + b"'\n"
    assert carry_out([RUN], source).startswith(b"await x\n")


def test_source_is_parsed_once(monkeypatch: pytest.MonkeyPatch):
    parsed = []
    parse = libcst.parse_module

    def counted(*args, **kwargs):
        parsed.append(args)
        return parse(*args, **kwargs)

    monkeypatch.setattr(libcst, "parse_module", counted)
    carry_out(FIRST, BYTES["unix"][0])
    assert len(parsed) == 1


def test_libcst_is_not_imported_where_there_is_nothing_to_do():
    code = (
        "import sys; from awaitify_codemods.transform import carry_out;"
        "assert carry_out([], b'x = 1') == b'x = 1';"
        "sys.exit('libcst' in sys.modules)"
    )
    path = [entry for entry in sys.path if entry]
    subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}; {code}"],
        check=True,
    )
