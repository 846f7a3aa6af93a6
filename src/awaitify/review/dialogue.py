"""Questions and answers: one key at a time, as `git add -p` has them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from awaitify.changes import Change
from awaitify.flags import By
from awaitify.report.escaping import terminal
from awaitify.report.lines import Line, written
from awaitify.review import editing, shown, suppressing
from awaitify.review.decisions import Answer, Decision, Kept
from awaitify.review.questions import Placed, Question


class Ended(Exception):
    """Nobody answers any more."""


class Talk(Protocol):
    """Whoever is asked."""

    def show(self, told: Iterable[Line]) -> None:
        """Show some lines."""

    def ask(self, prompt: str) -> str:
        """Return a line of answer; raise `Ended` if there is none."""


@dataclass(frozen=True)
class Terminal:
    """The terminal of the command."""

    colour: bool

    def show(self, told: Iterable[Line]) -> None:
        """Show some lines."""
        sys.stdout.flush()
        sys.stdout.buffer.write(written(told, colour=self.colour))
        sys.stdout.buffer.flush()

    def ask(self, prompt: str) -> str:
        """Return a line of answer."""
        head = f"\x1b[1;34m{prompt}\x1b[0m " if self.colour else f"{prompt} "
        sys.stdout.write(head)
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise Ended
        return line.strip()


KEYS = {
    "y": "yes: take this change",
    "n": "no: leave it, and what cannot change without it",
    "a": "take it, and all later ones that take no other rules than it",
    "f": "take it, and all later ones that change no other files than it",
    "s": "suppress: leave it, with a comment that says why",
    "e": "edit the result in your editor; it is checked as ours are",
    "k": "go back to the one before",
    "j": "go on, and answer this one later",
    "q": "quit: leave this one and all later ones; write what was taken",
    "?": "say this",
}


@dataclass(frozen=True)
class Look:
    """What questions are shown and edited by."""

    files: Mapping[str, Change]
    results: Mapping[str, bytes | None]
    sources: Mapping[str, bytes]
    check: editing.Check


@dataclass(eq=False)
class Dialogue:
    """Asks, and keeps each answer at once."""

    talk: Talk
    kept: Kept
    edit: editing.Edit = editing.in_editor
    quits: bool = False
    """Whether somebody has seen enough."""
    _known: set[Placed] = field(default_factory=set)
    _asked: dict[tuple[str, ...], str] = field(default_factory=dict)
    """What was asked, and of which result."""
    _last: Question | None = None

    def ask(self, open_: Sequence[Question], look: Look) -> None:
        """Ask some questions until all are answered, or somebody quits."""
        waiting = set(range(len(open_)))
        position = 0
        while waiting:
            asked = open_[position]
            key = self._key(asked, f"({position + 1}/{len(open_)})", look)
            if key == "q":
                self.quits = True
                return
            if key in "jk":
                step = 1 if key == "j" else -1
                position = (position + step) % len(open_)
                continue
            if not self._answered(key, asked, look):
                continue
            done = {position}
            if key in "af":
                done |= self._taken_with(key, asked, open_, waiting)
            waiting -= done
            later = sorted(waiting, key=lambda each: (each < position, each))
            position = later[0] if later else 0

    def warn(self, text: str) -> None:
        """Say what is wrong with an answer."""
        self.talk.show([((f"# {terminal(text)}", "red"),)])

    def _key(self, asked: Question, number: str, look: Look) -> str:
        if asked is not self._last:
            self._show(asked, look)
        keys = [key for key in KEYS if key != "a" or asked.rules]
        while True:
            said = self.talk.ask(f"{number} Take this change [{','.join(keys)}]?")
            if said in keys and said != "?":
                return said
            self.talk.show(((f"{k} - {KEYS[k]}", "yellow"),) for k in keys)

    def _show(self, asked: Question, look: Look) -> None:
        if self._asked.get(asked.names, asked.after) != asked.after:
            note = "# Asked again: with what was refused, it is not what it was."
            self.talk.show([(), ((note, "yellow"),)])
        self._asked[asked.names] = asked.after
        self._last = asked
        self.talk.show(shown.question(asked, look.files, self._known))
        self._known |= set(asked.follows)

    def _answered(self, key: str, asked: Question, look: Look) -> bool:
        """Keep an answer; return whether it was one."""
        answer = Answer.NO if key == "n" else Answer.YES
        decision = Decision(answer, asked.before, asked.after)
        try:
            if key == "s":
                reason = self.talk.ask("Why?")
                suppressing.suppressed(asked, reason, look.sources)
                decision = replace(decision, answer=Answer.SUPPRESS, reason=reason)
            elif key == "e":
                decision = self._edited(asked, decision, look)
        except (suppressing.Unsuppressed, editing.Unedited) as trouble:
            self.warn(str(trouble))
            return False
        self.kept.put(asked.names, decision)
        return True

    def _edited(self, asked: Question, decision: Decision, look: Look) -> Decision:
        names = editing.editable(_definitions(asked), look.results)
        if not names:
            raise editing.Unedited("no definition stands here that could be edited")
        new = editing.edited(names, look.results, self.edit)
        if new and (bugs := look.check(look.results, new)):
            raise editing.Unedited("not taken: " + "; ".join(bugs))
        texts = {name: text.decode("latin-1") for name, text in new.items()}
        answer = Answer.EDIT if texts else Answer.YES
        return replace(decision, answer=answer, texts=texts)

    def _taken_with(
        self, key: str, asked: Question, open_: Sequence[Question], waiting: set[int]
    ) -> set[int]:
        """Take what goes by the same rules, or is of the same files."""
        found = set()
        for number in waiting:
            other = open_[number]
            same = (
                other.rules and {*other.rules} <= {*asked.rules}
                if key == "a"
                else {*other.paths} <= {*asked.paths}
            )
            if same and other is not asked:
                decision = Decision(Answer.YES, other.before, other.after)
                self.kept.put(other.names, decision)
                found.add(number)
        return found


def _definitions(asked: Question) -> list[str]:
    """Return the definitions that a question changes, as far as they may be edited."""
    met = dict.fromkeys(f"{path}::{hunk.definition}" for path, hunk in asked.hunks)
    named = [name for name in asked.names if "::" in name]
    return [name for name in met if name in named]


def ordered(found: Iterable[Question], by: By) -> list[Question]:
    """Return questions in the order in which they are asked."""
    if by is By.TEST:
        return list(found)
    return sorted(found, key=lambda each: each.rules or ("~",))
