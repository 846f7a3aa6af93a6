"""Which files are test code: what may become async, as opposed to what is tested."""

from __future__ import annotations

import re

from awaitify_codemods.facts.foreign_cases import LIBRARIES
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.module import FUNCTIONS, Module
from awaitify_codemods.facts.runners import Runners
from awaitify_codemods.facts.values import Function
from awaitify_codemods.facts.words import as_word, is_package, stem

_IMPORT = re.compile(rb"^\s*(from|import)\s+(asynctest|aiounittest)\b", re.MULTILINE)
_FOLDERS = frozenset({"test", "tests", "testing"})


def is_in_test_folder(path: str) -> bool:
    """Whether a file stands below a folder that is called ``tests`` or the like."""
    return any(part in _FOLDERS for part in path.split("/")[:-1])


def test_code(index: Index, runners: Runners, tests: frozenset[str]) -> frozenset[str]:
    """Return the files that tests consist of: tests, what is beside them, helpers.

    A helper module outside the test folders counts if it stands beside tests, only
    test code imports it, and all it does with loops is to offer runners: what
    drives coroutines of its own may be what is tested. So does one that holds test
    cases of asynctest or aiounittest.
    """
    found = {
        path
        for path in index.files
        if path in tests or is_in_test_folder(path) or _is_conftest(path)
    }
    folders = {path.rpartition("/")[0] for path in found}
    for path in index.words.drivers():
        if path in found or path.rpartition("/")[0] not in folders:
            continue
        if _is_only_imported_by(path, found, index):
            module = index.module(path)
            if module and _offers_only_runners(module, runners):
                found.add(path)
    return frozenset(_with_cases(found, folders, index))


def _with_cases(found: set[str], folders: set[str], index: Index) -> set[str]:
    """Add what only tests import, and imports the libraries of test cases."""
    words = [each.encode() for each in LIBRARIES]
    pending = [
        path
        for path in index.words.files_like(words, ())
        if path.rpartition("/")[0] in folders and _IMPORT.search(index.words.text(path))
    ]
    while pending := [each for each in pending if each not in found]:
        new = {each for each in pending if _is_only_imported_by(each, found, index)}
        if not new:
            break
        found = found | new
    return found


def _is_conftest(path: str) -> bool:
    return path.rpartition("/")[2] == "conftest.py"


def _is_only_imported_by(path: str, importers: set[str], index: Index) -> bool:
    name = stem(path)
    pattern = re.compile(rb"^\s*(from|import)\b.*%s" % as_word(name), re.MULTILINE)
    return not is_package(path) and all(
        each in importers or each == path
        for each in index.words.files_with(name)
        if pattern.search(index.words.text(each))
    )


def _offers_only_runners(module: Module, runners: Runners) -> bool:
    drives = 0
    for node in module.functions:
        if not isinstance(node, FUNCTIONS) or _is_inner(module, node):
            continue
        function = Function(module, node)
        known = runners.helper(function) or runners.decorator(function)
        names = {
            getattr(call.func, "attr", getattr(call.func, "id", ""))
            for scope in module.scopes.values()
            if scope.node is node or node in list(module.enclosing(scope.node))
            for call in scope.calls
        }
        if names & {"run", "run_until_complete", "run_forever"}:
            if not known:
                return False
            drives += 1
    return drives > 0


def _is_inner(module: Module, node: object) -> bool:
    return any(isinstance(each, FUNCTIONS) for each in module.enclosing(node))  # type: ignore[arg-type]
