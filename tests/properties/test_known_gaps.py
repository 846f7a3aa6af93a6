"""The gaps that random projects leave out are still there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.properties.known_gaps import KNOWN_GAPS
from tests.properties.playing import Verdict, judged

_NAMES = list(KNOWN_GAPS)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Verdict]:
    folder = tmp_path_factory.mktemp("gaps")
    projects = [gap.files(number) for number, gap in enumerate(KNOWN_GAPS.values())]
    return dict(zip(_NAMES, judged(folder, projects)))


@pytest.mark.parametrize("name", _NAMES)
def test_gap_is_still_there(name: str, verdicts: Mapping[str, Verdict]):
    verdict = verdicts[name]
    assert not verdict.unsound, f"the project fails before: {verdict.unsound}"
    assert verdict.faults, "mended: the entry can go"


def test_random_projects_ask_for_every_gap():
    folder = Path(__file__).parent
    text = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    asked = set(re.findall(r'unless\(\s*"([^"]+)"', text))
    assert set(_NAMES) <= asked
