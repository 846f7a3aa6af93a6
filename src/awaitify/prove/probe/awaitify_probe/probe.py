"""What a suite is watched with: hooks of pytest that note, and change nothing."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from . import complaints, failures
from .definitions import definition
from .loops import Loops
from .mocks import Mocks
from .notes import Notes
from .places import PROJECT, Places, dotted
from .reader import Reader

# Tests may replace them.
_is_enabled, _collect = gc.isenabled, gc.collect
_PHASES = "setup", "call", "teardown"


class Probe:
    """What one process of the suite notes, and the test that it runs."""

    _number = staticmethod(os.getpid)

    def __init__(self, folder: str, root: str, reader: Reader) -> None:
        self.notes = Notes(folder)
        self._reader = reader
        self.places = Places(root)
        self.loops = Loops(self.notes, self.places)
        self.mocks = Mocks(self.notes, self.places)
        self.test = ""
        self._process = self._number()
        self.controls = False
        """Whether other processes run the tests."""
        self._frames: dict[tuple[str, str], list[Any]] = {}
        self._definitions: dict[str, tuple[str, str]] = {}
        self._latest: dict[tuple[str, str], str] = {}
        """Path and name of a test's function -> the latest test that ran it."""
        complaints.listen(self.complain)

    def complain(self, kind: str, name: str, about: Any) -> None:
        """Note a complaint; from anywhere, also while memory is reclaimed."""
        test = self._cause(about)
        self.notes.add("complaint", kind=kind, name=name, test=test)
        self.mocks.dropped(about, test)

    def _run(self, test: str) -> None:
        self.test = self.loops.test = self.mocks.test = test

    def _cause(self, about: Any) -> str:
        """Return the test whose own coroutine it is, or else the one that runs."""
        code = getattr(about, "cr_code", None)
        if code is None:
            return self.test
        path = self.places.of(code.co_filename)[1]
        parts = about.__qualname__.split(".<locals>.")
        for end in range(len(parts), 0, -1):
            name = dotted(".".join(parts[:end]))
            if (path, name) in self._latest:
                return self._latest[path, name]
        return self.test

    def _loaded(self) -> list[str]:
        """Return the project's files that are loaded."""
        files = [
            getattr(module, "__file__", None) for module in [*sys.modules.values()]
        ]
        found = [self.places.of(file) for file in files if isinstance(file, str)]
        return sorted({name for kind, name in found if kind == PROJECT})

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: Any) -> None:
        """Note what cannot be collected."""
        if report.failed and not self.controls:
            why = failures.collection(report)
            self.notes.add("uncollected", id=report.nodeid, why=why)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: Any) -> None:
        """Note the tests, in the order in which they are to run."""
        items = []
        for item in session.items:
            where = definition(item, self.places)
            items.append([item.nodeid, where])
            if where is not None:
                self._definitions[item.nodeid] = where[0], where[2]
        self.notes.add("items", items=items)
        self.notes.add("loaded", files=self._loaded())
        self.notes.write()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        """Note that a test begins, and that it has ended."""
        self._run(item.nodeid)
        if item.nodeid in self._definitions:
            self._latest[self._definitions[item.nodeid]] = item.nodeid
        self.notes.add("begin", id=item.nodeid)
        self.notes.write()
        yield
        self.notes.add("end", id=item.nodeid)
        self.notes.write()
        if self._reader.is_gone():
            item.session.shouldstop = "awaitify, which has started it, was ended"

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_teardown(self, item: Any) -> Iterator[None]:
        """Let what a test has left behind be found while it is still its own."""
        yield
        # A full collection takes longer than many a test; and a suite that wants
        # none has its reasons. Not first among the hooks: what finalizers raise
        # is for pytest to see, as always.
        if _is_enabled():
            _collect(1)
        if self._number() != self._process:
            # The test runs in a process of its own, which ends without its end.
            self.notes.write()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Iterator[None]:
        """Remember where a test failed."""
        yield
        if call.excinfo is not None:
            error = call.excinfo.value
            frames = self.places.frames(error.__traceback__)
            self._frames[item.nodeid, call.when] = frames
            try:
                self.mocks.failed(error)
            except Exception:
                return

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note how a phase of a test has ended."""
        # Others tell of their own; of one that has crashed this one has to.
        if self.controls and report.when in _PHASES:
            return
        failed = report.failed
        frames = self._frames.pop((report.nodeid, report.when), [])
        self.notes.add(
            "phase",
            id=report.nodeid,
            outcome=failures.outcome(report),
            seconds=getattr(report, "duration", 0.0),
            message=failures.message(report),
            frames=frames if failed else [],
        )
        if self.controls:
            self.notes.write()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: Any) -> Iterator[None]:
        """Note that pytest came to its end, and what nothing had found yet."""
        self._run("")
        self.notes.add("loaded", files=self._loaded())
        if _is_enabled():
            _collect()
        yield
        self.notes.add("finish", status=int(session.exitstatus))
        self.notes.write()

    def pytest_unconfigure(self) -> None:
        """Write what came last."""
        self.notes.write()
