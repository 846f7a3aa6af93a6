"""Makes suites ready: source, environment, outcomes before any change.

``python -m tests.corpus.prepare [KEY...]`` from the repository's root. What is
ready is kept, so a second call is quick.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.corpus.suites import Place, Suite, load, place
from tests.suite_runs import Run

_BASELINE = "baseline.json"


class PrepareError(RuntimeError):
    """A suite cannot be made ready; the message says why."""


def prepare(suite: Suite) -> tuple[Place, Run]:
    """Return the suite's place and the outcomes of its unchanged tests.

    Raises:
        PrepareError: a download, a digest or an installation is not as pinned.

    """
    where = place(suite)
    where.folder.mkdir(parents=True, exist_ok=True)
    archive = _download(suite, where)
    _unpack(archive, where)
    _make_environment(suite, archive, where)
    return where, _baseline(suite, where)


def _download(suite: Suite, where: Place) -> Path:
    folder = where.folder / "archive"
    archives = [path for path in folder.glob("*") if path.is_file()]
    if not archives:
        pinned = f"{suite.name}=={suite.version}"
        only_source = ["--no-deps", "--no-binary", suite.name]
        _pip(sys.executable, "download", *only_source, "--dest", str(folder), pinned)
        archives = list(folder.iterdir())
    (archive,) = archives
    if hashlib.sha256(archive.read_bytes()).hexdigest() != suite.sha256:
        raise PrepareError(f"{archive} has not the digest that is pinned")
    return archive


def _unpack(archive: Path, where: Place) -> None:
    if where.source.exists():
        return
    unpacked = where.folder / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    shutil.unpack_archive(archive, unpacked)
    (top,) = unpacked.iterdir()
    top.rename(where.source)
    unpacked.rmdir()


def _make_environment(suite: Suite, archive: Path, where: Place) -> None:
    wanted = "\n".join([suite.python, archive.name, *suite.requirements])
    stamp = where.environment / "installed.txt"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    shutil.rmtree(where.environment, ignore_errors=True)
    _run([_interpreter(suite.python), "-m", "venv", str(where.environment)])
    # The archive, not the unpacked folder, in which a build would leave files.
    _pip(str(where.python), "install", str(archive), *suite.requirements)
    stamp.write_text(wanted, "utf-8")
    (where.folder / _BASELINE).unlink(missing_ok=True)


def _baseline(suite: Suite, where: Place) -> Run:
    record = where.folder / _BASELINE
    if record.exists():
        return Run.read(record)
    run = where.run(suite, where.source, _BASELINE)
    if not run.tests:
        raise PrepareError(f"{suite.key}: the tests do not run\n{run.log[-2000:]}")
    return run


def _interpreter(version: str) -> str:
    """Return a Python of this version, or the running one if there is none."""
    return next(interpreters(version), sys.executable)


def interpreters(version: str) -> Iterator[str]:
    """Yield the Pythons of a version that are installed, and can make environments."""
    return filter(_works, _candidates(version))


def _candidates(version: str) -> Iterator[str]:
    found = shutil.which(f"python{version}")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    yield from map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))


def _works(python: str) -> bool:
    # A version manager's shim may exist and yet run nothing.
    command = [python, "-c", "import venv"]
    return subprocess.run(command, capture_output=True).returncode == 0


def _pip(python: str, *arguments: str) -> None:
    _run([python, "-m", "pip", "--disable-pip-version-check", *arguments, "-q"])


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise PrepareError(f"{' '.join(command)}\n{done.stdout[-2000:]}")


def main() -> None:
    """Prepare the suites named on the command line, or all."""
    suites = load()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="*", metavar="KEY")
    keys = parser.parse_args().keys or list(suites)
    if unknown := set(keys) - set(suites):
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    for key in keys:
        suite = suites[key]
        where, run = prepare(suite)
        counts = dict(Counter(run.tests.values()))
        expected = f"{suite.passed} of {suite.collected}"
        print(f"{key}: {counts}, expected {expected} to pass; {where.folder}")


if __name__ == "__main__":
    main()
