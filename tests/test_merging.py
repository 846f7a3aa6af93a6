"""Reports in JSON are read back as they were, and those of shards are joined."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from awaitify import patch
from awaitify.report import as_json
from awaitify.report.merging import merged
from awaitify.report.reading import ReportError, Written, load
from tests.command import git, run
from tests.test_cli import LEFT, LEGACY, make

HELPER = """\
import asyncio


def drive(coroutine):
    return asyncio.run(coroutine)
"""
USER = """\
from helper import drive


async def f():
    return 1


def test_u():
    assert drive(f()) == 1
"""
ODD = (
    b"# -*- coding: latin-1 -*-\r\n# caf\xe9\r\nimport asyncio\r\n\x0c\r\n"
    b"async def f():\r\n    return 1\r\n\r\n\r\n"
    b"def test_a():\r\n    assert asyncio.run(f()) == 1"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with a chain over files, an odd file, and what is left."""
    root = tmp_path_factory.mktemp("merging") / "p"
    make(root, test_a=LEGACY, test_b=LEFT, helper=HELPER, test_u=USER, test_v=USER)
    (root / "test_caf\u00e9 x.py").write_bytes(ODD)
    (root / "broken.py").write_bytes(b"import asyncio\nasyncio.run(\n")
    return root


@pytest.fixture(scope="module")
def whole(root: Path) -> bytes:
    return run(root, "diff", "--format", "json").stdout.encode()


def again(data: bytes) -> bytes:
    """Return a report, read and written once more."""
    return as_json.render(load(data).report)


def test_a_report_of_the_same_tree_is_the_same_bytes(root: Path, whole: bytes):
    assert run(root, "diff", "--format", "json").stdout.encode() == whole
    assert b"seconds" not in whole


@pytest.mark.parametrize("command", ["check", "diff"])
def test_what_is_read_back_is_what_was_written(root: Path, command: str):
    data = run(root, command, "--format", "json").stdout.encode()
    assert again(data) == data


def test_diffs_lose_no_byte(root: Path, whole: bytes):
    printed = run(root, "diff", "--output", str(root.parent / "p.patch"))
    assert printed.returncode == 3
    changes = load(whole).report.changes
    expected = (root.parent / "p.patch").read_bytes()
    assert b"".join(map(patch.of, changes)) == expected
    assert b"caf\xe9" in expected
    [odd] = [change for change in changes if " " in change.path]
    before = (root / odd.path).read_bytes()
    lines = [line for hunk in odd.hunks for line in hunk.old]
    assert b"    assert asyncio.run(f()) == 1" in lines
    assert all(line in before for line in lines)


def shards(whole: bytes, of: Callable[[str], int], total: int) -> list[bytes]:
    """Return a report as shards would have written it, by the paths of files."""
    found = []
    for number in range(1, total + 1):
        data: dict[str, Any] = json.loads(whole)
        for key in ("findings", "files", "errors"):
            data[key] = [each for each in data[key] if of(each["path"]) == number]
        data["shard"] = f"{number}/{total}"
        # As its own run would count them.
        found.append(again(json.dumps(data).encode()))
    return found


def of_chain(path: str) -> int:
    return 2 if path in ("helper.py", "test_u.py", "test_v.py") else 1


def named(parts: list[bytes]) -> list[tuple[str, Written]]:
    return [(f"{n}.json", load(part)) for n, part in enumerate(parts, 1)]


def test_shards_are_joined_to_the_bytes_of_one_run(whole: bytes):
    parts = shards(whole, of_chain, 2)
    assert all(len(load(part).report.findings) > 1 for part in parts)
    assert as_json.render(merged(named(parts))) == whole
    assert as_json.render(merged(named(parts)[::-1])) == whole


def test_a_shard_may_hold_nothing(whole: bytes):
    assert as_json.render(merged(named(shards(whole, lambda _: 3, 3)))) == whole


def changed(part: bytes, **values: object) -> bytes:
    return json.dumps({**json.loads(part), **values}).encode()


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda a, b: [], "no reports"),
        (lambda a, b: [a], "missing: shard 2/2"),
        (lambda a, b: [b], "missing: shard 1/2"),
        (lambda a, b: [a, a], "1.json and 2.json are both of shard 1/2"),
        (lambda a, b: [a, b, b], "2.json and 3.json are both of shard 2/2"),
        (lambda a, b: [a, changed(b, shard=None)], "2.json is no report of a shard"),
        (lambda a, b: [a, changed(b, shard="2/3")], "not shards of one run"),
        (lambda a, b: [a, changed(b, shard="3/2")], "shard 3/2, which there is not"),
        (lambda a, b: [a, changed(b, shard="0/2")], "no report of a shard"),
        (lambda a, b: [a, changed(a, shard="2/2")], "are both about"),
        (lambda a, b: [a, changed(b, command="check")], "the command of 1.json"),
        (lambda a, b: [a, changed(b, root="/x/other")], "the root's name of 1.json"),
        (lambda a, b: [a, changed(b, version="9")], "the version of awaitify"),
    ],
)
def test_reports_that_do_not_belong_together(
    whole: bytes, spoil: Callable[[bytes, bytes], list[bytes]], message: str
):
    with pytest.raises(ReportError, match=message.replace(".", r"\.")):
        merged(named(spoil(*shards(whole, of_chain, 2))))


def test_the_same_project_at_another_place(whole: bytes):
    one, two = shards(whole, of_chain, 2)
    elsewhere = changed(two, root="/elsewhere/" + load(whole).report.root.name)
    assert as_json.render(merged(named([one, elsewhere]))) == whole


@pytest.mark.parametrize(
    "spoil",
    [
        {"schema": 1},
        {"schema": 3},
        {"findings": [{}]},
        {"findings": 3},
        {"findings": [{"path": 3}]},
        {"summary": []},
        {"files": [{"path": "a", "change": "eaten"}]},
        {"files": [{"path": "a", "change": "changed", "diff": "x"}]},
        {"root": 3},
        {"shard": 3},
        {"errors": {"a": 1}},
    ],
)
def test_what_is_no_report(whole: bytes, spoil: dict[str, Any]):
    with pytest.raises(ReportError):
        load(changed(whole, **spoil))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b"[" * 9999, b"nothing"])
def test_what_is_no_json_of_ours(text: bytes):
    with pytest.raises(ReportError):
        load(text)


def test_hunks_that_are_not_in_the_diff(whole: bytes):
    data = json.loads(whole)
    data["files"][0]["hunks"][0]["lines"] = 10_000
    with pytest.raises(ReportError):
        load(json.dumps(data).encode())


def test_the_diffs_of_a_report_can_be_applied(root: Path, whole: bytes, tmp_path: Path):
    make(tmp_path / "q")
    git(tmp_path / "q", "init", "-q")
    for file in root.iterdir():
        if file.is_file():
            (tmp_path / "q" / file.name).write_bytes(file.read_bytes())
    diffs = b"".join(map(patch.of, load(whole).report.changes))
    (tmp_path / "d.patch").write_bytes(diffs)
    git(tmp_path / "q", "apply", str(tmp_path / "d.patch"))
    for name in load(whole).report.changed:
        assert (tmp_path / "q" / name).read_bytes() != (root / name).read_bytes()
    for name in load(whole).report.removed:
        assert not (tmp_path / "q" / name).exists()


def test_shards_that_were_run_are_one_run(tmp_path: Path):
    for n in range(6):
        make(tmp_path / "p" / f"home{n}", test_a=LEGACY, helper=HELPER, test_u=USER)
    whole = run(tmp_path / "p", "diff", "--format", "json").stdout.encode()
    parts = [
        run(tmp_path / "p", "diff", "--format", "json", "--shard", f"{n}/3")
        for n in (1, 2, 3)
    ]
    read = named([part.stdout.encode() for part in parts])
    assert sum(bool(each.report.changed) for _, each in read) > 1
    assert as_json.render(merged(read)) == whole
