"""Reports, small and odd, for the tests of what is said of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from awaitify.changes import Change, changes
from awaitify.patch import unified
from awaitify.project import Fault
from awaitify.report import Refused, Report
from awaitify_codemods import Finding, RuleFailure, Unit

BEFORE = b'''\
import asyncio
from shop import Shop


def test_order():
    """Order."""
    shop = Shop(tea=3)
    assert asyncio.run(shop.order("tea", 2)) == 2


def test_left():
    assert asyncio.run(nothing()) is None


def test_passed_in_vain():
    return Shop().order("tea")
'''
AFTER = b'''\
import asyncio

import pytest
from shop import Shop


@pytest.mark.asyncio
async def test_order():
    """Order."""
    shop = Shop(tea=3)
    assert await shop.order("tea", 2) == 2


def test_left():
    assert asyncio.run(nothing()) is None


@pytest.mark.asyncio
async def test_passed_in_vain():
    return await Shop().order("tea")
'''
FILES: Sequence[tuple[str, bytes | None, bytes | None]] = (
    ("pytest.ini", b"[pytest]\n", b"[pytest]\nasyncio_mode = strict\n"),
    ("tests/helpers.py", b"def run(f):\n    return f\n", None),
    ("tests/hooks.py", None, b"HOOK = 1\n"),
    ("tests/test_shop.py", BEFORE, AFTER),
)
FINDINGS = (
    Finding("pytest.ini", 1, 1, "AW341", "migrate", "the mode is said"),
    Finding(
        "tests/test_shop.py", 5, 5, "AW109", "migrate", "it awaits", "", "test_order"
    ),
    Finding(
        "tests/test_shop.py",
        8,
        12,
        "AW101",
        "migrate",
        "asyncio.run() becomes an await",
        "",
        "test_order",
    ),
    Finding(
        "tests/test_shop.py",
        12,
        12,
        "AW101",
        "left",
        "nothing() starts a loop of its own",
        "inner-loop",
        "test_left",
    ),
    Finding(
        "tests/test_shop.py",
        15,
        1,
        "AW109",
        "newly-running",
        "nothing awaited it",
        "",
        "test_passed_in_vain",
    ),
    Finding("tests/test_shop.py", 16, 5, "AW334", "report", "it remembers a loop"),
)


def made(
    root: Path,
    files: Sequence[tuple[str, bytes | None, bytes | None]] = FILES,
    findings: Sequence[Finding] = FINDINGS,
) -> Report:
    """Return a report of what becomes of files."""
    unit = Unit(("tests/test_shop.py::test_order",))
    return Report(
        command="check",
        root=root,
        findings=tuple(findings),
        faults=(),
        bugs=(),
        failures=(),
        changed=tuple(path for path, _, after in files if after is not None),
        removed=tuple(path for path, _, after in files if after is None),
        patch=b"",
        seconds=1.0,
        changes=changes(files, (unit,)),
    )


def hostile(root: Path, texts: Sequence[str]) -> Report:
    """Return a report in which every name, message and line of code means something."""
    # No file is called by half of a character; no rule by nothing.
    paths = [re.sub("[\ud800-\udc7f\udd00-\udfff]", "?", text) or "x" for text in texts]
    findings = [
        Finding(paths[n - 1], n, 1, text or "AW101", status, text, text, text)
        for n, text in enumerate(texts, 1)
        for status in ("migrate", "left", "report", "review", "newly-running", text)
    ]
    sources = [text.encode("utf-8", "surrogatepass") for text in texts]
    after = (b"async " + text + b"\n" + text for text in sources)
    files = [
        Change(path, source, new, changes([("t.py", source, new)], ())[0].hunks)
        for path, source, new in zip(paths, sources, after, strict=True)
    ]
    return Report(
        command="check",
        root=root,
        findings=tuple(findings),
        faults=tuple(map(Fault, paths, range(1, 1000), texts)),
        bugs=tuple(
            Refused(path, text, text, unified(path, source, source + b"\n" + source))
            for path, text, source in zip(paths, texts, sources, strict=True)
        ),
        failures=tuple(RuleFailure(text, text) for text in texts),
        changed=tuple(paths),
        removed=tuple(paths),
        patch=b"",
        seconds=1.0,
        changes=tuple(files),
    )
