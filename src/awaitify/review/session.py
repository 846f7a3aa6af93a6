"""A review: asked, planned again without what is refused, until nothing is open.

No hunk is ever dropped from a result. What is refused is pinned, and the plan is made
again: so imports, configuration and callers fit what is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from awaitify import changes
from awaitify.flags import By
from awaitify.review import editing, suppressing
from awaitify.review.decisions import Answer, Decision, Kept, Names
from awaitify.review.dialogue import Dialogue, Look, ordered
from awaitify.review.questions import Question, questions
from awaitify_codemods.directives import Directives

if TYPE_CHECKING:
    from awaitify.engine import Run

Plan = Callable[[Directives, Mapping[str, bytes]], "Run"]
"""Makes the run that keeps to some directives, on files with other bytes for some."""
Check = Callable[["Run", Mapping[str, "bytes | None"], Directives], Sequence[str]]
"""Says what is wrong with results of a run some of which were edited: those a second
run has to leave, as the directives say."""

_REFUSED = "refused in a review"
_EDITED = "edited in a review"


@dataclass(frozen=True)
class Settled:
    """What came of a review."""

    run: Run
    """On the files as they are now, comments included."""
    results: Mapping[str, bytes | None]
    """New bytes of Python files, also of those that only got a comment."""
    taken: int
    refused: int
    suppressed: int
    open: int
    """How many changes nobody wanted to be asked about."""


@dataclass(eq=False)
class Session:
    """One review, from the first question to a result that may be written."""

    plan: Plan
    check: Check
    dialogue: Dialogue
    kept: Kept
    files: Mapping[str, bytes]
    """The files of the project, as they are on disk."""
    by: By = By.TEST
    _refused: set[Names] = field(default_factory=set)
    _left: set[Names] = field(default_factory=set)
    """What was open when somebody quit."""
    _closed: set[str] = field(default_factory=set)
    """Files that are left whole, as pins did not keep them."""
    _comments: dict[Names, str] = field(default_factory=dict)
    _sources: dict[str, bytes] = field(default_factory=dict)
    """Files with comments that were asked for."""

    def settle(self) -> Settled:
        """Ask until nothing is open; return what may be written."""
        while True:
            run = self.plan(self._directives(), self._sources)
            found = self._questions(run)
            look = self._look(run)
            while not (moved := self._carried_out(found)):
                if not (open_ := self._open(found)):
                    break
                if self.dialogue.quits:
                    self._left |= {each.names for each in open_}
                    moved = True
                    break
                self.dialogue.ask(ordered(open_, self.by), look)
            if moved:
                continue
            results = self._edited(run, found)
            if results is not None:
                return self._settled(run, results, found)

    def _questions(self, run: Run) -> tuple[Question, ...]:
        plan = run.migration.plan
        return questions(self._changes(run), plan.units, plan.findings)

    def _changes(self, run: Run) -> tuple[changes.Change, ...]:
        found = (
            (path, run.before(path), after)
            for path, after in sorted(run.results.items())
            if after != run.before(path)
        )
        return changes.changes(found, run.migration.plan.units)

    def _look(self, run: Run) -> Look:
        def check(
            results: Mapping[str, bytes | None], new: Mapping[str, bytes]
        ) -> Sequence[str]:
            return self._checked(run, editing.with_texts(results, new), new)

        files = {change.path: change for change in self._changes(run)}
        return Look(files, run.migration.results, run.project.files, check)

    def _decision(self, question: Question) -> Decision | None:
        """Return what was answered, if it was about these bytes."""
        found = self.kept.decisions.get(question.names)
        if found is None:
            return None
        if found.answer in (Answer.YES, Answer.EDIT):
            return found if found.after == question.after else None
        return found if found.before == question.before else None

    def _open(self, found: Iterable[Question]) -> list[Question]:
        return [each for each in found if self._decision(each) is None]

    def _carried_out(self, found: Iterable[Question]) -> bool:
        """Pin what is refused, and say in comments what is to be said there.

        Returns:
            Whether the plan has to be made again.

        """
        moved = False
        for each in found:
            decision = self._decision(each)
            if each.names in self._refused | self._left:
                # It is still there: what it follows from is not in its lines.
                assert not self._closed >= {*each.paths}, each.names
                self._closed |= {*each.paths}
                moved = True
            elif decision is None:
                continue
            elif decision.answer is Answer.NO:
                self._refused.add(each.names)
                moved = True
            elif decision.answer is Answer.SUPPRESS:
                self._comment(each, decision)
                moved = True
        return moved

    def _comment(self, question: Question, decision: Decision) -> None:
        try:
            now = {**self.files, **self._sources}
            new = suppressing.suppressed(question, decision.reason, now)
        except suppressing.Unsuppressed:
            # It could when it was answered: another comment came in between.
            self._refused.add(question.names)
        else:
            self._sources |= new
            self._comments[question.names] = decision.reason

    def _directives(self) -> Directives:
        pins: dict[str, str] = {}
        files = dict.fromkeys(self._closed, _REFUSED)
        for names in (*self._refused, *self._left):
            for name in names:
                (pins if "::" in name else files)[name] = _REFUSED
        return Directives(pins=pins, files=files)

    def _checked(
        self, run: Run, results: Mapping[str, bytes | None], edited: Iterable[str]
    ) -> Sequence[str]:
        now = self._directives()
        pins = {**now.pins, **dict.fromkeys(edited, _EDITED)}
        return self.check(run, results, replace(now, pins=pins))

    def _edited(
        self, run: Run, found: Iterable[Question]
    ) -> dict[str, bytes | None] | None:
        """Return the results with what was edited; None to ask about that again."""
        decisions = {each.names: self._decision(each) for each in found}
        new = {
            name: text.encode("latin-1")
            for decision in decisions.values()
            if decision is not None
            for name, text in decision.texts.items()
        }
        results = editing.with_texts(run.migration.results, new)
        if new and (bugs := self._checked(run, results, new)):
            self.dialogue.warn("what was edited is asked again: " + "; ".join(bugs))
            for names, decision in decisions.items():
                if decision is not None and decision.texts:
                    self.kept.put(names, None)
            return None
        return results

    def _settled(
        self, run: Run, results: dict[str, bytes | None], found: Sequence[Question]
    ) -> Settled:
        commented = {
            path: source
            for path, source in self._sources.items()
            if path not in results
        }
        return Settled(
            replace(run, project=replace(run.project, files=self.files)),
            {**commented, **results},
            taken=len(found),
            refused=len(self._refused),
            suppressed=len(self._comments),
            open=len(self._left),
        )
