"""A summary in the formats that people and programs read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from awaitify import installed_version
from awaitify.batch import outcome
from awaitify.batch.entries import Mistake
from awaitify.batch.states import State
from awaitify.batch.summary import Line, Summary
from awaitify.flags import Summarised
from awaitify.report.escaping import markdown, terminal, visible
from awaitify.report.lines import count

SCHEMA = 1


def render(summary: Summary, form: Summarised, *, quiet: bool) -> bytes:
    """Return a summary in one of its formats."""
    if form is Summarised.JSON:
        return json.dumps(_object(summary), indent=2).encode() + b"\n"
    if form is Summarised.HTML:
        return _page(summary).encode("utf-8")
    lines = _markdown(summary) if form is Summarised.MD else _text(summary, quiet)
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def progress(state: State, number: int, total: int) -> str:
    """Return the line about an entry that has come to its end."""
    message = f": {_first(state.message)}" if state.message else ""
    what = f"{terminal(state.name)} {state.verdict.value} ({state.seconds:.1f} s)"
    return f"[{number}/{total}] {what}{message}"


def mistake(file: Path, wrong: Mistake) -> str:
    """Return what is wrong with a line of the file."""
    which = f"entry {terminal(wrong.name)}: " if wrong.name else ""
    return (
        f"{terminal(str(file))}:{wrong.line}: error: {which}{terminal(wrong.message)}"
    )


def _object(summary: Summary) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": installed_version(),
        "command": "batch",
        "file": summary.file,
        "summary": {
            "entries": len(summary.lines),
            "statuses": dict(summary.statuses),
            "sites": summary.total("sites"),
            "migrated": summary.total("migrated"),
            "left": dict(summary.left),
            "files_changed": summary.total("changed"),
            "files_removed": summary.total("removed"),
            "rolled_back": summary.total("rolled_back"),
            "exit_code": summary.code,
        },
        "entries": [_entry(line) for line in summary.lines],
        "errors": [asdict(each) for each in summary.mistakes],
        "slowest": [
            {"name": state.name, "seconds": state.seconds} for state in summary.slowest
        ],
    }


def _entry(line: Line) -> dict[str, Any]:
    state = line.state
    return {
        "name": line.name,
        "owner": line.owner,
        "status": line.status,
        "exit_code": state.code,
        "message": state.message,
        "branch": state.branch,
        "base": state.base,
        "commit": state.commit,
        "head": state.head,
        **asdict(state.counts),
    }


def _text(summary: Summary, quiet: bool) -> Iterator[str]:
    width = max((len(line.name) for line in summary.lines), default=0)
    for line in summary.lines if not quiet else ():
        yield f"{terminal(line.name):{width}}  {line.status:11}  {_said(line)}".rstrip()
    if summary.lines and not quiet:
        yield ""
    yield f"{_totals(summary)}."
    if sites := summary.total("sites"):
        yield f"{count(sites, 'site')} found: {_sites(summary)}."
    if slowest := [f"{terminal(s.name)} {s.seconds:.1f} s" for s in summary.slowest]:
        yield f"slowest: {', '.join(slowest)}"


def _totals(summary: Summary) -> str:
    statuses = [f"{number} {status}" for status, number in summary.statuses.items()]
    entries = count(len(summary.lines), "entry", "entries")
    wrong = [f"{len(summary.mistakes)} wrong in the file"] if summary.mistakes else []
    return f"{entries}: {', '.join([*statuses, *wrong])}".removesuffix(": ")


def _sites(summary: Summary) -> str:
    codes = ", ".join(f"{code} {number}" for code, number in summary.left.items())
    why = f" ({codes})" if codes else ""
    left = f"{sum(summary.left.values())} left{why}"
    return f"{summary.total('migrated')} migrated, {left}"


def _said(line: Line) -> str:
    if line.state.message:
        return _first(line.state.message)
    if line.status == "unchanged":
        return "nothing to migrate"
    if line.status != "migrated":
        return ""
    counts = " ".join(outcome.sentences(line.state.counts))
    return f"{terminal(line.state.branch)}: {terminal(counts)}"


def _first(message: str) -> str:
    """Return the line of a message that says most: the last one."""
    lines = [line for line in message.splitlines() if line.strip()]
    return terminal(lines[-1].strip()) if lines else ""


def _markdown(summary: Summary) -> Iterator[str]:
    yield f"## {markdown(summary.file)}"
    yield ""
    yield f"{markdown(_totals(summary))}. {markdown(_sites(summary))}."
    yield ""
    yield "| entry | owner | status | branch | sites | migrated | left | message |"
    yield "|---|---|---|---|--:|--:|--:|---|"
    for line in summary.lines:
        counts = line.state.counts
        left = sum(counts.left.values())
        numbers = (counts.sites, counts.migrated, left)
        texts = (line.name, line.owner, line.status, line.state.branch)
        cells = [markdown(each) for each in texts] + [str(each) for each in numbers]
        cells.append(markdown(_first(line.state.message)))
        yield f"| {' | '.join(cells)} |"
    for number, wrong in enumerate(summary.mistakes):
        yield from [""] if number == 0 else []
        yield f"- line {wrong.line}: {markdown(wrong.message)}"


def _page(summary: Summary) -> str:
    # Slow to import, and needed by this format alone.
    import jinja2

    loader = jinja2.PackageLoader("awaitify.batch", "pages")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["visible"] = visible
    page = environment.get_template("summary.html")
    texts = {"totals": _totals(summary), "sites": _sites(summary)}
    return page.render(summary=summary, **texts) + "\n"
