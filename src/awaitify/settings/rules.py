"""The rules about configuration: declared like those about code, carried out here."""

from __future__ import annotations

from typing import ClassVar

from awaitify_codemods import Example, Meta, Safety


class Declared:
    """What documentation and selection know of a rule; its docstring is the reason."""

    META: ClassVar[Meta]


class PytestSettings(Declared):
    """Async tests ask something of pytest's configuration.

    Only the file that decides is changed, in its own dialect, and none is made:
    `awaitify init` does that. `asyncio_mode = legacy` and options that
    pytest-asyncio does not know are errors or warnings today. Where
    `asyncio_default_fixture_loop_scope` is not set, every run warns: it becomes
    `function`, or `fixture-scope` where an async fixture is wider than a function
    and has no `loop_scope`. What is set and works stays. Nothing is written that the
    lowest pytest-asyncio of the project does not know.
    """

    META = Meta(
        code="AW341",
        name="pytest-settings",
        summary="Set what async tests need in pytest's configuration.",
        safety=Safety.SAFE,
        triggers=(),
        examples=(
            Example(
                "pytest.ini",
                before="""
                    [pytest]
                    # where they are
                    testpaths = tests
                    asyncio_mode = legacy
                """,
                after="""
                    [pytest]
                    # where they are
                    testpaths = tests
                    asyncio_mode = strict
                    asyncio_default_fixture_loop_scope = function
                """,
            ),
            Example.unchanged(
                "what is set and works",
                """
                    [pytest]
                    asyncio_mode = auto
                    asyncio_default_fixture_loop_scope = session
                """,
            ),
        ),
    )


class TestRequirements(Declared):
    """Migrated tests need pytest-asyncio, and no longer what drove them before.

    It is added beside pytest, wherever the tests' requirements are declared: extras,
    groups, requirements files, tox. Its floor has what was written, and can be
    installed with the lowest Python and pytest of the project; a floor that is too
    low is raised. What users of the project get, locked and generated files and code
    are reported, not edited. asynctest, aiounittest, asyncmock and nest-asyncio go
    when nothing imports them any more.
    """

    META = Meta(
        code="AW342",
        name="test-requirements",
        summary="Require pytest-asyncio where pytest is, and drop what it replaces.",
        safety=Safety.SAFE,
        triggers=(),
        examples=(
            Example(
                "requirements.txt",
                before="""
                    coverage
                    pytest >= 8.4
                    pytest-cov
                """,
                after="""
                    coverage
                    pytest >= 8.4
                    pytest-asyncio >= 1.1
                    pytest-cov
                """,
            ),
            Example.unchanged(
                "it is there",
                """
                    pytest>=8.4
                    pytest-asyncio
                """,
            ),
        ),
    )


class WarningFilters(Declared):
    """A filter that hides coroutines that are never awaited hides broken tests.

    Such a filter in pytest's configuration is reported, and removed with `--unsafe`:
    run the tests then, for what it hid may fail them. One that names a coroutine of
    somebody else, and blanket ones, are only reported.
    """

    META = Meta(
        code="AW343",
        name="warning-filters",
        summary="Remove warning filters that hide never-awaited coroutines.",
        safety=Safety.REVIEW,
        triggers=(),
        examples=(
            Example(
                "with --unsafe",
                before="""
                    [pytest]
                    asyncio_default_fixture_loop_scope = function
                    filterwarnings =
                        error
                        ignore:coroutine .* was never awaited:RuntimeWarning
                """,
                after="""
                    [pytest]
                    asyncio_default_fixture_loop_scope = function
                    filterwarnings =
                        error
                """,
            ),
            Example.unchanged(
                "a coroutine of somebody else",
                """
                    [pytest]
                    asyncio_default_fixture_loop_scope = function
                    filterwarnings =
                        ignore:coroutine 'Connection._cancel' was never awaited
                """,
            ),
        ),
    )


RULES: tuple[type[Declared], ...] = (PytestSettings, TestRequirements, WarningFilters)
