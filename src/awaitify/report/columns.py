"""Two columns of code as HTML: its colours, and what differs in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from markupsafe import Markup, escape

from awaitify.report.aligned import Marks, Piece, Row, Texts
from awaitify.report.colours import Part, coloured
from awaitify.report.escaping import visible


def side_by_side(path: str, texts: Texts, piece: Piece) -> Markup:
    """Return lines in two columns, as HTML; where the path is "", without colours."""
    old = _side(path, texts.old, [row.old for row in piece.rows])
    new = _side(path, texts.new, [row.new for row in piece.rows])
    text = "".join(
        _block(changed, list(rows), old, new)
        for changed, rows in groupby(piece.rows, key=lambda row: row.changed)
    )
    return Markup(text)


def _side(
    path: str, lines: Sequence[str], numbers: Sequence[int | None]
) -> Mapping[int, list[Part]]:
    """Return the parts of the lines of one column, by number."""
    wanted = [number for number in numbers if number is not None]
    if not wanted:
        return {}
    first, last = wanted[0], wanted[-1]
    found = list(coloured(path, lines, first - 1, last))
    return dict(zip(range(first, last + 1), found, strict=False))


def _block(
    changed: bool,
    rows: Sequence[Row],
    old: Mapping[int, list[Part]],
    new: Mapping[int, list[Part]],
) -> str:
    cells = []
    for row in rows:
        kinds = ("o", "n") if changed else ("x", "y")
        for kind, number, side, marks in (
            (kinds[0], row.old, old, row.old_marks),
            (kinds[1], row.new, new, row.new_marks),
        ):
            if number is None:
                cells.append('<div class="z"></div>')
            else:
                code = _code(side.get(number, ()), marks, kind)
                cells.append(f'<div class="{kind}" data-n="{number}">{code}</div>')
    return f'<div class="g">{"".join(cells)}</div>\n'


def _code(parts: Iterable[Part], marks: Marks, kind: str) -> str:
    """Return a line as HTML, with its colours, and with what differs marked."""
    tag = "del" if kind == "o" else "ins"
    text, at = [], 0
    for name, part in parts:
        for start, stop, marked in _cut(at, at + len(part), marks):
            shown = _escaped(part[start - at : stop - at])
            if name:
                shown = f'<span class="{name}">{shown}</span>'
            text.append(f"<{tag}>{shown}</{tag}>" if marked else shown)
        at += len(part)
    return "".join(text)


def _cut(start: int, stop: int, marks: Marks) -> Iterator[tuple[int, int, bool]]:
    """Yield the parts of a part: what is marked of it, and what is not."""
    at = start
    for first, last in marks:
        first, last = max(first, start), min(last, stop)
        if first >= last:
            continue
        if at < first:
            yield at, first, False
        yield first, last, True
        at = last
    if at < stop:
        yield at, stop, False


def _escaped(text: str) -> str:
    return str(escape(visible(text)))
