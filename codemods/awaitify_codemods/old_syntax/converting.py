"""The project as it is once its generator coroutines are coroutine functions."""

from __future__ import annotations

import re

from awaitify_codemods.facts.comments import MARK
from awaitify_codemods.facts.declared import Declared
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.old_syntax.generators import Generators
from awaitify_codemods.old_syntax.view import Converted, text_of_view, view_of
from awaitify_codemods.sources import Settings, Sources
from awaitify_codemods.testcode import is_in_test_folder, test_code

CODE = "AW531"
_DECORATED = re.compile(
    rb"[.@]\s*coroutine\b|\bimport\b(?:[^;#\n(]*|\s*\([^)]*)\bcoroutine\b"
)


def may_have_generators(source: bytes) -> bool:
    """Whether a file may define generator coroutines."""
    if b"coroutine" in source and _DECORATED.search(source):
        return True
    return b"yield from" in source


def converting(
    index: Index, sources: Sources, settings: Settings, plain: frozenset[str]
) -> tuple[Index, Generators | None]:
    """Return a project in which generator coroutines are what they become.

    Args:
        index: the project as it is.
        sources: the same files, and which of them may change.
        settings: what the user chose.
        plain: the files in which they stay.

    """
    if not settings.has(CODE):
        return index, None
    folders = {path.rpartition("/")[0] for path in sources.tests}
    # They are converted together, or not at all.
    plain |= {name.partition("::")[0] for name in settings.directives.pins}
    paths = [
        path
        for path in index.words.files_like(_WORDS, (b"def",), may_have_generators)
        if path in sources.selected
        and path not in plain
        and (is_in_test_folder(path) or path.rpartition("/")[0] in folders)
        and not MARK.search(sources.files[path])
        and ((rules := settings.of(path).rules) is None or CODE in rules)
    ]
    if not paths:
        return index, None
    runners = Runners(index, Declared(index, settings.runners, settings.coroutines))
    code = test_code(index, runners, sources.tests)
    found = Generators(index, runners, [path for path in paths if path in code], code)
    found.find()
    try:
        # A new one even where nothing changes: what names mean may depend on more.
        shown = _shown(index, found)
    except RecursionError:
        found.converted.clear()
        return _shown(index, found), None
    return shown, found if found.converted or found.refused else None


_WORDS = (b"coroutine", b"yield from")


def _shown(index: Index, found: Generators) -> Index:
    """Return the index of a project whose files are what they become."""
    by_path: dict[str, list[Converted]] = {}
    for function, converted in found.converted.items():
        by_path.setdefault(function.module.path, []).append(converted)
    views = {}
    for path, each in by_path.items():
        module = index.module(path)
        assert module is not None
        views[path] = view_of(module, each)
    texts = {path: text_of_view(views[path], each) for path, each in by_path.items()}
    shown = Index(index.files, index.roots, index.foreign, shown=texts)
    shown.modules = {**index.modules, **views}
    shown.failures = list(index.failures)
    return shown
