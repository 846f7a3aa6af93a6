"""HTML: one page that needs nothing else, neither a network nor scripts."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from awaitify import installed_version
from awaitify.refusals import explanation
from awaitify.report import articles, sentences
from awaitify.report.articles import STATUSES, Budget
from awaitify.report.content import Report
from awaitify.report.escaping import visible
from awaitify.report.excerpts import block, name
from awaitify_codemods.codes import NAMES

if TYPE_CHECKING:
    from jinja2 import Environment
    from markdown_it import MarkdownIt

_OPEN = 3000
"""A page with more lines than that begins with its files closed."""


@dataclass(frozen=True)
class Told:
    """Something to tell: names, and the message that belongs to them."""

    names: tuple[str, ...]
    words: str = ""
    message: str = ""


@dataclass(frozen=True)
class Part:
    """A part of the page that says something beside the diff."""

    title: str
    told: tuple[Told, ...]
    bad: bool = False


@dataclass(frozen=True)
class Proved:
    """What a proof has to say, as far as a page shows it."""

    kind: str
    """good, bad, odd or ""."""
    saying: str
    sentences: tuple[str, ...]
    outcomes: Sequence[tuple[str, int, int]]
    parts: tuple[Part, ...]
    again: tuple[str, ...]
    verdicts: Mapping[tuple[str, str], tuple[str, ...]]
    """Path and definition -> what became of its tests."""


def render(report: Report, proved: Proved | None = None) -> bytes:
    """Return the whole page."""
    return b"".join(stream(report, proved))


def stream(report: Report, proved: Proved | None = None) -> Iterator[bytes]:
    """Yield the page piece by piece: no more than a file of it is held.

    Args:
        report: what to tell, with its changes.
        proved: what the proof of it found, if it is one.

    """
    verdicts = proved.verdicts if proved else {}
    budget = Budget()
    page = _environment().get_template("page.html")
    documents = _documents() if report.findings else {}
    names = {**NAMES, **{code: each.name for code, each in documents.items()}}
    files = articles.files(report, articles.Known(names, verdicts), budget)
    head = _head(report, proved, documents)
    for text in page.generate(**head, files=files, budget=budget):
        yield text.encode()


def _head(
    report: Report, proved: Proved | None, documents: Mapping[str, _Document]
) -> dict[str, Any]:
    """Return all that the page tells beside the files."""
    style, script = _resource("page.css"), _resource("page.js")
    lines = sum(len(h.old) + len(h.new) for c in report.changes for h in c.hunks)
    verdicts = sorted(set(_verdicts(report, proved)))
    return {
        "report": report,
        "version": installed_version(),
        "root": report.root.name,
        "policy": _policy(style, script),
        "style": Markup(style),
        "script": Markup(script),
        "sentences": _sentences(report, proved),
        "cards": _cards(report),
        "proved": proved,
        "trouble": _trouble(report),
        "rules": _rules(report, documents),
        "reasons": _reasons(report),
        "statuses": _statuses(report),
        "verdicts": verdicts,
        "opened": lines <= _OPEN,
    }


def _verdicts(report: Report, proved: Proved | None) -> Iterator[str]:
    """Yield the verdicts of tests that the page shows something of."""
    places = {(each.path, each.test) for each in report.findings}
    for change in report.changes:
        for hunk in change.hunks:
            parts = hunk.definition.split("::")
            names = ("::".join(parts[:n]) for n in range(1, len(parts) + 1))
            places |= {(change.path, name) for name in names}
    for place, found in proved.verdicts.items() if proved else ():
        if place in places:
            yield from found


def _policy(style: str, script: str) -> str:
    """Return what the page may do: what it brings along, and nothing else."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _sentences(report: Report, proved: Proved | None) -> list[str]:
    told = [*proved.sentences] if proved else [f"{sentences.sites(report)}."]
    if newly := sentences.newly_running(report):
        told.append(f"{newly}.")
    told.append(f"{sentences.files(report)}.")
    if report.known is not None:
        told.append(f"{sentences.known(report.known)}.")
    if report.shard is not None:
        told.append(f"This is shard {report.shard}.")
    return told


def _cards(report: Report) -> list[tuple[str, int, str]]:
    """Return the numbers that the page begins with: a kind, how many, of what."""
    done = len(report.of("migrate"))
    cards = [
        ("migrate", done, "migrated" if report.written else "to migrate"),
        ("newly-running", len(report.of("newly-running")), "newly running"),
        ("left", sum(report.left.values()), "left"),
        ("report", len(report.of("report", "review")), "to look at"),
        ("suppressed", len(report.of("suppressed")), "suppressed"),
        ("", len(report.changed) + len(report.removed), "files"),
    ]
    return [card for card in cards if card[1] or card[0] in ("migrate", "left", "")]


def _statuses(report: Report) -> list[tuple[str, str]]:
    found = {each.status for each in report.findings}
    return [(status, STATUSES.get(status, status)) for status in sorted(found)]


def _trouble(report: Report) -> Part | None:
    """Return what went wrong with files, rules and checks."""
    told = [
        Told((f"{name(each.path)}:{each.line}",), "", each.message)
        for each in report.faults
    ]
    told += [
        Told((each.code,), "this rule failed", each.message) for each in report.failures
    ]
    told += [
        Told(
            (bug.path, bug.check),
            f"the result failed a check: {name(bug.message)}. It was left as it was; "
            "this is a bug in awaitify",
            block(bug.diff.decode("utf-8", "replace"), 500, 20_000),
        )
        for bug in report.bugs
    ]
    return Part("Not done", tuple(told), bad=True) if told else None


@dataclass(frozen=True)
class _Explained:
    """A rule or a reason, how often it was met, and what it means."""

    code: str
    name: str
    done: int
    left: int
    other: int
    summary: str
    text: str
    """The reason of a rule, as HTML; of a refusal, what to do about it."""


def _rules(report: Report, documents: Mapping[str, _Document]) -> list[_Explained]:
    done = Counter(f.rule for f in report.of("migrate", "newly-running"))
    left = Counter(f.rule for f in report.of("left"))
    told = Counter(f.rule for f in report.findings)
    markdown = _markdown()
    found = []
    for code in sorted(told):
        rule = documents.get(code, _Document(NAMES.get(code, ""), "", ""))
        other = told[code] - done[code] - left[code]
        html = Markup(markdown.render(visible(rule.reason)))
        numbers = done[code], left[code], other
        found.append(_Explained(code, rule.name, *numbers, rule.summary, html))
    return found


@dataclass(frozen=True)
class _Document:
    """What a rule says of itself."""

    name: str
    summary: str
    reason: str


def _documents() -> Mapping[str, _Document]:
    """Return what each rule says of itself, by code."""
    import inspect

    from awaitify import plugins, rulebook

    return {
        rule.META.code: _Document(
            rule.META.name, rule.META.summary, inspect.getdoc(rule) or ""
        )
        for rule in rulebook.every(plugins.rules())
    }


def _reasons(report: Report) -> list[_Explained]:
    found = []
    for code, number in report.left.items():
        entry = explanation(code)
        meaning, hint = (entry.meaning, entry.hint) if entry else ("", "")
        found.append(_Explained(code, "", 0, number, 0, meaning, hint))
    return found


def _markdown() -> MarkdownIt:
    """Return what makes HTML of the reason of a rule: text and code alone."""
    from markdown_it import MarkdownIt

    plain = MarkdownIt("commonmark", {"html": False})
    return plain.disable(["link", "image", "autolink", "reference", "html_inline"])


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader

    made = Environment(
        autoescape=True,
        loader=FunctionLoader(_resource),
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["ticked"] = _ticked
    return made


def _ticked(text: str) -> Markup:
    """Return a sentence of ours; what stands between backticks is code."""
    parts = enumerate(visible(text).split("`"))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in parts
    )


def _resource(file: str) -> str:
    from importlib import resources

    return (resources.files("awaitify.report") / "page" / file).read_text("utf-8")


def _shown(value: Any) -> Any:
    """Return what a template shows: of text every character is to be seen."""
    return visible(value) if type(value) is str else value
