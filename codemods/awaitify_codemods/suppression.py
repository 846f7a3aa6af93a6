"""What comments and pins keep as it is, and which of the comments keep nothing."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from awaitify_codemods.facts.comments import MARK, Suppression, suppressions
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.pins import Pin
from awaitify_codemods.plan import LEFT, REPORT, REVIEW, SUPPRESSED, Finding
from awaitify_codemods.reasons import REASONS
from awaitify_codemods.sources import Settings
from awaitify_codemods.suite import SUITE

UNUSED, INVALID = "unused-suppression", "invalid-suppression"


def commented(index: Index, selected: Collection[str]) -> list[str]:
    """Return the selected files that may hold a comment to awaitify."""
    return [
        path
        for path in index.words.files_with("awaitify")
        if path in selected and MARK.search(index.files[path])
    ]


def read(
    index: Index, selected: Collection[str], settings: Settings
) -> dict[str, list[Suppression]]:
    """Return the comments of the selected files, those that cover least first."""
    found: dict[str, list[Suppression]] = {}
    rules = {rule.META.code: rule.META.name for rule in (*SUITE, *settings.others)}
    rules |= settings.elsewhere
    for path in commented(index, selected):
        module = index.module(path)
        if module is not None:
            each = list(suppressions(module, rules, REASONS))
            found[path] = sorted(each, key=lambda one: one.last - one.first)
    return found


@dataclass(eq=False)
class Suppressions:
    """Answers for one plan which code stays, and remembers what the comments kept.

    Args:
        comments: by path, those that cover least first.
        pins: by path, the definitions that stay.

    """

    comments: dict[str, list[Suppression]]
    pins: Mapping[str, Sequence[Pin]] = field(default_factory=dict)
    _used: set[tuple[Suppression, str]] = field(default_factory=set)

    def at(self, path: str, node: ast.AST, rule: str) -> Refusal | None:
        """Return why a rule must not edit a node."""
        line = getattr(node, "lineno", 0)
        around = (each for each in self.comments.get(path, ()) if each.covers(line))
        return self._first(around, {rule}) or self._pinned(path, line)

    def within(self, path: str, node: ast.AST) -> Refusal | None:
        """Return why a node must not go as a whole: what it holds is to stay."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        first = min([first, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        inside = (
            each
            for each in self.comments.get(path, ())
            if first <= each.first <= each.last <= last
        )
        for each in inside:
            self._used |= {(each, code) for code in each.codes or ("",)}
            return Refusal("pinned", each.message)
        for pin in self.pins.get(path, ()):
            if first <= pin.first <= pin.last <= last:
                return Refusal("pinned", pin.why)
        return None

    def of_definition(
        self, path: str, node: ast.AST, needs: Collection[str]
    ) -> Refusal | None:
        """Return why a function stays, whose change would take some rules."""
        line = getattr(node, "lineno", 0)
        around = (
            each
            for each in self.comments.get(path, ())
            if each.whole and each.covers(line)
        )
        return self._first(around, needs) or self._pinned(path, line)

    def _pinned(self, path: str, line: int) -> Refusal | None:
        for pin in self.pins.get(path, ()):
            if pin.covers(line):
                return Refusal("pinned", pin.why)
        return None

    def _first(
        self, around: Iterable[Suppression], rules: Collection[str]
    ) -> Refusal | None:
        found: Refusal | None = None
        for each in around:
            codes = {code for rule in rules for code in each.naming(rule)}
            if codes:
                self._used |= {(each, code) for code in codes}
                found = found or Refusal("pinned", each.message)
        return found

    def applied(self, finding: Finding) -> Finding:
        """Return a finding as suppressed, if a comment covers it."""
        if finding.status not in (LEFT, REPORT, REVIEW):
            return finding
        for each in self.comments.get(finding.path, ()):
            if not each.covers(finding.line):
                continue
            codes = each.naming(finding.rule, finding.reason)
            pinned = finding.reason == "pinned" and finding.message == each.message
            if codes or pinned:
                self._used |= {(each, code) for code in codes}
                return replace(finding, status=SUPPRESSED, message=each.message)
        return finding

    def are_unused(self) -> bool:
        """Whether some of the comments, or of their codes, kept nothing so far."""
        return any(
            (each, code) not in self._used
            for comments in self.comments.values()
            for each in comments
            for code in each.codes or ("",)
        )

    def notes(self, settings: Settings) -> Iterator[Finding]:
        """Yield what is wrong with the comments; asked last."""
        for path, comments in self.comments.items():
            chosen = settings.of(path).rules
            for each in comments:
                for slip in each.slips:
                    yield _note(each, INVALID, slip)
                if not each.slips:
                    yield from self._unused(each, chosen)

    def _unused(
        self, comment: Suppression, chosen: frozenset[str] | None
    ) -> Iterator[Finding]:
        codes = comment.codes or ("",)
        unused = [code for code in codes if (comment, code) not in self._used]
        if unused == list(codes):
            # What names only rules that were not chosen may be of use to them.
            if any(_is_chosen(code, chosen) for code in codes):
                yield _note(comment, UNUSED, _nothing(comment))
            return
        for code in unused:
            if _is_chosen(code, chosen):
                yield _note(comment, UNUSED, f"{code} suppresses nothing here")


def _nothing(comment: Suppression) -> str:
    if comment.last < comment.first:
        return "no statement follows it in its block: it suppresses nothing"
    return "it suppresses nothing, and can go"


def _is_chosen(code: str, chosen: frozenset[str] | None) -> bool:
    """Whether a code names one of the rules chosen, or no rule."""
    if chosen is None or not code or code in REASONS:
        return True
    return any(each.startswith(code) for each in chosen)


def _note(comment: Suppression, word: str, message: str) -> Finding:
    return Finding(comment.path, comment.line, comment.column, word, REPORT, message)
