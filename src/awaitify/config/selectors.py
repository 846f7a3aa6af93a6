"""Which rules the words after ``--select`` and ``--ignore`` mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from awaitify.config.options import Options, UsageError, unknown


def rules(options: Options, known: Mapping[str, str]) -> frozenset[str] | None:
    """Return the codes of the rules that were chosen; None for all.

    Args:
        options: `select` and `ignore` name codes, beginnings of codes, or names.
            Of several that fit a rule the longest decides, as in ruff.
        known: code -> name of every rule.

    Raises:
        UsageError: one of them fits no rule, or together they leave none.

    """
    if not options.select and not options.ignore:
        return None
    codes = {name: code for code, name in known.items()}
    for word in (*options.select, *options.ignore):
        if not any(_fit(_selector(word, codes), code) for code in known):
            raise UsageError(unknown("rule", word, [*known, *codes]))
    wanted = [_selector(word, codes) for word in options.select or ("ALL",)]
    unwanted = [_selector(word, codes) for word in options.ignore]
    chosen = frozenset(
        code for code in known if _longest(wanted, code) > _longest(unwanted, code)
    )
    if not chosen:
        raise UsageError("--select and --ignore leave no rule")
    return chosen


def _selector(word: str, codes: Mapping[str, str]) -> str:
    return codes.get(word, word.upper())


def _fit(word: str, code: str) -> int:
    """Return how much of a code a selector names, plus one; 0 if it is another."""
    if word == "ALL":
        return 1
    return len(word) + 1 if word and code.startswith(word) else 0


def _longest(words: Iterable[str], code: str) -> int:
    return max((_fit(word, code) for word in words), default=0)
