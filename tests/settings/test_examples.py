"""The examples of the rules about configuration are true."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitify.settings.rules import RULES, Declared
from awaitify_codemods import Example
from tests.settings.support import MARKED, SYNC, settle, text

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.META.code}-{example.title}")
    for rule in RULES
    for example in rule.META.examples
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_example(tmp_path: Path, rule: type[Declared], example: Example):
    is_list = rule.META.code == "AW342"
    name = "requirements.txt" if is_list else "pytest.ini"
    files = {name: example.before, "tests/test_a.py": SYNC if is_list else MARKED}
    done = settle(tmp_path, files, unsafe=True)
    assert done.text(name) == text(example.after)
    if example.before != example.after:
        assert done.told("migrate", rule.META.code)
