"""AW201 isolated-case."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.cases import Rebase
from awaitify_codemods.facts.module import Module
from awaitify_codemods.facts.values import Class
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Work

_CASE = "unittest.IsolatedAsyncioTestCase"


class IsolatedCase(Rule):
    """unittest awaits coroutine tests in `IsolatedAsyncioTestCase` alone.

    In a plain `TestCase` an `async def test_x` passes without running, marked or
    not. `TestCase` among the bases becomes `IsolatedAsyncioTestCase`; where it
    comes from a base of another distribution, or one that sync classes share, the
    new base is added and no other is lost. Sync tests of the class run as before,
    outside the loop; the loop is in debug mode.

    Left where a base is found nowhere or belongs to a framework, has a metaclass,
    or runs its tests itself.
    """

    META = Meta(
        code="AW201",
        name="isolated-case",
        summary="Derive unittest classes with async tests from `IsolatedAsyncioTestCase`.",
        safety=Safety.SAFE,
        triggers=(b"unittest",),
        examples=(
            Example(
                "in its place",
                before="""
                    import asyncio
                    import unittest

                    from app import add

                    class AddTests(unittest.TestCase):
                        def test_add(self):
                            self.assertEqual(asyncio.run(add(1, 2)), 3)
                """,
                after="""
                    import unittest

                    from app import add

                    class AddTests(unittest.IsolatedAsyncioTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
            ),
            Example(
                "beside a base that sync classes share",
                before="""
                    import asyncio
                    import unittest

                    from app import add

                    class Base(unittest.TestCase):
                        pass

                    class SyncTests(Base):
                        def test_sync(self):
                            self.assertTrue(add)

                    class AddTests(Base):
                        def test_add(self):
                            self.assertEqual(asyncio.run(add(1, 2)), 3)
                """,
                after="""
                    import unittest

                    from app import add

                    class Base(unittest.TestCase):
                        pass

                    class SyncTests(Base):
                        def test_sync(self):
                            self.assertTrue(add)

                    class AddTests(Base, unittest.IsolatedAsyncioTestCase):
                        async def test_add(self):
                            self.assertEqual(await add(1, 2), 3)
                """,
            ),
            Example.unchanged(
                "a base that is found nowhere",
                """
                    import asyncio

                    from app import add
                    from elsewhere import BaseCase

                    class AddTests(BaseCase):
                        def test_add(self):
                            self.assertEqual(asyncio.run(add(1, 2)), 3)
                """,
            ),
        ),
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Swap or add the base."""
        for rebase in work.colouring.rebases:
            if rebase.base is None:
                yield _added(rebase, work)
            else:
                yield swapped(rebase.owner, rebase.base, work)


def _added(rebase: Rebase, work: Work) -> Decision:
    module, node = rebase.owner.module, rebase.owner.node
    spelling = work.spell(module, module.at[node], _CASE, node.lineno)
    return Decision(
        module,
        node,
        "add-base",
        {"position": rebase.position, "code": spelling.text},
        uses=spelling.uses,
        imports=spelling.imports,
        message=f"{node.name} gets {_CASE}",
    )


def _is_free(name: str, node: ast.ClassDef, module: Module) -> bool:
    """Whether a name means nothing else where a class is defined."""
    scope = module.at[node].find(name)
    kinds = {each.kind for each in scope.names[name]} if scope else set()
    return kinds <= {"import"}


def swapped(owner: Class, index: int, work: Work) -> Decision:
    """Return what puts `IsolatedAsyncioTestCase` in the place of a base."""
    module, node = owner.module, owner.node
    base = node.bases[index]
    message = f"{node.name} is an IsolatedAsyncioTestCase"
    name = _CASE.rpartition(".")[2]
    if isinstance(base, ast.Name) and _is_free(name, node, module):
        return Decision(
            module,
            node,
            "swap-base",
            {"index": index, "code": name},
            (base,),
            imports=(f"from unittest import {name}",),
            message=message,
        )
    spelling = work.spell(module, module.at[node], _CASE, node.lineno)
    return Decision(
        module,
        node,
        "swap-base",
        {"index": index, "code": spelling.text},
        (base,),
        spelling.uses,
        spelling.imports,
        message,
    )
