"""What the rules about mocks rely on holds in the running Python, and in others."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.corpus.prepare import interpreters
from tests.mocks import truth

_VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@pytest.mark.parametrize(
    ("fact", "by_version"),
    [pytest.param(*each, id=each[0].__name__) for each in truth.FACTS],
)
def test_here(fact: Callable[[], object], by_version: Mapping[tuple[int, ...], object]):
    assert truth.observed(fact) == truth.expected(by_version)


@pytest.mark.slow
@pytest.mark.parametrize("version", _VERSIONS)
def test_elsewhere(version: str):
    python = next(interpreters(version), None)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    command = [python, "-B", str(Path(truth.__file__))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.splitlines()[:-1] == [], done.stdout + done.stderr
    assert f"{len(truth.FACTS)} facts on {version}." in done.stdout, done.stderr
