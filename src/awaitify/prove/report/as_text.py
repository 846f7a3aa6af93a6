"""Text: one line for whatever needs attention, a table, and what it comes to."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from awaitify.prove.outcome import SuiteRun
from awaitify.prove.proof import Compared, Proof, Verdict
from awaitify.prove.report import content
from awaitify.prove.report.content import Conclusion
from awaitify.report.excerpts import end, line, name
from awaitify.report.lines import Line, written

_FEW = 10
_STYLES = {
    Verdict.REGRESSED: "red",
    Verdict.LOST: "red",
    Verdict.FLAKY_SINCE: "yellow",
    Verdict.FLAKY: "yellow",
    Verdict.NEWLY_RUNNING: "cyan",
    Verdict.FIXED: "green",
    Verdict.ADDED: "magenta",
}


def render(proof: Proof, *, quiet: bool, verbose: bool, colour: bool) -> bytes:
    """Return the report for people.

    Args:
        proof: what to tell.
        quiet: the summary alone.
        verbose: every test that is not the same, and what was tried.
        colour: for a terminal.

    """
    lines: list[Line] = []
    if not quiet:
        for group in _groups(proof, verbose):
            lines += _few(group, len(group) if verbose else _FEW)
        if lines:
            lines.append(())
        lines += _table(content.outcomes(proof))
        lines.append(())
    lines += _summary(proof)
    if not quiet:
        lines += _after_all(proof)
    return written(map(_seen, lines), colour=colour)


def _seen(line: Line) -> Line:
    """Return a line that is one, whatever a suite calls its things."""
    return tuple((name(text, 2000), style) for text, style in line)


def _few(group: Sequence[Line], most: int) -> Iterator[Line]:
    yield from group[:most]
    if len(group) > most:
        what = group[0][0][0].partition(":")[0]
        yield ((f"{what}: {len(group) - most} more (-v lists them)", "dim"),)


def _groups(proof: Proof, verbose: bool) -> Iterator[list[Line]]:
    """Yield lines of one kind each, the worst first; each begins with its kind."""
    yield [*map(_ended, content.broken(proof))]
    for verdict in _STYLES:
        yield [
            _test(key, each)
            for key, each in proof.comparison.tests.items()
            if each.verdict is verdict
        ]
    yield [
        _said("not collected", path, line(why), "red")
        for path, why in content.uncollected(proof).items()
    ]
    yield [
        _said(
            each.kind,
            each.name,
            f"{each.before} before, {each.after} after{_by(each.tests)}",
            "red",
        )
        for each in proof.comparison.more
    ]
    yield [
        _said("rolled back", ", ".join(each.what), line(each.message), "yellow")
        for each in proof.rolled_back
    ]
    yield [
        _said("vacuous", each.test, f"{each.kind}: {line(each.detail)}", "yellow")
        for each in proof.vacuous
    ]
    if verbose:
        yield from _history(proof)


def _history(proof: Proof) -> Iterator[list[Line]]:
    yield [
        _said("repaired", each.function, f"{each.kind}{_by(each.tests)}", "")
        for each in proof.repairs
    ]
    yield [
        _said(
            "round",
            str(each.number),
            f"{line(each.tried)}: {each.regressed} regressed"
            f"{'' if each.kept else ', not kept'}",
            "",
        )
        for each in proof.rounds
    ]


def _ended(broken: tuple[str, SuiteRun]) -> Line:
    when, run = broken
    while_ = f" while it ran {', '.join(run.running)}" if run.running else ""
    words = f"{run.ended} with status {run.status}{while_}"
    return _said("suite", when, line(words), "red")


def _test(node_id: str, test: Compared) -> Line:
    became = content.became(test)
    why = f": {line(test.message)}" if test.message else ""
    return _said(test.verdict.value, node_id, became + why, _STYLES[test.verdict])


def _said(kind: str, what: str, words: str, style: str) -> Line:
    more = f": {words}" if words else ""
    return ((kind, style), (": ", ""), (name(what), "bold"), (more, ""))


def _by(tests: Sequence[str]) -> str:
    if not tests:
        return ""
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    return f", by {name(tests[0])}{more}"


def _table(rows: Iterable[tuple[str, int, int]]) -> Iterator[Line]:
    cells = [("", "before", "after")]
    cells += [(what, str(before), str(after)) for what, before, after in rows]
    first, second, third = (
        max(map(len, column)) for column in zip(*cells, strict=True)
    )
    for number, (what, before, after) in enumerate(cells):
        start = f"{what.ljust(first)}  {before.rjust(second)}  "
        style = "bold" if number and before != after else "" if number else "dim"
        yield ((start, "" if number else "dim"), (after.rjust(third), style))


def _summary(proof: Proof) -> Iterator[Line]:
    for sentence in content.sentences(proof):
        yield ((sentence, ""),)
    found = content.conclusion(proof)
    yield ((content.SAYINGS[found], _CONCLUSIONS[found]),)


_CONCLUSIONS: Mapping[Conclusion, str] = {
    Conclusion.PROVED: "green",
    Conclusion.NOTHING: "",
    Conclusion.ROLLED_BACK: "yellow",
    Conclusion.REGRESSED: "red",
    Conclusion.UNUSABLE: "red",
}


def _after_all(proof: Proof) -> Iterator[Line]:
    if content.conclusion(proof) is Conclusion.UNUSABLE and proof.before:
        for each in end(proof.before[-1].output, 60, 6000).split("\n"):
            yield ((f"  {each}", "dim"),)
    for command in proof.again:
        yield ((f"repeat with: {name(command)}", ""),)
    if proof.evidence is not None:
        yield ((f"evidence: {shlex.quote(name(str(proof.evidence)))}", ""),)
