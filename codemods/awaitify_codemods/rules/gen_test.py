"""AW354 gen-test."""

import ast
from collections.abc import Iterator

from awaitify_codemods.facts.module import Module, Scope, own_nodes
from awaitify_codemods.facts.values import External, Function
from awaitify_codemods.facts.yielded import AWAIT, CONVERT, MULTI, TURN, Yielded
from awaitify_codemods.plan import Argument
from awaitify_codemods.rule import Decision, Example, Meta, Rule, Safety
from awaitify_codemods.work import Spelling, Work


class GenTest(Rule):
    """tornado's `gen_test` runs coroutine functions as well as generators.

    `yield` becomes `await`: of a list or dict, `await gen.multi(...)`; of a coroutine
    that somebody may notice to have no task any more, what `gen_test` does itself:
    `await gen.convert_yielded(...)`. The decorator, with its time-out, and the base
    class stay.

    Left where it is not certain that what is yielded can be awaited (tornado takes
    None and futures of threads, too), and where another decorator stands below.
    """

    META = Meta(
        code="AW354",
        name="gen-test",
        summary="Await in tests of tornado what they yielded.",
        safety=Safety.SAFE,
        triggers=(b"gen_test",),
        examples=(
            Example(
                "one future, and several",
                before="""
                    from tornado import gen
                    from tornado.testing import AsyncTestCase, gen_test

                    class SleepTests(AsyncTestCase):
                        @gen_test
                        def test_sleep(self):
                            self.assertIsNone((yield gen.sleep(0)))

                        @gen_test(timeout=3)
                        def test_both(self):
                            one, two = yield [gen.sleep(0), gen.sleep(1)]
                            self.assertEqual(one, two)
                """,
                after="""
                    from tornado import gen
                    from tornado.testing import AsyncTestCase, gen_test

                    class SleepTests(AsyncTestCase):
                        @gen_test
                        async def test_sleep(self):
                            self.assertIsNone(await gen.sleep(0))

                        @gen_test(timeout=3)
                        async def test_both(self):
                            one, two = await gen.multi([gen.sleep(0), gen.sleep(1)])
                            self.assertEqual(one, two)
                """,
            ),
            Example.unchanged(
                "a patch that ends before the test begins",
                """
                    from unittest import mock

                    from tornado import gen
                    from tornado.testing import AsyncTestCase, gen_test

                    class SleepTests(AsyncTestCase):
                        @gen_test
                        @mock.patch("app.now")
                        def test_sleep(self, now):
                            yield gen.sleep(0)
                """,
            ),
        ),
        beside=(b"tornado", b"yield"),
        stands_apart=True,
    )

    def decide(self, work: Work) -> Iterator[Decision]:
        """Make generators coroutine functions."""
        yielded = Yielded(work.index, work.boundaries.aftermaths)
        for module in work.like(self.META):
            if work.index.locate("tornado.testing", module.path):
                continue  # generators are what is tested
            for node in module.functions:
                test = Function(module, node)
                if _is_generator_test(test, work):
                    yield from _awaited(test, yielded, work)


_GEN_TEST = External("tornado.testing.gen_test")


def _is_gen_test(node: ast.expr, module: Module, work: Work) -> bool:
    callee = node.func if isinstance(node, ast.Call) else node
    return work.index.value(callee, module) == {_GEN_TEST}


def _is_generator_test(test: Function, work: Work) -> bool:
    return (
        isinstance(test.node, ast.FunctionDef)
        and any(
            _is_gen_test(each, test.module, work) for each in test.node.decorator_list
        )
        and bool(test.module.kinds(test.node) & {ast.Yield, ast.YieldFrom})
    )


def _awaited(test: Function, yielded: Yielded, work: Work) -> Iterator[Decision]:
    module, node = test.module, test.node
    found: list[Decision] = []
    reason, message = _objection(test, work)
    for each in own_nodes(node):
        if isinstance(each, ast.Yield):
            decision = _await(each, yielded.form(each, test), test, work)
            if decision is None and not reason:
                reason = "generator-test"
                message = f"whether line {each.lineno} can be awaited is not known"
            elif decision is not None:
                found.append(decision)
        elif isinstance(each, ast.Raise) and _returns(each, module, work):
            found.append(_return(each, module))
    if not reason and not all(
        work.is_free("AW354", module, each) for each in (node, *(d.node for d in found))
    ):
        reason, message = "outside-selection", "a part of it is to stay"
    if reason:
        yield Decision.left(module, node, reason, message)
        return
    message = "gen_test awaits it: yield becomes await"
    yield Decision(module, node, "make-async", message=message)
    yield from found


def _objection(test: Function, work: Work) -> tuple[str, str]:
    module, node = test.module, test.node
    if not _is_gen_test(node.decorator_list[-1], module, work):
        return "injecting-decorator", "a decorator below gen_test makes a generator"
    if ast.YieldFrom in module.kinds(node):
        return "generator-test", "what it yields from may be a generator"
    for each in own_nodes(node):
        if isinstance(each, ast.Raise) and _returns(each, module, work):
            if any(
                isinstance(outer, (ast.Try, ast.With)) for outer in _within(each, test)
            ):
                return "generator-test", "what it raises to return may be caught"
    return "", ""


def _within(node: ast.AST, test: Function) -> Iterator[ast.AST]:
    for outer in test.module.enclosing(node):
        if outer is test.node:
            return
        yield outer


def _await(node: ast.Yield, form: str, test: Function, work: Work) -> Decision | None:
    """Return what a `yield` becomes; None if it cannot become an `await`."""
    module, scope = test.module, test.scope
    if form == AWAIT:
        return Decision(module, node, "await-yield")
    if form == TURN:
        sleep = work.spell(module, scope, "asyncio.sleep")
        removed = (node.value,) if node.value else ()
        code: dict[str, Argument] = {"code": f"{sleep.text}(0)"}
        return Decision(
            module, node, "await-yield", code, removed, sleep.uses, sleep.imports
        )
    names = {MULTI: "multi", CONVERT: "convert_yielded"}
    spelling = _gen(names[form], module, scope, work) if form in names else None
    if spelling is None:
        return None
    wrap: dict[str, Argument] = {"wrap": spelling.text}
    return Decision(
        module, node, "await-yield", wrap, (), spelling.uses, spelling.imports
    )


def _gen(name: str, module: Module, scope: Scope, work: Work) -> Spelling | None:
    """Return how a file says ``gen.multi``; None if it means something else there."""
    found = work.spell(module, scope, f"tornado.gen.{name}")
    if found.uses:
        return found
    if scope.find("gen") is not None:
        return None
    return Spelling(f"gen.{name}", (), ("from tornado import gen",))


_RETURN = frozenset({External("tornado.gen.Return")})


def _returns(node: ast.Raise, module: Module, work: Work) -> bool:
    """``raise gen.Return(x)``."""
    callee = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return callee is not None and work.index.value(callee, module) == _RETURN


def _return(node: ast.Raise, module: Module) -> Decision:
    callee = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    assert callee is not None
    return Decision(module, node, "return-raised", {}, (callee,))
