"""What rules ask of pytest's configuration, and where they may."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awaitify import configuring, engine, project
from awaitify.settings import stage
from awaitify_codemods import Plan, Setting, Settings
from tests.settings.support import MARKED, write

FIXTURES = "asyncio_default_fixture_loop_scope"
TESTS = "asyncio_default_test_loop_scope"


def given(root: Path, **files: str) -> stage.Given:
    named = {
        {"ini": "pytest.ini", "req": "requirements.txt"}[name]: content
        for name, content in files.items()
    }
    write(root, {"test_a.py": MARKED, **named})
    return configuring.given(project.load(project.locate([root])), Settings())


def test_a_rule_gets_what_it_asks_for(tmp_path: Path):
    have = given(tmp_path, ini=f"[pytest]\n{FIXTURES} = function\n")
    wishes = tuple(Setting("", key, "session", "one loop") for key in (FIXTURES, TESTS))
    done = stage.settle(replace(have, wishes=wishes))
    text = done.after["pytest.ini"].decode()
    assert text == f"[pytest]\n{FIXTURES} = session\n{TESTS} = session\n"
    messages = [finding.message for finding in done.findings]
    assert f"{TESTS} = session: one loop" in messages


@pytest.mark.parametrize(
    ("files", "keys"),
    [
        ({"ini": "[pytest]\n"}, {FIXTURES, TESTS}),
        ({}, None),
        ({"ini": "[pytest]\n[pytest]\n"}, None),
        ({"ini": f"[pytest]\naddopts = -o {TESTS}=module\n"}, {FIXTURES}),
        ({"ini": "[pytest]\n", "req": "pytest-asyncio<0.26\n"}, {FIXTURES}),
        ({"ini": "[pytest]\n", "req": "pytest-asyncio==0.21.2\n"}, set()),
    ],
)
def test_where_a_rule_may_ask(
    tmp_path: Path, files: dict[str, str], keys: set[str] | None
):
    have = given(tmp_path, **files)
    sources = engine.sources(project.load(project.locate([tmp_path])), have)
    assert sources.settable.get("") == keys


def test_a_rule_that_is_not_chosen_may_not_be_asked(tmp_path: Path):
    have = given(tmp_path, ini="[pytest]\n")
    assert not stage.settable(replace(have, chosen=lambda path, code: False))


def test_a_plan_keeps_what_was_asked_for():
    plan = Plan(settings=(Setting("tests", TESTS, "session", "one loop"),))
    assert Plan.from_json(plan.as_json()) == plan
    old = {key: value for key, value in plan.as_json().items() if key != "settings"}
    assert not Plan.from_json(old).settings
