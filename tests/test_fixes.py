"""What SARIF offers to fix is what belongs together, all of it, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.command import LEGACY, environment, make, run

HELPER = """\
import asyncio


def drive(coroutine):
    return asyncio.run(coroutine)


def plain():
    return 1
"""
USER = """\
from helper import drive, plain


async def f():
    return plain()


def test_u():
    assert drive(f()) == 1


def test_w():
    assert plain() == 1
"""
FIXTURE = """\
import asyncio
import pytest


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
FIXTURE_USER = """\
async def f():
    return 1


def test_{0}(loop):
    assert loop.run_until_complete(f()) == 1
"""
TWO = """\
import asyncio
import os


async def f():
    return os.getcwd()


def test_one():
    assert asyncio.run(f())


async def g():
    return asyncio.get_event_loop()


def test_two():
    assert asyncio.run(f())


def test_three():
    # What follows is left: it looks at the loop.
    assert asyncio.run(asyncio.sleep(0)) is None
    assert asyncio.new_event_loop()
"""
CRLF = LEGACY.replace("\n", "\r\n").rstrip() + "  # caf\u00e9"
BOM = "\ufeff" + LEGACY


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make(
        tmp_path_factory.mktemp("fixes") / "p",
        test_a=LEGACY,
        helper=HELPER,
        test_u=USER,
        test_v=USER,
        conftest=FIXTURE,
        test_l=FIXTURE_USER.format("l"),
        test_m=FIXTURE_USER.format("m"),
        test_two=TWO,
        test_crlf=CRLF,
        test_bom=BOM,
    )
    (root / "pytest.ini").write_text("[pytest]\n")
    return root


@pytest.fixture(scope="module")
def results(root: Path) -> list[Any]:
    done = run(root, "check", "--format", "sarif")
    assert done.returncode == 1, done.stderr
    [log] = json.loads(done.stdout)["runs"]
    return list(log["results"])


def files_of(fix: Any) -> set[str]:
    places = [each["artifactLocation"]["uri"] for each in fix["artifactChanges"]]
    # What all of them rely on stands in the configuration.
    return set(map(unquote, places)) - {"pytest.ini"}


def fixes_of(results: list[Any]) -> list[Any]:
    found = [fix for result in results for fix in result.get("fixes", ())]
    return [json.loads(each) for each in dict.fromkeys(map(json.dumps, found))]


def carried_out(root: Path, *fixes: Any) -> dict[str, bytes]:
    """Return the new files, as an editor makes them by the letter of SARIF."""
    wanted: dict[str, list[Any]] = {}
    for fix in fixes:
        for change in fix["artifactChanges"]:
            every = wanted.setdefault(unquote(change["artifactLocation"]["uri"]), [])
            # What several need, like an import, is done once.
            every += [each for each in change["replacements"] if each not in every]
    made = {}
    for path, replacements in wanted.items():
        data = (root / path).read_bytes()
        mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        text = data.removeprefix(mark).decode()
        starts = [0, *(n + 1 for n, each in enumerate(text) if each == "\n")]
        spans = []
        for each in replacements:
            region = each["deletedRegion"]
            first, last = (
                starts[region[f"{side}Line"] - 1] + region[f"{side}Column"] - 1
                for side in ("start", "end")
            )
            assert first <= last <= len(text)
            spans.append((first, last, each.get("insertedContent", {}).get("text", "")))
        for first, last, new in sorted(spans, reverse=True):
            text = text[:first] + new + text[last:]
        made[path] = mark + text.encode()
    return made


def test_all_fixes_are_what_fix_does(root: Path, results: list[Any], tmp_path: Path):
    copied(root, tmp_path / "q")
    assert run(tmp_path / "q", "fix", "-q").returncode == 0
    made = carried_out(root, *fixes_of(results))
    for path, data in made.items():
        then = tmp_path / "q" / path
        assert data == (then.read_bytes() if then.exists() else b""), path
    changed = {
        path.name
        for path in root.iterdir()
        if path.is_file() and contents(tmp_path / "q" / path.name) != contents(path)
    }
    assert changed == {*made}


def contents(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def copied(root: Path, to: Path) -> Path:
    to.mkdir()
    for path in root.iterdir():
        if path.is_file():
            (to / path.name).write_bytes(path.read_bytes())
    return to


def test_a_chain_is_one_fix(results: list[Any]):
    chains = [files_of(fix) for fix in fixes_of(results)]
    assert {"helper.py", "test_u.py", "test_v.py"} in chains
    assert {"test_a.py"} in chains
    # The fixture goes with all that ask for it.
    assert {"conftest.py", "test_l.py", "test_m.py"} in chains


def test_each_site_has_its_fix(results: list[Any]):
    for result in results:
        migrated = result.get("properties", {}).get("status") == "migrate"
        assert ("fixes" in result) == migrated


@pytest.mark.slow
def test_each_fix_alone_leaves_tests_that_pass(
    root: Path, results: list[Any], tmp_path: Path
):
    for number, fix in enumerate(fixes_of(results)):
        place = copied(root, tmp_path / str(number))
        for path, data in carried_out(root, fix).items():
            (place / path).write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=place,
            env=environment(PYTHONDONTWRITEBYTECODE="1"),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (files_of(fix), done.stdout.decode())
        assert b"skipped" not in done.stdout


def test_a_fix_of_many_hunks_stands_with_the_first_result(tmp_path: Path):
    more = "".join(
        f"\n\ndef test_{n}():\n    assert asyncio.run(f()) == 1\n" for n in range(60)
    )
    root = make(tmp_path / "p", test_a=LEGACY + more)
    [log] = json.loads(run(root, "check", "--format", "sarif").stdout)["runs"]
    having = [n for n, each in enumerate(log["results"]) if "fixes" in each]
    assert having == [0]
    assert len(log["results"]) == 61


def test_a_file_that_is_not_utf8_has_no_fix(tmp_path: Path):
    root = make(tmp_path / "p")
    source = "# -*- coding: latin-1 -*-\n# caf\u00e9\n" + LEGACY + "# \u00e9\n"
    (root / "test_a.py").write_bytes(
        source.replace(
            "asyncio.run(f()) == 1", "asyncio.run(f()) == 1  # \u00e9"
        ).encode("latin-1")
    )
    [log] = json.loads(run(root, "check", "--format", "sarif").stdout)["runs"]
    assert log["results"] and not any("fixes" in each for each in log["results"])


@pytest.mark.skipif(
    "AWAITIFY_SARIF_SCHEMA" not in os.environ, reason="no schema of SARIF is named"
)
def test_what_is_written_is_sarif(results: list[Any], root: Path, tmp_path: Path):
    import jsonschema
    from jsonschema.validators import validator_for

    from awaitify.config import Format
    from awaitify.prove import report as of_proofs
    from awaitify.report import render
    from tests import reports
    from tests.hostile import TEXTS
    from tests.prove import proofs

    schema = json.loads(Path(os.environ["AWAITIFY_SARIF_SCHEMA"]).read_bytes())
    kind: type[jsonschema.protocols.Validator] = validator_for(schema)
    validator = kind(schema, format_checker=kind.FORMAT_CHECKER)
    bad = reports.hostile(tmp_path, list(TEXTS.values()))
    for data in (
        run(root, "check", "--format", "sarif").stdout.encode(),
        run(make(tmp_path / "none"), "check", "--format", "sarif").stdout.encode(),
        render(reports.made(tmp_path), Format.SARIF),
        render(bad, Format.SARIF),
        of_proofs.render(proofs.worse(tmp_path), Format.SARIF),
        of_proofs.render(proofs.hostile(tmp_path), Format.SARIF, bad),
    ):
        validator.validate(json.loads(data))
