"""Shared by the tests of rules: source in, source and findings out."""

from __future__ import annotations

from textwrap import dedent

from awaitify_codemods import (
    SUITE,
    Bound,
    Choice,
    Example,
    Outcome,
    Rule,
    Safety,
    Settings,
    Sources,
    apply,
    migrate,
)
from awaitify_codemods.plan import LEFT, MIGRATE, NEWLY_RUNNING


def source(text: str) -> str:
    """Return an indented literal as a file's text."""
    return dedent(text).lstrip("\n")


def check(
    before: str,
    after: str,
    path: str = "test_module.py",
    unsafe: bool = False,
    bound: Bound | None = None,
) -> Outcome:
    """Assert that all rules together turn `before` into `after`, and are then done."""
    outcome = apply(SUITE, source(before).encode(), path, unsafe=unsafe, bound=bound)
    assert outcome.source.decode() == source(after)
    again = apply(SUITE, outcome.source, path, unsafe=unsafe, bound=bound)
    assert again.source == outcome.source
    assert not codes(again, MIGRATE)
    return outcome


def check_unchanged(code: str) -> list[str]:
    """Assert that `code` is left alone; return the reasons, in source order."""
    outcome = check(code, code)
    return [found.reason for found in outcome.findings if found.status == LEFT]


def check_example(rule: type[Rule], example: Example) -> None:
    """Assert the same as `check`, and that `rule` has a part in it.

    One that is not safe shows what it does with `--unsafe`.
    """
    unsafe = rule.META.safety is not Safety.SAFE
    bound = example.bound
    outcome = check(example.before, example.after, example.path, unsafe, bound)
    if example.before == example.after:
        assert not codes(outcome, MIGRATE)
    else:
        text = source(example.before)
        found = apply(SUITE, text.encode(), example.path, unsafe=unsafe, bound=bound)
        running = codes(found, NEWLY_RUNNING)
        assert rule.META.code in _editing(text, example, unsafe) | running
    if unsafe or bound:
        check(example.before, example.before, example.path)


def check_taken(text: str, *needed: str) -> None:
    """Assert that a change takes these rules, and no other, and says so if not.

    Nothing changes where one of them is ignored, or selected alone.
    """
    before = source(text).encode()
    every = apply(SUITE, before)
    assert every.source != before
    assert apply([each for each in SUITE if each.META.code in needed], before) == every
    for code in needed:
        ignored = apply([each for each in SUITE if each.META.code != code], before)
        alone = apply([each for each in SUITE if each.META.code == code], before)
        for outcome in (ignored, alone):
            assert outcome.source == before
            assert "outside-selection" in {each.reason for each in outcome.findings}
        said = [each.message for each in ignored.findings]
        assert any(each.endswith(f"{code} is not selected") for each in said)


def reported(text: str) -> list[str]:
    """Return where each finding is, the rule, what becomes of it, and any reason."""
    return [
        " ".join(filter(None, (place, found.rule, found.status, found.reason)))
        for found in apply(SUITE, source(text).encode()).findings
        for place in [f"{found.line}:{found.column}"]
    ]


def _editing(text: str, example: Example, unsafe: bool) -> set[str]:
    """Return the codes of the rules that edit a file."""
    path = example.path
    sources = Sources({path: text.encode()}, frozenset({path}), frozenset({path}))
    plan = migrate(sources, Settings(Choice(None, unsafe, example.bound))).plan
    return {edit.rule for file in plan.files for edit in file.edits}


def codes(outcome: Outcome, status: str) -> set[str]:
    """Return the codes of the rules whose findings have this status."""
    return {found.rule for found in outcome.findings if found.status == status}
