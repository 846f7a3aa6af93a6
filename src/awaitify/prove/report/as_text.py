"""Text: one line for whatever needs attention, a table, and what it comes to."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from awaitify.prove.outcome import FINISHED, SuiteRun
from awaitify.prove.proof import Compared, Proof, Verdict
from awaitify.prove.report import content
from awaitify.prove.report.content import Conclusion, line, name
from awaitify.report.lines import Line, count, written

_FEW = 10
_STYLES = {
    Verdict.REGRESSED: "red",
    Verdict.LOST: "red",
    Verdict.FLAKY_SINCE: "red",
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
    yield [*map(_ended, _broken(proof))]
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


def _broken(proof: Proof) -> list[tuple[str, SuiteRun]]:
    both = [("before", run) for run in proof.before]
    both += [("after", run) for run in proof.after]
    return [(when, run) for when, run in both if run.ended != FINISHED]


def _ended(broken: tuple[str, SuiteRun]) -> Line:
    when, run = broken
    while_ = f" while it ran {', '.join(run.running)}" if run.running else ""
    words = f"{run.ended} with status {run.status}{while_}"
    return _said("suite", when, line(words), "red")


def _test(node_id: str, test: Compared) -> Line:
    before = test.before or "not there"
    if test.verdict is Verdict.NEWLY_RUNNING:
        before = f"{test.before} without running"
    became = f"{before}, then {test.after or 'not there'}"
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
    yield ((f"{_tests(proof)}.", ""),)
    yield ((f"{_ids(proof)}.", ""),)
    if proof.inventory:
        yield ((f"{_sites(proof)}.", ""),)
    yield ((f"{_runs(proof)} ({proof.seconds:.1f} s in all).", ""),)
    words, style = _CONCLUSIONS[content.conclusion(proof)]
    yield ((words, style),)


_CONCLUSIONS: Mapping[Conclusion, tuple[str, str]] = {
    Conclusion.PROVED: ("Proved: what passed, passes.", "green"),
    Conclusion.NOTHING: ("There is nothing to change.", ""),
    Conclusion.ROLLED_BACK: (
        "Proved: what passed, passes, as what regressed was rolled back.",
        "yellow",
    ),
    Conclusion.REGRESSED: ("Not proved: something is worse than before.", "red"),
    Conclusion.UNUSABLE: ("Not proved: the suite cannot be run as it is.", "red"),
}


def _tests(proof: Proof) -> str:
    parts = [
        f"{number} {verdict.value}"
        for verdict, number in content.verdicts(proof).items()
    ]
    if proof.vacuous:
        parts.append(count(len(proof.vacuous), "vacuous pass", "vacuous passes"))
    total = f"{count(len(proof.comparison.tests), 'test')} compared"
    return f"{total}: {', '.join(parts)}" if parts else total


def _ids(proof: Proof) -> str:
    numbers = (len(content.gone(proof)), "gone"), (len(content.added(proof)), "added")
    parts = [f"{number} {what}" for number, what in numbers if number]
    return f"Node ids: {', '.join(['not equal', *parts]) if parts else 'equal'}"


def _sites(proof: Proof) -> str:
    before, left = content.sites(proof)
    codes = ", ".join(f"{code} {number}" for code, number in proof.left.items())
    why = f" ({codes})" if codes else ""
    parts = [f"{before - left} migrated", f"{left} left{why}"]
    if proof.rolled_back:
        parts.append(f"{len(proof.rolled_back)} rolled back")
    return f"{count(before, 'site')} found: {', '.join(parts)}"


def _runs(proof: Proof) -> str:
    before = f"The suite takes {content.seconds(proof.before):.1f} s"
    if not proof.after:
        return before
    times = f"{before} before, {content.seconds(proof.after):.1f} s after"
    number = len(proof.after)
    return times + (f"; the result ran {number} times" if number > 1 else "")


def _after_all(proof: Proof) -> Iterator[Line]:
    if content.conclusion(proof) is Conclusion.UNUSABLE and proof.before:
        for each in content.block(proof.before[-1].output, 60, 6000).split("\n"):
            yield ((f"  {each}", "dim"),)
    for command in proof.again:
        yield ((f"repeat with: {name(command)}", ""),)
    if proof.evidence is not None:
        yield ((f"evidence: {shlex.quote(name(str(proof.evidence)))}", ""),)
    if proof.run is not None:
        yield ((f"undo with: awaitify undo {proof.run}", ""),)
