"""JUnit XML: a test case for each node id, failed if it is worse than before."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from awaitify.prove.outcome import FINE
from awaitify.prove.proof import Compared, Proof, Verdict
from awaitify.prove.report import content
from awaitify.report.excerpts import end, line, name

_LINES, _SIZE = 200, 20_000
_TOTALS = {"failure": "failures", "error": "errors", "skipped": "skipped"}
_UNDECIDED = (Verdict.FLAKY, Verdict.FLAKY_SINCE, Verdict.FAILED_BEFORE)


def render(proof: Proof) -> bytes:
    """Return an XML document; what XML has no characters for is spelled out."""
    suites = Element("testsuites", name="awaitify prove")
    suite = SubElement(suites, "testsuite", name="awaitify prove")
    suite.extend(_cases(proof))
    for kind, total in _TOTALS.items():
        suite.set(total, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    seconds = sum(test.seconds_after for test in proof.comparison.tests.values())
    suite.set("time", f"{seconds:.3f}")
    SubElement(suite, "system-out").text = "\n".join(_account(proof))
    indent(suites)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites) + b"\n"


def _cases(proof: Proof) -> Iterator[Element]:
    for node_id, test in proof.comparison.tests.items():
        place, of = _names(node_id)
        case = _case(place, of, test.seconds_after)
        _judge(case, test)
        yield case
    for path, why in content.uncollected(proof).items():
        yield _failed("collection", path, "failure", "not collected any more", why)
    for more in proof.comparison.more:
        words = f"{more.before} before, {more.after} after"
        tests = "\n".join(more.tests)
        yield _failed(
            "complaints", f"{more.kind}: {more.name}", "failure", words, tests
        )
    for number, (when, run) in enumerate(content.broken(proof), 1):
        words = f"{run.ended} with status {run.status}"
        yield _failed("suite", f"{when} {number}", "error", words, run.output)


def _judge(case: Element, test: Compared) -> None:
    """Say what there is to say against a test."""
    words = f"{test.verdict.value}: {content.became(test)}"
    if test.verdict in content.BAD:
        _say(case, "failure", words, test.message)
    elif test.verdict in _UNDECIDED or test.after not in FINE:
        # Nothing that a migration did; whoever counts failures looks for that.
        _say(case, "skipped", words, test.message)


def _failed(place: str, of: str, kind: str, words: str, text: str) -> Element:
    case = _case(place, of, 0.0)
    _say(case, kind, words, text)
    return case


def _case(place: str, of: str, seconds: float) -> Element:
    return Element(
        "testcase", classname=name(place), name=name(of), time=f"{seconds:.3f}"
    )


def _say(case: Element, kind: str, words: str, text: str) -> None:
    said = SubElement(case, kind, message=name(words))
    if text.strip():
        said.text = end(text, _LINES, _SIZE)


def _names(node_id: str) -> tuple[str, str]:
    """Return what stands for the class and for the name of a test."""
    head = node_id.partition("[")[0]
    path, *rest = head.split("::")
    if not rest:
        return "", node_id
    place = ".".join([path.removesuffix(".py").replace("/", "."), *rest[:-1]])
    return place, node_id[len(head) - len(rest[-1]) :]


def _account(proof: Proof) -> Iterator[str]:
    """Yield what is about no test alone."""
    yield from content.sentences(proof)
    yield content.SAYINGS[content.conclusion(proof)]
    for back in proof.rolled_back:
        yield name(f"rolled back: {', '.join(back.what)}: {line(back.message)}")
    for each in proof.vacuous:
        yield name(f"vacuous: {each.test}: {each.kind}: {line(each.detail)}")
