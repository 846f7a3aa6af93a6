"""Objections to tests that talk to Django's database or views themselves.

Where a loop runs, Django's ORM raises `SynchronousOnlyOperation`: also for what is
only read, if an object or a query gets it from the database then.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from awaitify_codemods.facts.frameworks import DJANGO_CASES, dotted_name
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.nodes import sync_nodes
from awaitify_codemods.facts.sites import Refusal
from awaitify_codemods.facts.values import Class, Function, Instance, external_name
from awaitify_codemods.objections.context import Context
from awaitify_codemods.objections.definitions import is_test

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_OF_MODELS = frozenset(
    "save refresh_from_db full_clean get_or_create update_or_create bulk_create "
    "select_related prefetch_related".split()
)
_CALLED = (
    "django.core.management.call_command",
    "django.contrib.auth.authenticate",
    "django.test.Client",
    "django.test.client.Client",
    "rest_framework.test.APIClient",
    "model_bakery.",
    "model_mommy.",
    "mixer.",
    "factory.",
)
_REQUESTS = ("django.", "rest_framework.")
_MENTIONS = re.compile(
    rb"\.objects\b|\bmodels\b|\bget_user_model\b|\bdjango\.db\b|\bfactor(y|ies)\b|Factory\("
    rb"|\b(baker|mommy|mixer|call_command|setUpTestData|refresh_from_db)\b"
    rb"|^\s+fixtures\s*=|^\s+databases\s*=|\.client\b|\.save\(",
    re.MULTILINE,
)
_SIMPLE = re.compile(r"SimpleTestCase$")


def own_calls(function: Function, context: Context) -> Refusal | None:
    """Object to functions that use the ORM, or a test client, in their own frame."""
    if not context.index.words.have(b"django"):
        return None
    if is_test(function) and "client" in context.fixtures.missing(function):
        return Refusal("orm-in-test", "the fixture 'client' calls views")
    driven = _driven(function, context)
    for node in sync_nodes(function.node):
        if isinstance(node, (ast.Attribute, ast.Name)) and node not in driven:
            if message := _touch(node, function, context):
                return Refusal("orm-in-test", message)
    return None


def _driven(function: Function, context: Context) -> set[ast.AST]:
    """Return the callees of what is awaited."""
    found: set[ast.AST] = set()
    for drive in context.sites.by_frame.get(function.node, ()):
        node = drive.awaitable
        found |= (
            {node.func} if isinstance(node, ast.Call) else {node} if node else set()
        )
    return found


def _touch(node: ast.Attribute | ast.Name, function: Function, context: Context) -> str:
    """Return how a mention uses Django's database or views; "" if it does not."""
    module = function.module
    name = node.attr if isinstance(node, ast.Attribute) else node.id
    if isinstance(node, ast.Attribute):
        if name in _MANAGERS:
            return f"it uses {ast.unparse(node)}"
        if name == "client" and _is_of_case(node, function, context):
            return "it calls views through self.client"
    parent = module.parents[node]
    if not isinstance(parent, ast.Call) or parent.func is not node:
        return ""
    if isinstance(node, ast.Attribute) and name in _OF_MODELS:
        return f"it calls {name}()"
    called = {_name(each) for each in context.index.value(node, module)}
    if any(each.startswith(_CALLED) for each in called):
        return f"it calls {ast.unparse(node)}()"
    if name.endswith("Factory") and not any(
        each.startswith(_REQUESTS) for each in called
    ):
        return f"it calls {name}()"
    return ""


def _name(value: object) -> str:
    if isinstance(value, Class):
        return dotted_name(value)
    if isinstance(value, Instance) and isinstance(value.of, Class):
        return dotted_name(value.of)
    return external_name(value)  # type: ignore[arg-type]


def _is_of_case(node: ast.Attribute, function: Function, context: Context) -> bool:
    if function.owner is None or not isinstance(node.value, ast.Name):
        return False
    return node.value.id == "self" and context.cases.is_of_django(function)


def around(function: Function, context: Context) -> Refusal | None:
    """Object to tests of a class with a database, if objects of it may be about.

    What a test only reads may be fetched from the database as it does: a test file
    that says nothing of models has none of them.
    """
    if not context.cases.is_of_django(function) or not _has_database(function, context):
        return None
    for module in _concerned(function, context):
        if found := _MENTIONS.search(module.source):
            text = found[0].decode().strip()
            message = f"objects of the database may be about ({module.path}: {text})"
            return Refusal("orm-in-test", message)
    return None


def _has_database(function: Function, context: Context) -> bool:
    """Whether tests of a class may use the database."""
    for owner in context.cases.running(function):
        names = {dotted_name(each) for each in context.index.mro(owner)}
        own = {each for each in names & DJANGO_CASES if not _SIMPLE.search(each)}
        scopes = [
            each.module.scopes[each.node].names
            for each in context.index.mro(owner)
            if isinstance(each, Class) and not dotted_name(each)
        ]
        if own or any("databases" in each for each in scopes):
            return True
    return False


def _concerned(function: Function, context: Context) -> Iterator[Module]:
    """Yield the files of a test, of its bases, and of what it calls."""
    yield function.module
    for owner in context.cases.running(function):
        for base in context.index.mro(owner):
            if isinstance(base, Class) and not dotted_name(base):
                yield base.module
    for node in ast.walk(function.node):
        if isinstance(node, (ast.Name, ast.Attribute)) and node in function.module.at:
            for value in context.index.value(node, function.module):
                if isinstance(value, (Function, Class)):
                    yield value.module
