"""Which rules the words after ``--select`` and ``--ignore`` mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from awaitify.config.options import unknown


@dataclass(frozen=True)
class Selectors:
    """What one place, a file or the flags, says of rules.

    Words are codes, beginnings of codes, names, or ``ALL``.
    """

    select: tuple[str, ...] | None = None
    """Only these; None for no word on it."""
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def rules(
    places: Sequence[Selectors], known: Mapping[str, str]
) -> frozenset[str] | None:
    """Return the codes of the rules that were chosen; None for all.

    As in ruff, of several words of one place that fit a rule the longest decides,
    and a place that selects has no regard for what those before it say.

    Args:
        places: what a file says, then what the flags say.
        known: code -> name of every rule.

    """
    chosen = frozenset(known)
    for place in places:
        wanted = _words((*(place.select or ()), *place.extend_select), known)
        unwanted = _words(place.ignore, known)
        start = chosen if place.select is None else frozenset()
        chosen = frozenset(
            code
            for code in known
            for plus, minus in [(_longest(wanted, code), _longest(unwanted, code))]
            if (plus > minus if plus or minus else code in start)
        )
    return None if chosen == frozenset(known) else chosen


def fitting(words: Iterable[str], known: Mapping[str, str]) -> frozenset[str]:
    """Return the codes of the rules that any of some words fits."""
    meant = _words(words, known)
    return frozenset(code for code in known if _longest(meant, code))


def misfit(words: Iterable[str], known: Mapping[str, str]) -> str | None:
    """Return the complaint about the first word that fits no rule."""
    for word in words:
        if not fitting([word], known):
            return unknown("rule", word, [*known, *known.values()])
    return None


def _words(words: Iterable[str], known: Mapping[str, str]) -> list[str]:
    codes = {name: code for code, name in known.items()}
    return [codes.get(word, word.upper()) for word in words]


def _fit(word: str, code: str) -> int:
    """Return how much of a code a word names, plus one; 0 if it is another."""
    if word == "ALL":
        return 1
    return len(word) + 1 if word and code.startswith(word) else 0


def _longest(words: Iterable[str], code: str) -> int:
    return max((_fit(word, code) for word in words), default=0)
