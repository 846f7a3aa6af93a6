"""Objections to libraries that refuse to work where a loop runs."""

from __future__ import annotations

from awaitify_codemods.facts.fixtures import marks_of
from awaitify_codemods.facts.runner import CONVERTER
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.tree import walk
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import is_test

# pytest-django's, which give access to the database.
_DATABASES = frozenset(
    "db transactional_db django_db_reset_sequences django_db_serialized_rollback "
    "admin_user admin_client live_server".split()
)
_DATABASE_MARK = "pytest.mark.django_db"


_OF_THREADS = frozenset(
    "current_thread get_ident get_native_id main_thread local thread_sensitive".split()
)


def threads_of_asgiref(function: Function, context: Context) -> Refusal | None:
    """Object to tests that know in which thread asgiref runs something.

    `async_to_sync` runs the loop in a thread of its own, and gives the test's to
    `sync_to_async`.
    """
    drives = context.sites.by_frame.get(function.node, ())
    if not any(drive.runner.form == CONVERTER for drive in drives):
        return None
    for node in walk(function.node):
        name = getattr(node, "attr", getattr(node, "id", getattr(node, "arg", "")))
        if name in _OF_THREADS:
            return Refusal("thread-loop", f"it uses {name}, and asgiref threads")
    if where := _bound_to_threads(context):
        message = f"sync_to_async runs what may belong to the test's thread ({where})"
        return Refusal("thread-loop", message)
    return None


_SYNC_TO_ASYNC = ("sync_to_async", "database_sync_to_async")
_BOUND = (b"threading.local", b"scoped_session", b"sqlite3", b"check_same_thread")


def _bound_to_threads(context: Context) -> str:
    """Return a file with objects of a thread, if code under test changes threads."""
    words, tests = context.index.words, context.reach.test_code
    paths = (path for name in _SYNC_TO_ASYNC for path in words.files_with(name))
    if not any(path not in tests for path in paths):
        return ""
    return next(iter(words.files_like(_BOUND, ())), "")


def databases(function: Function, context: Context) -> Refusal | None:
    """Object to tests with Django's ORM, whose sync calls fail where a loop runs."""
    if not is_test(function):
        return None
    for mark in marks_of(function):
        for value in context.index.value(mark, function.module):
            if isinstance(value, External):
                if value.name.removesuffix("()") == _DATABASE_MARK:
                    return Refusal("orm-in-test", "it is marked django_db")
    for name in sorted(context.fixtures.missing(function) & _DATABASES):
        message = f"the fixture {name!r} gives it Django's database"
        return Refusal("orm-in-test", message)
    return None
