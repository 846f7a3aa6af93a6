"""A glance at a file's bytes: whether it may be worth to be parsed.

What is found may mean nothing; what is not found is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DEFINITION = re.compile(
    rb"^([ \t]*)(async[ \t]+def|def|class)[ \t]+(\w+)([^\n]*)", re.MULTILINE
)
_BLANK = re.compile(rb"\n[ \t\r]*\n")
_MODULE_MARK = re.compile(
    rb"^[ \t]*pytestmark\b[^=\n]*=(?:[^\n]|\n[ \t)\]])*asyncio", re.MULTILINE
)


@dataclass(frozen=True)
class _Definition:
    kind: bytes
    name: bytes
    above: bytes
    """What stands above it, up to a blank line: decorators and comments."""
    in_case: bool
    """Whether it seems to be of a class of unittest."""


def _definitions(source: bytes) -> Iterator[_Definition]:
    end, in_case = 0, False
    for match in _DEFINITION.finditer(source):
        between = source[end : match.start()]
        blanks = [each.end() for each in _BLANK.finditer(between)]
        above = between[blanks[-1] :] if blanks else between
        kind = match[2].split()[0]
        if kind == b"class" or not match[1]:
            in_case = kind == b"class" and b"TestCase" in match[4]
        yield _Definition(kind, match[3], above, in_case)
        end = match.end()


def has_async_fixture(source: bytes) -> bool:
    """Whether a fixture may be a coroutine function that nothing sets up."""
    for each in _definitions(source):
        if each.kind == b"async" and b"fixture" in each.above:
            scoped = b"scope" in each.above and b"loop_scope" not in each.above
            own = b"pytest_asyncio" in each.above and _IMPORTED.search(source)
            if scoped or not own:
                return True
    return b"fixture(" in source and bool(_MADE.search(source))


_MADE = re.compile(rb"=\s*\w+(\.\w+)*\.?fixture\((\w+|[^\n]*\)\(\w+)\)")


def has_marked_fixture(source: bytes) -> bool:
    """Whether a fixture may have a mark, or an old name."""
    return b"yield_fixture" in source or any(
        b"fixture" in each.above and b"mark" in each.above
        for each in _definitions(source)
    )


def has_unmarked_test(source: bytes) -> bool:
    """Whether a coroutine test may have no asyncio marker."""
    return not _MODULE_MARK.search(source) and any(
        each.kind == b"async"
        and not each.in_case
        and each.name.startswith(b"test")
        and b"asyncio" not in each.above
        for each in _definitions(source)
    )


def has_idle_mark(source: bytes) -> bool:
    """Whether an asyncio marker may hold for what is sync, or stand twice."""
    around = bool(_MODULE_MARK.search(source))
    for each in _definitions(source):
        marked = b"asyncio" in each.above.replace(b"pytest_asyncio", b"")
        if each.kind == b"class":
            around = around or marked
            continue
        is_test = each.name.startswith(b"test")
        if each.kind == b"def" and (marked or (around and is_test)):
            return True
        if marked and (around or not is_test):
            return True
    return False


def has_old_keyword(source: bytes) -> bool:
    """Whether a marker may be given a keyword that has another name, or is gone."""
    return b"_global_loop" in source or any(
        not source[: source.rfind(b"(", 0, each.start())].endswith(b"fixture")
        for each in _SCOPE.finditer(source)
    )


_SCOPE = re.compile(rb"\bscope[ \t]*=")


def may_lack_import(source: bytes) -> bool:
    """Whether ``pytest_asyncio`` may be used without an import, or stood in for."""
    return not _IMPORTED.search(source) or any(
        word in source for word in (b"sys.modules", b"builtins")
    )


_IMPORTED = re.compile(
    rb"^[ \t]*(from|import)\b[^\n#]*\bpytest_asyncio\b", re.MULTILINE
)


def has_policy(source: bytes) -> bool:
    """Whether a policy may be installed, or given by a fixture."""
    return bool(_POLICY.search(source))


_POLICY = re.compile(
    rb"def[ \t]+event_loop_policy\b|[\"']event_loop_policy[\"']"
    rb"|\bset_event_loop_policy\s*\(|\buvloop\s*(\.\s*|import\s+)install\b"
)


def gives_loop(source: bytes) -> bool:
    """Whether something may be called with a loop by keyword."""
    return bool(_LOOP_GIVEN.search(source))


_LOOP_GIVEN = re.compile(rb"[(,]\s*(?:#[^\n]*\n\s*)*loop\s*=(?!=)")


def has_homemade_plugin(source: bytes) -> bool:
    """Whether a hook may run coroutine tests itself."""
    return b"def pytest_pyfunc_call" in source or (
        b"def pytest_collection_modifyitems" in source and b".obj" in source
    )


def may_replace_asyncio(source: bytes) -> bool:
    """Whether something of asyncio may be replaced for all tests."""
    if b"autouse" in source and (b"patch" in source or b"setattr" in source):
        return True
    return bool(_REPLACED.search(source))


_REPLACED = re.compile(rb"\basyncio\.\w+[ \t]*=[^=]")


def may_remember_loop(source: bytes) -> bool:
    """Whether something may keep a loop, or a task, in an attribute or a global."""
    return any(
        b"." in match[1] or b"global " in source
        for match in _REMEMBERED.finditer(source)
    )


_REMEMBERED = re.compile(
    rb"(\.?)\b\w+[ \t]*(?::[^=\n]+)?=[ \t]*[\w.]*"
    rb"\b(?:get_running_loop|get_event_loop|create_task|ensure_future|ClientSession)\("
)


_PROTOCOL = re.compile(
    rb"__a(?:enter|exit|iter|next)__|\bMock\(|return_value\s*=\s*[\[(]"
)


def may_mock_protocols(source: bytes) -> bool:
    """Whether mocks may be entered or iterated asynchronously."""
    return bool(_PROTOCOL.search(source))


_PATCHED = re.compile(rb"\bpatch\b")


def may_patch_runners(source: bytes) -> bool:
    """Whether tests may put mocks in the place of what takes coroutines."""
    return bool(_PATCHED.search(source))


_OLD_NAME = re.compile(
    rb"\b(all_tasks|current_task|JoinableQueue|Task|iscoroutinefunction)\s*\("
    rb"|getattr\(\s*asyncio\s*,\s*[\"']async[\"']"
)


def has_old_name(source: bytes) -> bool:
    """Whether something of asyncio may be called that has another name today."""
    return bool(_OLD_NAME.search(source))
