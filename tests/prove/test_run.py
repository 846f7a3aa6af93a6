from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from awaitify.prove.run import NotRun
from tests.prove.suites import outcomes, ran, write

_SLEEPS = """
    import subprocess, sys, time

    def test_one():
        pass

    def test_two():
        code = "import time, sys; time.sleep(60)"
        child = subprocess.Popen([sys.executable, "-c", code])
        with open("child", "w") as file:
            file.write(str(child.pid))
        {rest}

    def test_three():
        pass
"""


def _child_ends(root: Path) -> bool:
    process = int((root / "child").read_text())
    for _ in range(50):
        try:
            os.kill(process, 0)
            # One that has ended, and that nobody asks about, is still there.
            stat = Path(f"/proc/{process}/stat").read_text()
        except (ProcessLookupError, FileNotFoundError):
            return True
        if stat.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.1)
    return False


def test_a_suite_that_hangs(tmp_path: Path):
    root = write(tmp_path, test_it=_SLEEPS.format(rest="time.sleep(60)"))
    begin = time.monotonic()
    result = ran(root, deadline=3)
    assert time.monotonic() - begin < 20
    assert result.ended == "timed-out"
    assert list(outcomes(result).values()) == ["passed", "collected", "collected"]
    assert result.running == ("test_it.py::test_two",)
    assert _child_ends(root)


def test_a_suite_that_does_not_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("awaitify.prove.group._GRACE", 0.5)
    rest = "import signal; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    root = write(tmp_path, test_it=_SLEEPS.format(rest=rest))
    assert ran(root, deadline=3).running == ("test_it.py::test_two",)
    assert _child_ends(root)


def test_a_suite_that_is_interrupted(tmp_path: Path):
    root = write(tmp_path, test_it=_SLEEPS.format(rest="time.sleep(60)"))

    def interrupt() -> None:
        while not (root / "child").exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        ran(root)
    thread.join()
    assert _child_ends(root)


def test_a_suite_ends_when_nobody_is_there_to_end_it(tmp_path: Path):
    source = """
        import os, time

        def test_one():
            os.kill(int(os.environ["READER"]), 9)
            time.sleep(0.5)

        def test_two():
            open("two", "w").close()
    """
    code = f"""
import os
from pathlib import Path
from tests.prove.suites import ran, write
root = write(Path({str(tmp_path)!r}), test_it={source!r})
ran(root, environment={{"READER": str(os.getpid())}})
"""
    paths = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path)},
        timeout=60,
    )
    assert done.returncode == -9
    [notes] = tmp_path.glob("awaitify-*/notes/*.jsonl")
    for _ in range(100):
        if '"note":"finish"' in notes.read_text():
            break
        time.sleep(0.1)
    assert '"note":"finish"' in notes.read_text()
    assert not (tmp_path / "two").exists()


def test_what_a_suite_leaves_running_ends_with_it(tmp_path: Path):
    root = write(tmp_path, test_it=_SLEEPS.format(rest=""))
    result = ran(root)
    assert set(outcomes(result).values()) == {"passed"}
    assert _child_ends(root)


@pytest.mark.parametrize(
    ("rest", "status"),
    [("import os; os._exit(0)", 0), ("import os; os.kill(os.getpid(), 9)", -9)],
)
def test_an_interpreter_that_goes(tmp_path: Path, rest: str, status: int):
    root = write(tmp_path, test_it=_SLEEPS.format(rest=rest))
    result = ran(root)
    assert (result.ended, result.status) == ("crashed", status)
    assert list(outcomes(result).values()) == ["passed", "collected", "collected"]
    assert result.running == ("test_it.py::test_two",)


def test_a_worker_that_goes(tmp_path: Path):
    root = write(tmp_path, test_it=_SLEEPS.format(rest="import os; os._exit(3)"))
    result = ran(root, "-n", "1")
    assert result.ended == "finished"
    assert list(outcomes(result).values()) == ["passed", "error", "passed"]
    assert "crashed" in result.results["test_it.py::test_two"].message


def test_what_cannot_be_run(tmp_path: Path):
    with pytest.raises(NotRun, match="no-such-command cannot be run: No such"):
        ran(tmp_path, command=["no-such-command"])
    result = ran(tmp_path, "--no-such-option")
    assert (result.ended, result.status) == ("unusable", 4)
    assert "--no-such-option" in result.output
    result = ran(write(tmp_path, conftest="import nothing_like_it"))
    assert result.ended == "unusable"
    assert "nothing_like_it" in result.output


def test_no_failure_ends_a_run_and_nothing_is_remembered(tmp_path: Path):
    root = write(
        tmp_path,
        test_it="""
            def test_one():
                assert 0

            def test_two():
                pass
        """,
    )
    (root / "pytest.ini").write_text("[pytest]\naddopts = -x --lf --stepwise\n")
    for options in ([], ["-x"]):
        assert list(outcomes(ran(root, *options)).values()) == ["failed", "passed"]
    (root / "pytest.ini").write_text(
        "[pytest]\naddopts = -x -p no:cacheprovider --strict-config\n"
    )
    assert list(outcomes(ran(root)).values()) == ["failed", "passed"]
    assert sorted(p.name for p in root.iterdir()) == ["pytest.ini", "test_it.py"]


def test_much_output_is_not_kept(tmp_path: Path):
    source = """
        def test_it():
            for number in range(100_000):
                print(number)
            print("x" * 10_000_000)
    """
    result = ran(write(tmp_path, test_it=source), "-s")
    assert list(outcomes(result).values()) == ["passed"]
    assert len(result.output) < 10_000
    assert "1 passed" in result.output
    assert result.cpu > 0
