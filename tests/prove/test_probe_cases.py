"""The probe changes no outcome of the pattern cases, as they are before."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.prove.environments import Environments, Era
from tests.prove.suites import outcomes, ran
from tests.suite_runs import run_pytest

pytestmark = pytest.mark.slow

_FOLDER = Path(__file__).parent.parent / "cases"
_CASES = sorted(path.name for path in _FOLDER.iterdir() if (path / "case.md").exists())
_OLD = Era("3.10", ("pytest<8", "pytest-asyncio==0.21.2", "asynctest", "aiounittest"))
_ERAS = {"today": None, "old": _OLD}
_STRICT = ("-W", "error::RuntimeWarning", "-W", "error::ResourceWarning")


@pytest.mark.parametrize("era", list(_ERAS))
@pytest.mark.parametrize("case", _CASES)
def test_outcomes(
    case: str, era: str, tmp_path: Path, environments: Environments
) -> None:
    wanted = _ERAS[era]
    python = environments.python(wanted) if wanted else sys.executable
    root = tmp_path / "project"
    shutil.copytree(_FOLDER / case / "before", root)
    for options in ((), _STRICT):
        given = ("-q", "-p", "no:cacheprovider", *options)
        plain = run_pytest(root, given, tmp_path / "record.json", python=python)
        probed = ran(root, *given, python=python, environment={})
        expected = {
            test: outcome
            for test, outcome in plain.tests.items()
            if not test.endswith("::<collection>")
        }
        assert outcomes(probed) == expected, probed.output
        lost = {test for test in plain.tests if test.endswith("::<collection>")}
        assert {f"{each}::<collection>" for each in probed.collection} == lost
