"""Statements removed, inserted and moved, and the lines between them."""

from __future__ import annotations

import pytest

from tests.transform.edited import check


def remove(kind: str, ordinal: int = 0):
    return (kind, ordinal, "remove")


CASES = {
    "remove": (
        [remove("Assign")],
        """
        def f():
            x = 1
            y()
        """,
        """
        def f():
            y()
        """,
    ),
    "no blank line after the def": (
        [remove("Assign")],
        """
        def f():
            x = 1

            y()
        """,
        """
        def f():
            y()
        """,
    ),
    "paragraphs stay apart": (
        [remove("Expr", 1)],
        """
        def f():
            a()

            b()
            c()
        """,
        """
        def f():
            a()

            c()
        """,
    ),
    "blank lines are not doubled": (
        [remove("Expr", 1)],
        """
        def f():
            a()

            b()

            c()
        """,
        """
        def f():
            a()

            c()
        """,
    ),
    "several in a row": (
        [remove("Expr", 1), remove("Assign"), remove("Expr", 2)],
        """
        def f():
            a()

            b()
            x = 1

            c()

            d()
        """,
        """
        def f():
            a()

            d()
        """,
    ),
    "the last": (
        [remove("Expr", 1)],
        """
        def f():
            a()

            b()


        g()
        """,
        """
        def f():
            a()


        g()
        """,
    ),
    "all": (
        [remove("Expr", 0), remove("Expr", 1)],
        """
        def f():
            a()

            b()


        g()
        """,
        """
        def f():
            pass


        g()
        """,
    ),
    "comment above moves to the next": (
        [remove("Expr", 0)],
        """
        def f():
            # why
            a()
            b()
        """,
        """
        def f():
            # why
            b()
        """,
    ),
    "comment above keeps its distance": (
        [remove("Expr", 1)],
        """
        def f():
            a()

            # why
            b()

            # what
            c()
        """,
        """
        def f():
            a()

            # why

            # what
            c()
        """,
    ),
    "comment above the last": (
        [remove("Expr", 1)],
        """
        def f():
            a()

            # why
            b()

        g()
        """,
        """
        def f():
            a()

            # why

        g()
        """,
    ),
    "comment above the only one": (
        [remove("Expr", 0)],
        """
        def f():
            # why
            a()
            # end
        """,
        """
        def f():
            # why
            pass
            # end
        """,
    ),
    "comment beside goes": (
        [remove("Expr", 0)],
        """
        a()  # why
        b()  # what
        """,
        """
        b()  # what
        """,
    ),
    "comments inside a definition go": (
        [remove("FunctionDef", 0)],
        """
        import a


        # why
        @d  # d
        def f():
            # inside
            pass
            # end


        def g():
            pass
        """,
        """
        import a


        # why


        def g():
            pass
        """,
    ),
    "definitions stay two lines apart": (
        [remove("FunctionDef", 1)],
        """
        def f():
            pass


        def g():
            pass


        def h():
            pass
        """,
        """
        def f():
            pass


        def h():
            pass
        """,
    ),
    "methods stay one line apart": (
        [remove("FunctionDef", 0), remove("FunctionDef", 2)],
        """
        class T:

            def f(self):
                pass

            def g(self):
                pass

            def h(self):
                pass


        x = 1
        """,
        """
        class T:

            def g(self):
                pass


        x = 1
        """,
    ),
    "first of the file": (
        [remove("Import")],
        """
        import asyncio

        import pytest
        """,
        """
        import pytest
        """,
    ),
    "first below a comment": (
        [remove("Import")],
        """
        # Licence.

        import asyncio


        def f():
            pass
        """,
        """
        # Licence.


        def f():
            pass
        """,
    ),
    "first below a near comment": (
        [remove("Import")],
        """
        # Tests.
        import asyncio

        import pytest
        """,
        """
        # Tests.

        import pytest
        """,
    ),
    "first below a docstring": (
        [remove("Import")],
        '''
        """Tests."""
        import asyncio

        import pytest
        ''',
        '''
        """Tests."""

        import pytest
        ''',
    ),
    "whole file": (
        [remove("Import")],
        """
        # Licence.
        import asyncio
        # end
        """,
        """
        # Licence.
        # end
        """,
    ),
    "one of a line": (
        [remove("Expr", 1)],
        """
        a(); b(); c()  # why
        """,
        """
        a(); c()  # why
        """,
    ),
    "last of a line": (
        [remove("Expr", 1)],
        """
        a(); b()
        """,
        """
        a()
        """,
    ),
    "all of a line": (
        [remove("Expr", 0), remove("Expr", 1)],
        """
        a(); b()
        c()
        """,
        """
        c()
        """,
    ),
    "one-line suite": (
        [remove("Expr")],
        """
        if x: a()  # why
        """,
        """
        if x: pass
        """,
    ),
    "one of a one-line suite": (
        [remove("Expr")],
        """
        def f(): a(); b()
        """,
        """
        def f(): b()
        """,
    ),
    "insert before": (
        [("Expr", 1, "insert-before", {"code": "x = 1\ny = 2"})],
        """
        def f():
            a()

            # why
            b()
        """,
        """
        def f():
            a()

            x = 1
            y = 2
            # why
            b()
        """,
    ),
    "insert before the first": (
        [("Expr", 0, "insert-before", {"code": "x = 1"})],
        """
        # Licence.

        # why
        a()
        """,
        """
        # Licence.

        x = 1
        # why
        a()
        """,
    ),
    "insert after": (
        [("Expr", 0, "insert-after", {"code": "await sleep(0)"})],
        """
        async def f():
            a()  # why

            b()
        """,
        """
        async def f():
            a()  # why
            await sleep(0)

            b()
        """,
    ),
    "insert after the last": (
        [("Expr", 0, "insert-after", {"code": "if x:\n    b()\n"})],
        """
        def f():
            a()
            # end
        """,
        """
        def f():
            a()
            if x:
                b()
            # end
        """,
    ),
    "insert a block, tabs": (
        [("Expr", 0, "insert-after", {"code": "if x:\n    b()\n"})],
        """
        def f():
        \ta()
        """,
        """
        def f():
        \ta()
        \tif x:
        \t\tb()
        """,
    ),
    "insert after a definition": (
        [("FunctionDef", 0, "insert-after", {"code": "f = g(f)"})],
        """
        import a


        def f():
            pass


        def g():
            pass
        """,
        """
        import a


        def f():
            pass


        f = g(f)


        def g():
            pass
        """,
    ),
    "insert before a definition": (
        [("FunctionDef", 0, "insert-before", {"code": "x = 1"})],
        """
        import a


        # why
        def f():
            pass
        """,
        """
        import a


        x = 1


        # why
        def f():
            pass
        """,
    ),
    "insert in a line": (
        [("Expr", 1, "insert-before", {"code": "x = 1"})],
        """
        def f():
            # why
            a(); b(); c()  # end
        """,
        """
        def f():
            # why
            a()
            x = 1
            b()
            c()  # end
        """,
    ),
    "insert in a one-line suite": (
        [("Expr", 0, "insert-before", {"code": "x = 1"})],
        """
        def f(): a()  # why
        """,
        """
        def f():
            x = 1
            a()  # why
        """,
    ),
    "replace": (
        [
            ("Expr", 1, "insert-before", {"code": "x = 1"}),
            ("Expr", 1, "remove"),
        ],
        """
        def f():
            a()

            # why
            b()
            c()
        """,
        """
        def f():
            a()

            # why
            x = 1
            c()
        """,
    ),
    "unwrap with": (
        [("With", 0, "unwrap")],
        """
        def f():
            a()

            # why
            with x:  # beside
                # first
                b(1,
                  2)

                c()
                # end
            d()
        """,
        """
        def f():
            a()

            # why
            # beside
            # first
            b(1,
              2)

            c()
            # end
            d()
        """,
    ),
    "unwrap the last with": (
        [("With", 0, "unwrap")],
        '''
        def f():
            with x:
                b("""
                text
            """)
                # end
        ''',
        '''
        def f():
            b("""
                text
            """)
            # end
        ''',
    ),
    "unwrap a with that was emptied": (
        [("With", 0, "unwrap"), ("Expr", 0, "remove")],
        """
        def f():
            with x:
                a()
            b()
        """,
        """
        def f():
            b()
        """,
    ),
    "unwrap a one-line with": (
        [("With", 0, "unwrap")],
        """
        with x: a(); b()
        """,
        """
        a(); b()
        """,
    ),
    "unwrap nested": (
        [("With", 0, "unwrap"), ("Try", 0, "drop-finally"), ("Expr", 1, "remove")],
        """
        with x:
            try:
                a()
            finally:
                b()
        """,
        """
        a()
        """,
    ),
    "edits inside what is unwrapped": (
        [
            ("With", 0, "unwrap"),
            ("Call", 1, "await-argument", {"position": 0}),
        ],
        """
        async def f():
            with x():
                a = run(g(1,
                          2))
        """,
        """
        async def f():
            a = await g(1,
                        2)
        """,
    ),
    "drop finally": (
        [("Try", 0, "drop-finally")],
        """
        def f():
            x = 1

            try:
                a()

                b()
            # why
            finally:
                # gone
                c()
        """,
        """
        def f():
            x = 1

            a()

            b()
            # why
        """,
    ),
    "drop finally, handlers stay": (
        [("Try", 0, "drop-finally")],
        """
        try:
            a()
        except E:
            b()
        finally:
            c()
        d()
        """,
        """
        try:
            a()
        except E:
            b()
        d()
        """,
    ),
    "drop item": (
        [("With", 0, "drop-item", {"index": 1})],
        """
        with a(), b() as c:
            pass
        """,
        """
        with a():
            pass
        """,
    ),
    "drop first item, in lines": (
        [("With", 0, "drop-item", {"index": 0})],
        """
        with (
            a(),
            b() as c,
        ):
            pass
        """,
        """
        with (
            b() as c,
        ):
            pass
        """,
    ),
    "drop only item": (
        [("With", 0, "drop-item", {"index": 0})],
        """
        with a():
            b()
        """,
        """
        b()
        """,
    ),
    "drop all items": (
        [
            ("With", 0, "drop-item", {"index": 0}),
            ("With", 0, "drop-item", {"index": 1}),
        ],
        """
        with a(), b():
            c()
        """,
        """
        c()
        """,
    ),
    "keep body": (
        [("If", 0, "keep-body")],
        """
        if x:
            a()
        else:
            b()
        """,
        """
        a()
        """,
    ),
    "keep orelse": (
        [("If", 0, "keep-orelse")],
        """
        x = 1
        # why
        if x:
            a()
        else:
            b()

            c()
        """,
        """
        x = 1
        # why
        b()

        c()
        """,
    ),
    "keep orelse, elif": (
        [("If", 0, "keep-orelse")],
        """
        if x:
            a()
        elif y:
            b()
        else:
            c()
        """,
        """
        if y:
            b()
        else:
            c()
        """,
    ),
    "keep orelse, none": (
        [("If", 0, "keep-orelse")],
        """
        def f():
            if x:
                a()
        """,
        """
        def f():
            pass
        """,
    ),
    "keep body of an elif": (
        [("If", 1, "keep-body")],
        """
        if x:
            a()
        elif y:
            b()
        else:
            c()
        """,
        """
        if x:
            a()
        else:
            b()
        """,
    ),
    "keep orelse of an elif": (
        [("If", 1, "keep-orelse")],
        """
        if x:
            a()
        elif y:
            b()
        else:
            c()
        """,
        """
        if x:
            a()
        else:
            c()
        """,
    ),
    "remove and edits inside": (
        [("FunctionDef", 0, "remove"), ("Call", 0, "await-call"), remove("Expr", 0)],
        """
        def f():
            a()


        b()
        """,
        """
        b()
        """,
    ),
    "set value": (
        [("Assign", 0, "set-value", {"code": "asyncio.get_running_loop()"})],
        """
        x = y = asyncio.get_event_loop()  # why
        """,
        """
        x = y = asyncio.get_running_loop()  # why
        """,
    ),
    "file with a form feed": (
        [remove("Expr", 0)],
        """
        a()
        \f
        b()
        """,
        """
        \f
        b()
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str):
    edits, before, after = CASES[name]
    check(before, edits, after)
