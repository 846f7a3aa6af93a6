"""Edits of calls, and the layout of what they leave."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.edited import check, source

ARGUMENT = ("Call", 0, "await-argument", {"position": 0})
INNER = ("Call", 1, "await-argument", {"position": 0})


def wrapped(*wraps: list[str | None]) -> tuple[Any, ...]:
    return ("Call", 0, "await-argument", {"position": 0, "wraps": wraps})


ONE_LINE = {
    "plain": (ARGUMENT, "run(f())", "await f()"),
    "value": (ARGUMENT, "x = run(f(1, 2))", "x = await f(1, 2)"),
    "dotted": (ARGUMENT, "x = loop.run_until_complete(f())", "x = await f()"),
    "name": (ARGUMENT, "x = run(coro)", "x = await coro"),
    "space inside": (ARGUMENT, "x = run( f() )", "x = await f()"),
    "trailing comma": (ARGUMENT, "x = run(f(),)", "x = await f()"),
    "other arguments go": (ARGUMENT, "x = run(f(), debug=True)", "x = await f()"),
    "compared": (ARGUMENT, "assert run(f()) == 1", "assert await f() == 1"),
    "negative": (ARGUMENT, "x = -run(f())", "x = -await f()"),
    "not": (ARGUMENT, "assert not run(f())", "assert not await f()"),
    "power": (ARGUMENT, "x = run(f()) ** 2", "x = await f() ** 2"),
    "sum": (ARGUMENT, "x = 1 + run(f())", "x = 1 + await f()"),
    "attribute": (ARGUMENT, "x = run(f()).y", "x = (await f()).y"),
    "subscript": (ARGUMENT, "x = run(f())[0]", "x = (await f())[0]"),
    "called": (INNER, "run(f())()", "(await f())()"),
    "subscript index": (ARGUMENT, "x = y[run(f())]", "x = y[await f()]"),
    "f-string": (ARGUMENT, 'x = f"{run(f())}"', 'x = f"{await f()}"'),
    "starred": (INNER, "g(*run(f()))", "g(*await f())"),
    "dict unpacking": (ARGUMENT, "x = {**run(f())}", "x = {**await f()}"),
    "needless brackets": (ARGUMENT, "x = (run(f()))", "x = await f()"),
    "needless in argument": (INNER, "g((run(f())))", "g(await f())"),
    "needed brackets": (ARGUMENT, "x = (run(f())).y", "x = (await f()).y"),
    "brackets are the only space": (
        ARGUMENT,
        "x = not(run(f()))",
        "x = not(await f())",
    ),
    "keyword follows": (
        ARGUMENT,
        "x = run(y)if z else 1",
        "x = (await y)if z else 1",
    ),
    "sum inside": (ARGUMENT, "x = run(a + b)", "x = await (a + b)"),
    "and inside": (ARGUMENT, "x = run(a and b)", "x = await (a and b)"),
    "choice inside": (
        ARGUMENT,
        "x = run(a() if b else c())",
        "x = await (a() if b else c())",
    ),
    "await inside": (ARGUMENT, "x = run(await y)", "x = await (await y)"),
    "assignment inside": (ARGUMENT, "x = run(y := f())", "x = await (y := f())"),
    "generator inside": (
        ARGUMENT,
        "x = run(y for y in z)",
        "x = await (y for y in z)",
    ),
    "brackets inside": (ARGUMENT, "x = run((a or b))", "x = await (a or b)"),
    "keyword": (
        ("Call", 0, "await-argument", {"position": 0, "keyword": "main"}),
        "x = run(debug=1, main=f())",
        "x = await f()",
    ),
    "second": (
        ("Call", 0, "await-argument", {"position": 1}),
        "x = run(loop, f())",
        "x = await f()",
    ),
    "time-out": (
        wrapped(["asyncio.wait_for", "timeout=1"]),
        "x = run(f(), 1)",
        "x = await asyncio.wait_for(f(), timeout=1)",
    ),
    "time-out, positional": (
        wrapped(["asyncio.wait_for", "1"]),
        "x = run(a or b)",
        "x = await asyncio.wait_for(a or b, 1)",
    ),
    "task": (
        wrapped(["asyncio.create_task", None]),
        "run(f())",
        "await asyncio.create_task(f())",
    ),
    "task in time-out": (
        wrapped(["asyncio.create_task", None], ["wait_for", "timeout=x.y"]),
        "run(f()).z",
        "(await wait_for(asyncio.create_task(f()), timeout=x.y)).z",
    ),
    "spread": (
        ("Call", 0, "await-spread", {"position": 0, "drop": ["backend"]}),
        'x = run(f, 1, *a, k=2, backend="x")',
        "x = await f(1, *a, k=2)",
    ),
    "spread, nothing left": (
        ("Call", 0, "await-spread", {"position": 0, "drop": ["backend"]}),
        'run(f, backend="x")',
        "await f()",
    ),
    "spread, keywords alone": (
        ("Call", 0, "await-spread", {"position": 0}),
        "run(self.f, **k)",
        "await self.f(**k)",
    ),
    "spread, choice": (
        ("Call", 0, "await-spread", {"position": 0}),
        "run(f if x else g, 1)",
        "await (f if x else g)(1)",
    ),
    "factory": (
        ("Call", 0, "await-factory", {"position": 0}),
        "x = run(f)",
        "x = await f()",
    ),
    "factory, attribute": (
        ("Call", 0, "await-factory", {"position": 0}),
        "x = run(self.f).y",
        "x = (await self.f()).y",
    ),
    "factory, lambda": (
        ("Call", 0, "await-factory", {"position": 0}),
        "x = run(lambda: f(1))",
        "x = await f(1)",
    ),
    "factory, lambda with choice": (
        ("Call", 0, "await-factory", {"position": 0}),
        "x = run(lambda: a() or b())",
        "x = await (a() or b())",
    ),
    "call": (("Call", 0, "await-call", {}), "x = f(x)", "x = await f(x)"),
    "call, attribute": (("Call", 0, "await-call", {}), "f(x).y", "(await f(x)).y"),
    "call, bracketed": (("Call", 0, "await-call", {}), "x = (f(x))", "x = await f(x)"),
    "drive": (
        ("Call", 0, "drive", {"runner": "asyncio.run"}),
        "x = f(x).y",
        "x = asyncio.run(f(x)).y",
    ),
    "rename": (
        ("Call", 0, "rename", {"to": "asyncio.get_running_loop"}),
        "x = asyncio.get_event_loop()",
        "x = asyncio.get_running_loop()",
    ),
    "drop keyword": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        "x = sleep(1, loop=loop)",
        "x = sleep(1)",
    ),
    "drop first keyword": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        "x = sleep(loop=loop, delay=1)",
        "x = sleep(delay=1)",
    ),
    "drop only keyword": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        "x = Lock(loop=loop)",
        "x = Lock()",
    ),
    "generator to list": (
        ("GeneratorExp", 0, "to-list", {}),
        "x = sum(y for y in z)",
        "x = sum([y for y in z])",
    ),
    "bracketed generator to list": (
        ("GeneratorExp", 0, "to-list", {}),
        "x = (y for y in z)",
        "x = [y for y in z]",
    ),
}


@pytest.mark.parametrize("name", ONE_LINE)
def test_one_line(name: str):
    edit, before, after = ONE_LINE[name]
    check(before + "\n", [edit], after + "\n")


def test_edits_of_one_node_compose():
    check(
        "x = wait(f(), loop=loop)\n",
        [
            ("Call", 0, "await-call"),
            ("Call", 0, "drop-keyword", {"name": "loop"}),
            ("Call", 0, "rename", {"to": "asyncio.wait"}),
        ],
        "x = await asyncio.wait(f())\n",
    )


def test_nested_edits_compose():
    check(
        "x = run(run(f(run(g()))))\n",
        [
            ("Call", 0, "await-argument", {"position": 0}),
            ("Call", 1, "await-argument", {"position": 0}),
            ("Call", 3, "await-argument", {"position": 0}),
        ],
        "x = await (await f(await g()))\n",
    )


LINES = {
    "hanging": (
        ARGUMENT,
        """
        x = run(
            f(1)
        )
        """,
        """
        x = await f(1)
        """,
    ),
    "hanging, continued": (
        ARGUMENT,
        """
        x = run(
            f(
                1,  # one
                g(
                    2,
                ),
            )
        )
        """,
        """
        x = await f(
            1,  # one
            g(
                2,
            ),
        )
        """,
    ),
    "hanging, trailing comma": (
        ARGUMENT,
        """
        x = run(
            f(
                1,
            ),
        )
        """,
        """
        x = await f(
            1,
        )
        """,
    ),
    "hugging": (
        ARGUMENT,
        """
        x = run(f(
            1,
        ))
        """,
        """
        x = await f(
            1,
        )
        """,
    ),
    "aligned": (
        ARGUMENT,
        """
        x = run_until_complete(f(1,
                                 g(2,
                                   3)))
        """,
        """
        x = await f(1,
                    g(2,
                      3))
        """,
    ),
    "aligned, longer": (
        ARGUMENT,
        """
        x = run(f(1,
                  2))
        """,
        """
        x = await f(1,
                    2)
        """,
    ),
    "aligned with the driver": (
        wrapped(["wait_for", "1"]),
        """
        x = run(f(1,
                  2),
                timeout=1)
        """,
        """
        x = await wait_for(f(1,
                             2), 1)
        """,
    ),
    "aligned after it": (
        INNER,
        """
        self.assertEqual(run(f()), g(1,
                                     2),
                         "message")
        """,
        """
        self.assertEqual(await f(), g(1,
                                      2),
                         "message")
        """,
    ),
    "hanging under another indentation": (
        ARGUMENT,
        """
        x = run(f(1,
            2))
        """,
        """
        x = await f(1,
            2)
        """,
    ),
    "brackets added": (
        ARGUMENT,
        """
        x = run(f(1,
                  2)).y
        """,
        """
        x = (await f(1,
                     2)).y
        """,
    ),
    "comment inside": (
        ARGUMENT,
        """
        x = run(  # why
            f(
                1
            )
        )
        """,
        """
        x = await (  # why
            f(
                1
            )
        )
        """,
    ),
    "comment above": (
        ARGUMENT,
        """
        x = run(
            # why
            f()
        )
        """,
        """
        x = await (
            # why
            f()
        )
        """,
    ),
    "comment behind": (
        ARGUMENT,
        """
        x = run(
            f(),  # why
        )
        """,
        """
        x = await (
            f()  # why
        )
        """,
    ),
    "comment behind, others follow": (
        ARGUMENT,
        """
        x = run(
            f(),  # why
            debug=True,
        )
        """,
        """
        x = await (
            f()  # why
        )
        """,
    ),
    "chain that only the brackets allow": (
        ARGUMENT,
        """
        x = run(
            R()
            .m()
            .n()
        )
        """,
        """
        x = await (
            R()
            .m()
            .n()
        )
        """,
    ),
    "chain that starts beside the bracket": (
        ARGUMENT,
        """
        x = run(R()
                .m())
        """,
        """
        x = await (R()
                   .m())
        """,
    ),
    "sum over lines": (
        ARGUMENT,
        """
        x = run(
            a
            or b
        )
        """,
        """
        x = await (
            a
            or b
        )
        """,
    ),
    "multi-line string": (
        ARGUMENT,
        '''
        x = run(
            f(
                """
                text(
            """,
                1,
            )
        )
        ''',
        '''
        x = await f(
            """
                text(
            """,
            1,
        )
        ''',
    ),
    "await call, aligned": (
        ("Call", 0, "await-call"),
        """
        x = f(1,
              2)
        """,
        """
        x = await f(1,
                    2)
        """,
    ),
    "await call, hanging": (
        ("Call", 0, "await-call"),
        """
        x = f(
            1,
        )
        """,
        """
        x = await f(
            1,
        )
        """,
    ),
    "drive, aligned": (
        ("Call", 0, "drive", {"runner": "asyncio.run"}),
        """
        x = f(1,
              2)
        """,
        """
        x = asyncio.run(f(1,
                          2))
        """,
    ),
    "rename, aligned": (
        ("Call", 0, "rename", {"to": "go"}),
        """
        x = start(1,
                  2)
        """,
        """
        x = go(1,
               2)
        """,
    ),
    "rename, closing bracket alone": (
        ("Call", 0, "rename", {"to": "go"}),
        """
        x = start(1,
                  2
                  )
        """,
        """
        x = go(1,
               2
               )
        """,
    ),
    "spread, hanging": (
        ("Call", 0, "await-spread", {"position": 0}),
        """
        x = run(
            f,
            1,
            2,
        )
        """,
        """
        x = await f(
            1,
            2,
        )
        """,
    ),
    "spread, aligned": (
        ("Call", 0, "await-spread", {"position": 0}),
        """
        x = run(f, 1,
                2)
        """,
        """
        x = await f(1,
                    2)
        """,
    ),
    "spread, nothing left": (
        ("Call", 0, "await-spread", {"position": 0}),
        """
        x = run(
            f,
        )
        """,
        """
        x = await f()
        """,
    ),
    "factory, lambda": (
        ("Call", 0, "await-factory", {"position": 0}),
        """
        x = run(
            lambda: f(
                1,
            )
        )
        """,
        """
        x = await f(
            1,
        )
        """,
    ),
    "time-out, hanging": (
        wrapped(["wait_for", "timeout=1"]),
        """
        x = run(
            f()
        )
        """,
        """
        x = await wait_for(
            f(), timeout=1
        )
        """,
    ),
    "time-out, trailing comma": (
        wrapped(["wait_for", "timeout=1"]),
        """
        x = run(
            f(),
        )
        """,
        """
        x = await wait_for(
            f(),
            timeout=1,
        )
        """,
    ),
    "drop keyword, hanging": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(
            1,
            loop=loop,
        )
        """,
        """
        x = f(
            1,
        )
        """,
    ),
    "drop keyword, aligned": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(1,
              loop=loop)
        """,
        """
        x = f(1)
        """,
    ),
    "drop keyword with a comment": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(
            1,  # one
            # above
            loop=loop,  # the loop
            # below
            two=2,
        )
        """,
        """
        x = f(
            1,  # one
            # above
            # below
            two=2,
        )
        """,
    ),
    "drop last keyword with a comment": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(
            1,  # one
            # above
            loop=loop  # the loop
            # below
        )
        """,
        """
        x = f(
            1  # one
            # above
            # below
        )
        """,
    ),
    "drop keyword beside others": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(
            1, loop=loop,  # both
            two=2, loop_two=2,
        )
        """,
        """
        x = f(
            1,  # both
            two=2, loop_two=2,
        )
        """,
    ),
    "drop first keyword with a comment": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(  # call
            loop=loop,  # the loop
            two=2,
        )
        """,
        """
        x = f(  # call
            two=2,
        )
        """,
    ),
    "drop only keyword with a comment": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(  # call
            # why
            loop=loop,  # the loop
        )
        """,
        """
        x = f(  # call
            # why
        )
        """,
    ),
    "drop last keyword below a comment": (
        ("Call", 0, "drop-keyword", {"name": "loop"}),
        """
        x = f(1,  # one
              loop=loop)
        """,
        """
        x = f(1  # one
              )
        """,
    ),
    "generator over lines": (
        ("GeneratorExp", 0, "to-list"),
        """
        x = sum(
            y
            for y in z
        )
        """,
        """
        x = sum([
            y
            for y in z
        ])
        """,
    ),
    "generator, aligned": (
        ("GeneratorExp", 0, "to-list"),
        """
        x = sum(y
                for y in z)
        """,
        """
        x = sum([y
                 for y in z])
        """,
    ),
    "in a condition": (
        ARGUMENT,
        """
        if run(f(1,
                 2)):
            g(1,
              2)
        """,
        """
        if await f(1,
                   2):
            g(1,
              2)
        """,
    ),
    "in an elif": (
        ARGUMENT,
        """
        if x:
            pass
        elif run(f(1,
                   2)):
            pass
        """,
        """
        if x:
            pass
        elif await f(1,
                     2):
            pass
        """,
    ),
    "in a with": (
        ARGUMENT,
        """
        with run(f(1,
                   2)) as y:
            pass
        """,
        """
        with await f(1,
                     2) as y:
            pass
        """,
    ),
    "brackets over lines": (
        ARGUMENT,
        """
        x = (
            run(f())
        )
        """,
        """
        x = (
            await f()
        )
        """,
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_lines(name: str):
    edit, before, after = LINES[name]
    check(before, [edit], after)


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("indent", ["    ", "\t"])
def test_lines_in_a_block(name: str, indent: str):
    edit, before, after = LINES[name]
    if '"""' in before:
        pytest.skip("the string is not indented with the code")
    check(_in_function(before, indent), [edit], _in_function(after, indent))


def _in_function(text: str, indent: str) -> str:
    lines = source(text).splitlines(keepends=True)
    return "async def t():\n" + "".join(indent + line for line in lines)


def test_line_that_would_be_too_long_breaks_in_the_call():
    check(
        """
        async def t():
            with run(
                    first(
                        1)):
                one, two = loop.run_until_complete(
                    wait_for_everything([first_task], return_when=FIRST_COMPLETED))
                three = loop.run_until_complete(
                    wait_for_everything([first_task], return_when=FIRST_COMPLETED),
                )
                loop.run_until_complete(
                    wait_for_everything([first_task], return_when=FIRST_COMPLETED)
                )
        """,
        [("Call", n, *ARGUMENT[2:]) for n in (0, 2, 4, 6)],
        """
        async def t():
            with await first(
                1):
                one, two = await wait_for_everything(
                    [first_task], return_when=FIRST_COMPLETED)
                three = await wait_for_everything(
                    [first_task], return_when=FIRST_COMPLETED
                )
                await wait_for_everything([first_task], return_when=FIRST_COMPLETED)
        """,
    )


def test_line_that_does_not_start_with_the_indentation():
    check(
        """
        async def t():
            x = run(f(
          1,
            2,
        ))
        """,
        [ARGUMENT],
        """
        async def t():
            x = await f(
          1,
            2,
        )
        """,
    )
