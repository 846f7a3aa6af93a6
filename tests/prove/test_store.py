"""What proofs remember: the same as was kept, or nothing."""

from __future__ import annotations

import os
import time
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from awaitify.journal import runs, state
from awaitify.prove import store, stored
from awaitify.prove.outcome import (
    Complaint,
    Definition,
    Frame,
    SuiteRun,
    TestResult,
)
from awaitify.prove.proof import Proof
from awaitify.prove.run import Suite
from awaitify.prove.store import Store
from awaitify.prove.stored import StoredError
from tests.prove import proofs

FILES = {"test_a.py": b"def test_a(): pass\n", "gone.py": None}
FULL = SuiteRun(
    "crashed",
    -9,
    {
        "a.py::test[\ud800\udcff\x00]": TestResult(
            "failed",
            Definition("a.py", 3, "test", is_async=True),
            0.25,
            "\x1b no",
            (Frame("a.py", 4, "test"),),
        ),
        "b": TestResult("passed"),
    },
    {"c.py": "SyntaxError"},
    (Complaint("never-awaited", "f", ""),),
    ("b",),
    1.5,
    0.5,
    {"python": "3.13"},
    "said\n",
)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv(state.VARIABLE, str(tmp_path / "state"))
    return store.at(tmp_path)


def suite(root: Path, *arguments: str, **environment: str) -> Suite:
    return Suite(("python", "-m", "pytest"), arguments, root, root, environment)


class TestSuites:
    def test_is_what_it_was(self, kept: Store):
        kept.remember("a", FULL)
        assert kept.recall("a") == FULL
        assert kept.recall("b") is None

    def test_all_are_forgotten_at_the_end(self, kept: Store):
        kept.remember("a", FULL)
        kept.forget()
        assert kept.recall("a") is None
        kept.forget()

    def test_is_too_old_after_a_day(self, kept: Store):
        kept.remember("a", FULL)
        yesterday = time.time() - 25 * 60 * 60
        os.utime(kept.directory / "suites/a", (yesterday, yesterday))
        assert kept.recall("a") is None

    @pytest.mark.parametrize("size", [0, 1, 64, 65, 100, -1])
    def test_torn_is_none(self, kept: Store, size: int):
        kept.remember("a", FULL)
        path = kept.directory / "suites/a"
        path.write_bytes(path.read_bytes()[:size])
        assert kept.recall("a") is None

    def test_damaged_is_none(self, kept: Store):
        kept.remember("a", FULL)
        path = kept.directory / "suites/a"
        data = bytearray(path.read_bytes())
        for place in (0, 70, len(data) - 1):
            data[place] ^= 1
            path.write_bytes(data)
            assert kept.recall("a") is None
            data[place] ^= 1

    def test_oldest_ones_are_dropped(
        self, kept: Store, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(store, "SUITES", 2)
        for number, each in enumerate("abc"):
            kept.remember(each, FULL)
            os.utime(kept.directory / "suites" / each, (number + 1e9, number + 1e9))
        kept.remember("d", FULL)
        assert [p.name for p in sorted((kept.directory / "suites").iterdir())] == [
            "c",
            "d",
        ]

    def test_where_nothing_can_be_kept_nothing_is(self, kept: Store, tmp_path: Path):
        (tmp_path / "state").write_bytes(b"")
        kept.remember("a", FULL)
        assert kept.recall("a") is None
        kept.forget()
        proof = proofs.proved(tmp_path)
        assert kept.keep("20261121-063512-1", proof, b"{}") == proof
        assert kept.kept() == []

    def test_is_none_of_the_runs_in_the_journal(self, kept: Store, tmp_path: Path):
        kept.remember("a", FULL)
        kept.keep("20261121-063512-1", proofs.proved(tmp_path))
        runs.clear_remains(kept.directory)
        assert runs.listed(tmp_path) == []
        assert kept.recall("a") == FULL


def test_name_stands_for_all_that_a_run_depends_on(tmp_path: Path):
    names = [
        store.name(suite(tmp_path), FILES, 0),
        store.name(suite(tmp_path), FILES, 1),
        store.name(suite(tmp_path, "-x"), FILES, 0),
        store.name(suite(tmp_path, A="1"), FILES, 0),
        store.name(suite(tmp_path / "a"), FILES, 0),
        store.name(suite(tmp_path), {**FILES, "test_a.py": b""}, 0),
        store.name(suite(tmp_path), {**FILES, "test_a.py": None}, 0),
        store.name(suite(tmp_path), {**FILES, "new.py": b""}, 0),
        store.name(suite(tmp_path), {"test_a.py": FILES["test_a.py"]}, 0),
    ]
    assert len(set(names)) == len(names)
    assert store.name(suite(tmp_path), dict(reversed(FILES.items())), 0) == names[0]


class TestProofs:
    def test_are_what_they_were(self, kept: Store, tmp_path: Path):
        for number, proof in enumerate(
            (proofs.proved(tmp_path), proofs.worse(tmp_path), proofs.hostile(tmp_path))
        ):
            name = f"20261121-063512-{number}"
            assert kept.keep(name, proof) == proof
            assert kept.load(name) == proof
        assert set(kept.kept()) == {f"20261121-063512-{n}" for n in range(3)}

    def test_evidence_lies_beside(self, kept: Store, tmp_path: Path):
        proof = kept.keep("a", proofs.proved(tmp_path), b"{}")
        assert proof.evidence is not None
        assert proof.evidence.read_bytes() == b"{}"
        assert kept.load("a") == proof
        assert kept.kept() == ["a"]

    def test_oldest_ones_are_dropped(
        self, kept: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(store, "PROOFS", 2)
        proof = proofs.proved(tmp_path)
        for number, name in enumerate("abc"):
            kept.keep(name, proof, b"{}")
            for path in (kept.directory / "proofs").glob(f"{name}.*"):
                os.utime(path, (number + 1e9, number + 1e9))
        assert kept.kept() == ["c", "b"]
        assert len(list((kept.directory / "proofs").iterdir())) == 4

    def test_damaged(self, kept: Store, tmp_path: Path):
        kept.keep("a", proofs.proved(tmp_path))
        path = kept.directory / "proofs/a.proof"
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(StoredError, match="damaged"):
            kept.load("a")
        with pytest.raises(FileNotFoundError):
            kept.load("b")


class TestStored:
    def test_of_a_later_version(self):
        text = b'{"schema": 2, "version": "9.0", "value": {}}'
        with pytest.raises(StoredError, match=r"written by awaitify 9\.0"):
            stored.loads(SuiteRun, text)

    @pytest.mark.parametrize(
        "value",
        [
            "[]",
            "null",
            "{}",
            '{"ended": 1, "status": 0}',
            '{"ended": "finished", "status": "0"}',
            '{"ended": "finished", "status": true}',
            '{"ended": "finished", "status": 0, "results": []}',
            '{"ended": "finished", "status": 0, "results": {"a": null}}',
            '{"ended": "finished", "status": 0, "running": ["a", 1]}',
            '{"ended": "finished", "status": 0, "seconds": "1"}',
        ],
    )
    def test_of_another_kind(self, value: str):
        text = f'{{"schema": 1, "version": "0", "value": {value}}}'
        with pytest.raises(StoredError, match="damaged"):
            stored.loads(SuiteRun, text.encode())

    @pytest.mark.parametrize("text", [b"", b"\xff", b"[" * 100_000, b"[]", b"{}"])
    def test_of_none(self, text: bytes):
        with pytest.raises(StoredError, match="damaged"):
            stored.loads(SuiteRun, text)

    def test_what_came_later_has_its_default(self, tmp_path: Path):
        text = stored.dumps(proofs.proved(tmp_path)).replace(b'"given_up"', b'"other"')
        proof = replace(proofs.proved(tmp_path), given_up=False)
        assert stored.loads(Proof, text) == proof

    def test_large_ones_are_packed(self, kept: Store):
        results = {f"tests/test_{n}.py::test": TestResult("passed") for n in range(999)}
        kept.remember("a", replace(FULL, results=results))
        size = (kept.directory / "suites/a").stat().st_size
        assert size < len(zlib.compress(stored.dumps(FULL))) + 50 * 999
