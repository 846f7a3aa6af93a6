"""What is kept from run to run: the same answers, or none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from awaitify import cache, fingerprint, remembered
from awaitify.configuring import Settled
from awaitify.pytest_config import PytestConfig
from awaitify.settings.given import Given, Wanted
from awaitify.settings.settlement import Settlement
from awaitify_codemods import (
    Bug,
    Edit,
    FileError,
    FilePlan,
    Finding,
    Migration,
    Plan,
    RuleFailure,
    Settings,
    Sources,
    Unit,
)
from awaitify_codemods.directives import Directives
from tests.test_cli import LEFT, LEGACY, MODERN, contents, environment, make, run

USING = """\
import asyncio

from drivers import Base, drive


async def f():
    return 1


class TestUsing(Base):
    def test_d(self):
        assert asyncio.run(f()) == 1


def test_e():
    assert drive(f()) == 1
"""
DRIVERS = """\
import asyncio


class Base:
    pass


def drive(coroutine):
    return asyncio.run(coroutine)
"""
GIVEN = Given({}, frozenset(), frozenset(), {}, {}, {})
BROKEN = "import asyncio\n\nasyncio.run(\n"

COMMANDS = [
    ("check",),
    ("check", "--format", "concise"),
    ("check", "--format", "json"),
    ("check", "--plan", "-"),
    ("diff",),
]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, in use."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A project with something of everything, and an interpreter's packages."""
    site = tmp_path / "venv" / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").write_text("version = 3.13.0\n")
    (site / "drivers.py").write_text(DRIVERS)
    return make(
        tmp_path / "suite",
        test_a=LEGACY,
        test_b=LEFT,
        test_c=MODERN,
        test_d=USING,
        test_e=BROKEN,
    )


def entries(store: Path) -> dict[str, int]:
    """What is stored, with what tells an entry that was stored again."""
    return {path.name: path.stat().st_ino for path in store.glob("entries/*/*")}


def answer(root: Path, *arguments: str) -> tuple[int, str, str]:
    done = run(root, *arguments, "--python", "../venv")
    told = re.sub(r'("seconds": |\()\d+\.\d+', r"\1", done.stdout)
    return done.returncode, told, re.sub(r"\(\d+\.\d+ s\)", "", done.stderr)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_answers_are_the_same(suite: Path, store: Path, command: tuple[str, ...]):
    without = answer(suite, *command, "--no-cache")
    assert not store.exists()
    cold = answer(suite, *command)
    kept = entries(store)
    assert answer(suite, *command) == cold == without
    assert entries(store) == kept
    assert cold[0] == 3
    assert "test_e.py:3: error" in cold[2]


def test_nothing_heavy_is_loaded(suite: Path, store: Path):
    code = (
        "import sys; from awaitify.cli import main\n"
        "sys.argv = ['awaitify', 'check', '--python', '../venv']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    def loaded() -> set[str]:
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=suite, capture_output=True, text=True, env=environment()
        )
        return set(done.stderr.splitlines()[-1].split())

    heavy = {"libcst", "awaitify_codemods.rule", "awaitify_codemods.pipeline"}
    assert loaded() >= heavy
    assert not loaded() & heavy


def other_test(suite: Path) -> None:
    (suite / "test_c.py").write_text(MODERN + "\n")


def other_helper(suite: Path) -> None:
    (suite / "helper.py").write_text("")


def file_gone(suite: Path) -> None:
    (suite / "test_e.py").unlink()


def other_mode(suite: Path) -> None:
    (suite / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")


def other_test_paths(suite: Path) -> None:
    (suite / "pytest.ini").write_text("[pytest]\npython_files = check_*.py\n")


def installed_module(suite: Path) -> None:
    path = next(suite.parent.glob("venv/lib/*/*/drivers.py"))
    path.write_text(DRIVERS.replace("class Base:", "class Base(Unknown):"))


def module_gone(suite: Path) -> None:
    next(suite.parent.glob("venv/lib/*/*/drivers.py")).unlink()


@pytest.mark.parametrize(
    "change",
    [
        other_test,
        other_helper,
        file_gone,
        other_mode,
        other_test_paths,
        installed_module,
        module_gone,
    ],
)
def test_a_change_is_noticed(suite: Path, store: Path, change: Callable[[Path], None]):
    before = answer(suite, "check")
    kept = entries(store)
    change(suite)
    after = answer(suite, "check")
    assert entries(store) != kept
    assert after == answer(suite, "check", "--no-cache")
    if change in (other_mode, other_test_paths, installed_module, module_gone):
        assert after != before or answer(suite, "diff") != before


@pytest.mark.parametrize(
    "flags",
    [
        ("--ignore", "AW101"),
        ("--select", "AW109"),
        ("--unsafe",),
        ("--mode", "auto"),
        ("test_a.py",),
        ("--exclude", "test_a.py"),
    ],
    ids=" ".join,
)
def test_a_choice_is_noticed(suite: Path, store: Path, flags: tuple[str, ...]):
    answer(suite, "check")
    kept = entries(store)
    assert answer(suite, "diff", *flags) == answer(suite, "diff", *flags, "--no-cache")
    assert entries(store) != kept


def test_another_interpreter_is_noticed(suite: Path, store: Path):
    answer(suite, "check")
    kept = entries(store)
    done = run(suite, "check", "--python", sys.executable)
    assert done.returncode == 3
    assert entries(store) != kept


def test_only_what_changed_is_rewritten_again(suite: Path, store: Path):
    answer(suite, "check")
    kept = entries(store)
    (suite / "test_a.py").write_text(LEGACY + "\n\n# The end.\n")
    answer(suite, "check")
    # One for the whole, one for its configuration, one for the file.
    assert len(entries(store).keys() - kept.keys()) == 3
    assert entries(store).items() > kept.items()


def test_fix_uses_what_check_found(suite: Path, store: Path):
    for name in ("test_a", "test_d"):
        (suite.parent / f"{name}.py").write_bytes((suite / f"{name}.py").read_bytes())
    answer(suite, "check")
    kept = entries(store)
    assert answer(suite, "fix")[0] == 3
    assert entries(store) == kept
    fixed = contents(suite)
    for name in ("test_a", "test_d"):
        (suite / f"{name}.py").write_bytes((suite.parent / f"{name}.py").read_bytes())
    assert answer(suite, "fix", "--no-cache")[0] == 3
    assert contents(suite) == fixed
    assert b"await f()" in fixed["test_a.py"]


def test_a_plan_is_carried_out_with_it(suite: Path, store: Path):
    answer(suite, "check", "--plan", "plan.json")
    kept = entries(store)
    replayed = run(suite, "diff", "--from-plan", "plan.json")
    assert replayed.stdout == answer(suite, "diff")[1] != ""
    assert entries(store) == kept


def test_runs_at_once(suite: Path, store: Path):
    command = [sys.executable, "-m", "awaitify", "diff", "--python", "../venv"]
    with_files = {
        "cwd": suite,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
        "env": environment(),
    }
    started = [subprocess.Popen(command, **with_files) for _ in range(3)]
    told = [process.communicate()[0].decode() for process in started]
    assert told == [answer(suite, "diff", "--no-cache")[1]] * 3
    assert not [name for name in entries(store) if name.startswith(".")]
    kept = entries(store)
    assert answer(suite, "diff")[1] == told[0]
    assert entries(store) == kept


def emptied(data: bytes) -> bytes:
    return b""


def truncated(data: bytes) -> bytes:
    return data[:-1]


def damaged(data: bytes) -> bytes:
    return data[:100] + b"?" + data[101:]


def replaced(data: bytes) -> bytes:
    return os.urandom(len(data))


@pytest.mark.parametrize("harm", [emptied, truncated, damaged, replaced])
def test_a_damaged_entry_is_none(
    suite: Path, store: Path, harm: Callable[[bytes], bytes]
):
    cold = answer(suite, "check")
    whole = {path: path.read_bytes() for path in store.glob("entries/*/*")}
    for path, data in whole.items():
        path.write_bytes(harm(data))
    assert answer(suite, "check") == cold
    assert {path: path.read_bytes() for path in store.glob("entries/*/*")} == whole


def test_an_entry_that_cannot_be_read_is_none(suite: Path, store: Path):
    cold = answer(suite, "check")
    for path in store.glob("entries/*/*"):
        path.unlink()
        path.mkdir()
    assert answer(suite, "check") == cold


def test_a_cache_that_cannot_be_written_is_no_error(suite: Path, store: Path):
    store.write_text("a file")
    assert answer(suite, "check") == answer(suite, "check", "--no-cache")
    assert "note: nothing is kept" in answer(suite, "check", "-v")[2]


def test_directories(suite: Path, store: Path, tmp_path: Path):
    answer(suite, "check", "--cache-dir", str(tmp_path / "named"))
    assert not store.exists()
    assert entries(tmp_path / "named")
    tag = (tmp_path / "named" / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (tmp_path / "named" / ".gitignore").read_text() == "*\n"
    code, _, said = answer(suite, "check", "--cache-dir", "x", "--no-cache")
    assert code == 2
    assert "--cache-dir would have no effect" in said


def place(store: cache.Cache, key: str) -> Path:
    return store.directory / "entries" / key[:2] / key[2:]


def age(path: Path, days: float) -> None:
    os.utime(path, (0, path.stat().st_mtime - days * 24 * 60 * 60))


def test_what_is_not_used_goes(tmp_path: Path):
    store = cache.Cache(tmp_path)
    old, used, fresh = (fingerprint.of(n) for n in range(3))
    store.put(old, b"answer")
    store.put(used, b"answer")
    age(place(store, old), 31)
    age(place(store, used), 31)
    assert store.get(used) == b"answer"
    store.put(fresh, b"answer")
    assert place(store, old).exists(), "once a day is enough"
    age(tmp_path / "tidied", 1)
    store.put(fresh, b"answer")
    assert [store.get(key) for key in (old, used, fresh)] == [None, *[b"answer"] * 2]


def test_too_much_goes_oldest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "_MOST", 300)
    store = cache.Cache(tmp_path)
    keys = [fingerprint.of(n) for n in range(3)]
    for days, key in enumerate(keys):
        store.put(key, bytes(100))
        age(place(store, key), days)
    age(tmp_path / "tidied", 1)
    store.put(keys[0], bytes(100))
    assert [store.get(key) is None for key in keys] == [False, True, True]


def test_every_field_is_kept_or_keeps_from_keeping(tmp_path: Path):
    store = cache.Cache(tmp_path)
    sources = Sources({"a.py": b"\xff"}, frozenset({"a.py"}), frozenset())
    witness = remembered.Witness(sources)
    finding = Finding("a.py", 1, 2, "AW101", "left", "m\udcff", "reason", "test")
    edit = Edit("Call", 3, "op", {"a": [1, None, "x"]}, "name", "AW101")
    plan = Plan(
        (FilePlan("a.py", "digest", (edit,)), FilePlan("b.py", "", (), True)),
        (finding,),
        (Unit(("a.py::t",), {"a.py::t": "task"}),),
    )
    results = {"a.py": b"\xff\r\n\0", "b.py": None}
    full = Migration(plan, results, (FileError("c.py", 1, "m"),))
    remembered.keep(store, "0" * 64, full, witness)
    assert remembered.recall(store, "0" * 64, witness) == full
    for fault in (
        Migration(plan, results, bugs=(Bug("a.py", "check", "m", b"", b""),)),
        Migration(plan, results, failures=(RuleFailure("X1", "m"),)),
    ):
        remembered.keep(store, "1" * 64, fault, witness)
        assert remembered.recall(store, "1" * 64, witness) is None
    known = {"plan", "results", "errors", "bugs", "failures"}
    assert {each.name for each in fields(Migration)} == known


def test_keys_are_of_all_that_matters():
    def key(**more: object) -> str:
        sources = Sources(
            **{
                "files": {"a.py": b"1"},
                "selected": frozenset({"a.py"}),
                "tests": frozenset({"a.py"}),
                **more,
            }
        )
        return remembered.key("tool", sources, Settings(), GIVEN)

    same = key()
    assert same == key(foreign=lambda name: b"", within=lambda package: ("x",))
    assert same == key(settable={"": frozenset("x")}, lacking={"": frozenset("x")})
    others: list[dict[str, object]] = [
        {"files": {"a.py": b"2"}},
        {"files": {"b.py": b"1"}},
        {"selected": frozenset()},
        {"tests": frozenset()},
        {"roots": ("", "src")},
        {"modes": {"": "auto"}},
    ]
    assert len({same, *(key(**other) for other in others)}) == len(others) + 1


def test_keys_are_of_directives():
    sources = Sources({}, frozenset(), frozenset())
    why, names = {"test_a.py::test": "it failed"}, frozenset({"test_a.py::test"})
    others = [
        Directives(),
        Directives(pins=why),
        Directives(files=why),
        Directives(forms=why),
        Directives(scopes=why),
        Directives(promoted=names),
        Directives(anchored=names),
    ]
    keys = {
        remembered.key("tool", sources, Settings(directives=each), GIVEN)
        for each in others
    }
    assert len(keys) == len(others)


def test_keys_are_of_the_configuration(tmp_path: Path):
    def key(**more: object) -> str:
        sources = Sources({}, frozenset(), frozenset())
        given = replace(GIVEN, **more)  # type: ignore[arg-type]
        return remembered.key("tool", sources, Settings(), given)

    (tmp_path / "pytest_asyncio-1.5.0.dist-info").mkdir()
    others: list[dict[str, object]] = [
        {},
        {"documents": {"pytest.ini": b"[pytest]"}},
        {"closed": frozenset({"pytest.ini"})},
        {"configs": {"": PytestConfig("", "pytest.ini")}},
        {"wanted": Wanted(mode="auto")},
        {"site": (tmp_path,)},
    ]
    assert len({key(**other) for other in others}) == len(others)


def test_settlements_are_kept_unless_something_is_wrong(tmp_path: Path):
    store = cache.Cache(tmp_path)
    finding = Finding("a.ini", 1, 2, "AW341", "report", "m\udcff", "", "")
    settlement = Settlement({"a.ini": None}, {"a.ini": b"\xff"}, (finding,))
    asked: list[Migration] = []

    def settling(*bugs: Bug) -> remembered.Settle:
        def settle(given: Given, migration: Migration) -> Settled:
            asked.append(migration)
            return Settled(settlement, bugs)

        return remembered.settling(store, "name", settle)

    migration = Migration(Plan(), {"a.py": b""})
    wrong = settling(Bug("a.ini", "check", "m", b"", b""))
    assert wrong(GIVEN, migration).bugs
    assert settling()(GIVEN, migration) == Settled(settlement)
    assert wrong(GIVEN, migration) == Settled(settlement)
    assert settling()(GIVEN, Migration(Plan(), {"a.py": b"1"})).settlement
    assert len(asked) == 3


def test_what_has_no_text_is_no_part_of_a_key():
    with pytest.raises(TypeError):
        fingerprint.of(object())
    assert fingerprint.of({"a": 1, "b": 2}) == fingerprint.of({"b": 2, "a": 1})
    assert fingerprint.of(frozenset("ab")) != fingerprint.of("ab")
