"""What pytest's configuration needs for async tests: AW341."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from packaging.version import Version

from awaitify.settings import versions
from awaitify.settings.configuration import Configuration
from awaitify.settings.settlement import Note
from awaitify.settings.targets import Targets
from awaitify.settings.text import NotEditable
from awaitify.settings.usage import AsyncFixture
from awaitify_codemods.plan import MIGRATE, REPORT, Setting

CODE = "AW341"
FIXTURES = "asyncio_default_fixture_loop_scope"
TESTS = "asyncio_default_test_loop_scope"
_MODE = "asyncio_mode"
_SCOPES = ("function", "class", "module", "package", "session")
_ANY = Version("0")
_LEGACY = re.compile(r"--asyncio-mode[= ]legacy\b")


@dataclass(frozen=True)
class Suite:
    """What is known of the tests that one configuration is for."""

    targets: Targets
    wide: tuple[AsyncFixture, ...]
    """The async fixtures that its tests may use and that outlive a test."""
    unmarked: Callable[[], str] = lambda: ""
    """Where an async test or fixture is that only auto mode runs; "" for nowhere."""
    others: Callable[[], str] = lambda: ""
    """A file of the tests of another async plugin, or ""."""
    is_migrated: bool = False
    """Whether something changes there; then a newer plugin may be required."""
    wishes: tuple[Setting, ...] = ()
    """What the results rely on."""
    mentions: Callable[[str], str] = lambda word: ""
    """A file that knows an option of its own by this name, or ""."""
    mode: str = ""
    """The mode that the user wants, if one was said."""

    def may_use(self, version: Version) -> bool:
        """Say whether what came with a version may be written."""
        has = self.targets.has(version)
        return has or (self.is_migrated and self.targets.can_raise(version))


@dataclass(frozen=True)
class Settled:
    """A configuration after some steps, and what they have to tell."""

    configuration: Configuration
    origin: Configuration
    """What it was: that is where there is something to tell about."""
    notes: tuple[Note, ...] = ()
    needs: Version = _ANY
    """The pytest-asyncio that knows what was written."""

    def note(self, key: str, status: str, message: str) -> Settled:
        """Return the same with something to tell about a key."""
        line = self.origin.line(key)
        note = Note(self.configuration.path, line, CODE, status, message)
        return replace(self, notes=(*self.notes, note))

    def changed(
        self,
        key: str,
        edit: Callable[[Configuration], Configuration],
        message: str,
        needs: Version = _ANY,
    ) -> Settled:
        """Return the same after an edit, or with the reason why there is none."""
        try:
            after = edit(self.configuration)
        except NotEditable as error:
            return self.note(key, REPORT, f"{message}; not done: {error}")
        noted = self.note(key, MIGRATE, message)
        return replace(noted, configuration=after, needs=max(self.needs, needs))


_Step = Callable[[Settled, Suite], Settled]


def settle(configuration: Configuration, suite: Suite) -> Settled:
    """Return the configuration that the tests of a suite need."""
    return _after(configuration, suite, _with_mode)


def initial(configuration: Configuration, suite: Suite) -> Settled:
    """Return the same as `settle`, with all that a suite should say about itself."""
    return _after(configuration, suite, _with_any_mode)


def _after(configuration: Configuration, suite: Suite, with_mode: _Step) -> Settled:
    settled = Settled(configuration, configuration)
    for step in (_without_unknown, with_mode, _with_wishes, _with_loop_scope):
        settled = step(settled, suite)
    return settled


def _without_unknown(settled: Settled, suite: Suite) -> Settled:
    for key in [k for k in settled.configuration.values if k.startswith("asyncio_")]:
        first = versions.FIRST.get(key)
        target = suite.targets.pytest_asyncio
        if first is not None:
            if target is not None and target < first:
                message = (
                    f"{key} came with pytest-asyncio {versions.spelled(first)}; "
                    f"the project supports {versions.spelled(target)}"
                )
                settled = settled.note(key, REPORT, message)
            continue
        if target is not None and target.release[:2] > versions.NEWEST.release[:2]:
            message = f"{key} may be an option of pytest-asyncio {target}"
            settled = settled.note(key, REPORT, message)
            continue
        if where := suite.mentions(key):
            settled = settled.note(key, REPORT, f"{key} is an option of {where}")
            continue
        message = f"pytest-asyncio has no option {key}: pytest warns of it"
        edit = partial(Configuration.without, key=key)
        settled = settled.changed(key, edit, message)
    return settled


def _with_mode(settled: Settled, suite: Suite) -> Settled:
    given = " ".join(settled.configuration.items("addopts"))
    found = _LEGACY.search(given)
    is_legacy = settled.configuration.word(_MODE) == "legacy"
    if not (is_legacy or found):
        return settled
    mode, why = _mode_for(suite)
    message = f"the mode legacy is an error for every async test: {mode}, {why}"
    if is_legacy:
        settled = settled.changed(_MODE, lambda c: c.with_word(_MODE, mode), message)
    if found:
        old, new = found[0], found[0].replace("legacy", mode)
        settled = settled.changed(
            "addopts", lambda c: c.with_part("addopts", old, new), message
        )
    return settled


def _mode_for(suite: Suite) -> tuple[str, str]:
    """Return the mode in which the tests run, and why."""
    if suite.mode:
        return suite.mode, "as --mode says"
    if not (unmarked := suite.unmarked()):
        return "strict", "as every async test has a mark"
    if others := suite.others():
        why = f"as {others} belongs to another plugin, which auto would disturb"
        return "strict", why
    return "auto", f"as {unmarked} has no mark of its own"


def _with_wishes(settled: Settled, suite: Suite) -> Settled:
    for wish in suite.wishes:
        if settled.configuration.word(wish.key) == wish.value:
            continue
        first = versions.FIRST.get(wish.key, versions.LOOP_SCOPE)
        message = f"{wish.key} = {wish.value}: {wish.reason}"
        edit = partial(Configuration.with_word, key=wish.key, word=wish.value)
        settled = settled.changed(wish.key, edit, message, first)
    return settled


def _with_loop_scope(settled: Settled, suite: Suite) -> Settled:
    asked = {wish.key for wish in suite.wishes}
    if FIXTURES in asked or _is_overridden(settled.configuration):
        return settled
    if _is_disabled(settled.configuration):
        return settled
    now = settled.configuration.word(FIXTURES)
    wide = suite.wide
    if now == "function" and any(fixture.scope in _SCOPES for fixture in wide):
        return _widened(settled, suite, wide)
    if now in (*_SCOPES, "fixture-scope"):
        return settled
    first = versions.FIXTURE_SCOPE if wide else versions.LOOP_SCOPE
    if not suite.may_use(first):
        return settled.note(FIXTURES, REPORT, _too_old(suite, wide, first))
    value = "fixture-scope" if wide else "function"
    was = "is not set" if now is None else f"is {now!r}, which is none"
    why = f"{_named(wide[0])} is wider" if wide else "no async fixture needs another"
    return settled.changed(
        FIXTURES,
        lambda c: c.with_word(FIXTURES, value),
        f"{FIXTURES} {was}: {value}, as {why}",
        first,
    )


def _widened(settled: Settled, suite: Suite, wide: Sequence[AsyncFixture]) -> Settled:
    """Repair a setting under which some fixtures cannot be set up."""
    broken = f"with {FIXTURES} = function {_named(wide[0])} fails with ScopeMismatch"
    if not suite.may_use(versions.FIXTURE_SCOPE):
        message = f"{broken}: give it loop_scope={wide[0].scope!r}"
        return settled.note(FIXTURES, REPORT, message)
    return settled.changed(
        FIXTURES,
        lambda c: c.with_word(FIXTURES, "fixture-scope"),
        f"{broken}: fixture-scope",
        versions.FIXTURE_SCOPE,
    )


def _is_overridden(configuration: Configuration) -> bool:
    return any(f"{FIXTURES}=" in item for item in configuration.items("addopts"))


def _is_disabled(configuration: Configuration) -> bool:
    """Whether pytest-asyncio is switched off: then its options are not known."""
    given = " ".join(configuration.items("addopts"))
    return re.search(r"-p[= ]?\s*no:(pytest_)?asyncio\b", given) is not None


def _too_old(suite: Suite, wide: Sequence[AsyncFixture], first: Version) -> str:
    supported = _supported(suite.targets)
    reason = f"needs pytest-asyncio {versions.spelled(first)}; the project supports"
    if not wide:
        return f"{FIXTURES} is not set: it {reason} {supported}"
    return (
        f"{FIXTURES} is not set: fixture-scope, as {_named(wide[0])} is wider, "
        f"{reason} {supported}. "
        "Once every such fixture has a loop_scope, set it to function"
    )


def _supported(targets: Targets) -> str:
    """Return what keeps the project from a newer pytest-asyncio."""
    known = targets.pytest_asyncio
    if known and (targets.floor or known < versions.NEWEST):
        return versions.spelled(known)
    others = [f"Python {targets.python}"] if targets.python else []
    others += [f"pytest{targets.pytests}"] if str(targets.pytests) else []
    return " and ".join(others) or "an older one"


def _named(fixture: AsyncFixture) -> str:
    scope = "" if fixture.scope == "?" else f" of scope {fixture.scope}"
    return f"the async fixture {fixture.name}{scope} ({fixture.path}:{fixture.line})"


def _with_any_mode(settled: Settled, suite: Suite) -> Settled:
    if settled.configuration.word(_MODE) is None and not _has_mode(settled.origin):
        mode, why = _mode_for(suite)
        message = f"{_MODE} is not set: {mode}, {why}"
        return settled.changed(_MODE, lambda c: c.with_word(_MODE, mode), message)
    return _with_mode(settled, suite)


def _has_mode(configuration: Configuration) -> bool:
    given = configuration.items("addopts")
    return any("asyncio-mode" in item or f"{_MODE}=" in item for item in given)


def settable(configuration: Configuration, suite: Suite) -> Iterator[str]:
    """Yield the keys that a rule may ask for."""
    for key in (FIXTURES, TESTS):
        may = suite.may_use(versions.FIRST[key])
        if may and not any(f"{key}=" in i for i in configuration.items("addopts")):
            try:
                configuration.with_word(key, "session")
            except NotEditable:
                continue
            yield key
