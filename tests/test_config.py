"""Flags on their own: which rules they choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitify.config import (
    Format,
    Options,
    UsageError,
    from_flags,
    refuse_unknown_rules,
)
from awaitify.config.selectors import Selectors, rules

KNOWN = {"AW101": "await-run", "AW102": "await-loop", "AW301": "async-fixture"}


def chosen(select: str = "", ignore: str = "") -> set[str]:
    options = from_flags(
        "check", {"select": [select] if select else None, "ignore": [ignore]}
    )
    refuse_unknown_rules(options, KNOWN)
    found = rules([Selectors(options.select or None, (), options.ignore)], KNOWN)
    return set(KNOWN) if found is None else set(found)


def test_all_by_default():
    assert rules([Selectors()], KNOWN) is None


@pytest.mark.parametrize(
    ("select", "ignore", "expected"),
    [
        ("AW101", "", {"AW101"}),
        ("AW1", "", {"AW101", "AW102"}),
        ("await-run, AW3", "", {"AW101", "AW301"}),
        ("ALL", "AW1", {"AW301"}),
        ("", "async-fixture", {"AW101", "AW102"}),
        ("AW101", "AW1", {"AW101"}),
        ("AW1", "AW101", {"AW102"}),
    ],
)
def test_the_longest_selector_decides(select: str, ignore: str, expected: set[str]):
    assert chosen(select, ignore) == expected


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("AW110", r"no rule 'AW110'; did you mean .*AW101"),
        ("await-ran", "did you mean await-run"),
        ("aw109", "no rule 'aw109'"),
        ("X", r"no rule 'X'$"),
    ],
)
def test_unknown_rule(select: str, message: str):
    with pytest.raises(UsageError, match=message):
        chosen(select)


def test_no_rule_is_left():
    with pytest.raises(UsageError, match="leave no rule"):
        chosen("AW1", "AW1")


def test_flags_that_are_not_given_have_defaults(tmp_path: Path):
    flags = {"paths": [tmp_path], "format": None, "jobs": 3, "strict": False}
    options = from_flags("check", flags)
    assert options == Options(paths=(tmp_path,), jobs=3)
    assert from_flags("diff", flags).format is Format.PATCH
    assert from_flags("fix", {**flags, "dry_run": True}).format is Format.PATCH
