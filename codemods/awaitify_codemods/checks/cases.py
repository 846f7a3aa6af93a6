"""Tests that unittest would pass without running."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awaitify_codemods.facts.values import Function


def check_cases(
    before: Iterable[Function], after: Iterable[Function]
) -> Iterator[tuple[str, str]]:
    """No plain ``TestCase`` may have an async test that it did not have.

    Args:
        before: the async tests that plain classes ran, of the whole project.
        after: those of the files that changed.

    Yields:
        The path of the file and what is wrong there.

    """
    known = {(each.module.path, each.name) for each in before}
    for each in after:
        if (each.module.path, each.name) not in known:
            yield each.module.path, f"{each.name} would pass without running"
