"""Files rewritten on a Dask cluster: the same bytes, whatever becomes of workers."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from awaitify import cluster, rewriting
from awaitify.config import UsageError
from tests.command import LEGACY, environment, run

_NO_DASK = importlib.util.find_spec("distributed") is None
needs_dask = pytest.mark.skipif(_NO_DASK, reason="needs the extra `dask`")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dask",
        "dask://",
        "dask://host",
        "dask://host:0",
        "dask://host:99999",
        "dask://host:1/x",
        "dask://user@host:1",
        "tcp://host:1",
        "dask://-x y:1",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--executor"):
        cluster.address(text)


def test_addresses() -> None:
    assert cluster.address("local") is None
    assert (
        cluster.address("dask://box.example.org:8786") == "tcp://box.example.org:8786"
    )
    assert cluster.address("dask://[::1]:8786") == "tcp://[::1]:8786"


def test_workers_with_another_version_are_refused() -> None:
    here = cluster.versions()
    assert cluster._complaint("s", {"w": here}, here) == ""
    assert "no workers" in cluster._complaint("s", {}, here)
    other = {"w1": here, "w2": {**here, "libcst": "0.1"}}
    assert "the worker w2 has libcst 0.1" in cluster._complaint("s", other, here)
    none = {"w": ModuleNotFoundError("No module named 'awaitify'")}
    assert "has no awaitify" in cluster._complaint("s", none, here)


def test_a_file_of_the_project_cannot_send_its_code_anywhere(tmp_path: Path) -> None:
    text = "[tool.awaitify]\nexecutor = 'dask://127.0.0.1:9'\n"
    (tmp_path / "pyproject.toml").write_text(text)
    done = run(tmp_path, "check")
    assert done.returncode == 2
    assert "executor" in done.stderr


def test_without_the_extra_it_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    cluster._opened.cache_clear()
    (tmp_path / "test_a.py").write_text(LEGACY)
    done = run(tmp_path, "check", "--executor", "dask://127.0.0.1:9")
    assert done.returncode == 2
    assert "awaitify[dask]" in done.stderr


@needs_dask
@pytest.mark.slow
def test_where_nobody_answers_it_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_ANSWER", 1)
    cluster._opened.cache_clear()
    (tmp_path / "test_a.py").write_text(LEGACY)
    done = run(tmp_path, "check", "--executor", f"dask://127.0.0.1:{_port()}")
    assert done.returncode == 2
    assert "no Dask scheduler answers" in done.stderr


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Return the address of a scheduler, and its two workers."""
    port = str(_port())
    where = f"tcp://127.0.0.1:{port}"
    scheduler = _start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"
    )
    own = ["--no-nanny", "--nthreads", "1", "--no-dashboard"]
    own += ["--local-directory", str(tmp_path / "workers")]
    found = [_start("dask_worker", where, *own) for _ in range(2)]
    try:
        _wait_for_workers(where)
        yield f"dask://127.0.0.1:{port}", found
    finally:
        for process in (*found, scheduler):
            process.kill()
            process.wait()
        cluster._opened.cache_clear()


def _wait_for_workers(where: str) -> None:
    distributed = importlib.import_module("distributed")
    with distributed.Client(where, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)


def _tree(root: Path) -> Path:
    more = "\n\ndef test_{n}():\n    assert asyncio.run(f()) == 1\n"
    for number in range(24):
        text = LEGACY + "".join(more.format(n=n) for n in range(8 + number % 5))
        (root / f"test_{number:02}.py").write_text(text)
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


@needs_dask
@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_worker_that_dies_costs_a_retry(
    lost: int,
    workers: tuple[str, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where, processes = workers
    (tmp_path / "tree").mkdir()
    root = _tree(tmp_path / "tree")
    expected = run(root, "diff", "--no-cache", "-q").stdout
    assert expected.count("diff --git") == 24
    monkeypatch.setattr(cluster, "_PATIENCE", 3)
    sent: list[int] = []
    count = rewriting.Rewriter._count

    def counted(rewriter: rewriting.Rewriter, done: int, total: int) -> None:
        sent.append(done)
        if 12 <= done < total:
            for process in processes[:lost]:
                process.kill()
        count(rewriter, done, total)

    monkeypatch.setattr(rewriting.Rewriter, "_count", counted)
    done = run(root, "diff", "--no-cache", "-q", "--executor", where)
    assert done.stdout == expected
    assert any(0 < number < 24 for number in sent)
    assert [p.poll() is not None for p in processes] == [n < lost for n in range(2)]


@needs_dask
@pytest.mark.slow
def test_workers_rewrite_where_no_file_of_the_tree_is(
    workers: tuple[str, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "tree").mkdir()
    root = _tree(tmp_path / "tree")

    expected = run(root, "diff", "--no-cache", "-q").stdout
    monkeypatch.setattr(rewriting.Rewriter, "_rewrite_here", _nothing_left)
    done = run(root, "diff", "--no-cache", "-q", "--executor", workers[0])
    assert done.stdout == expected


def _nothing_left(rewriter: rewriting.Rewriter, jobs: list[object]) -> list[object]:
    assert not jobs, "rewritten here"
    return []
