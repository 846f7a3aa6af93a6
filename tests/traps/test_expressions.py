"""P01, P10: where a drive stands in an expression, and where none may be awaited."""

import pytest

from tests.traps.support import check, left


def test_keeps_what_is_around_the_drive():
    check(
        """
        import asyncio

        import pytest

        from app import f

        def test_f():
            assert asyncio.run(f()) == 1
            a, b = asyncio.run(f())
            with pytest.raises(ValueError):
                asyncio.run(f())
            print(asyncio.run(f()), *asyncio.run(f()), **asyncio.run(f()))
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() == 1
            a, b = await f()
            with pytest.raises(ValueError):
                await f()
            print(await f(), *await f(), **await f())
        """,
    )


def test_a_trailer_takes_brackets():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            assert asyncio.run(f()).x
            assert asyncio.run(f())["k"]
            assert asyncio.run(f())()
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert (await f()).x
            assert (await f())["k"]
            assert (await f())()
        """,
    )


def test_operators_take_no_brackets():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            assert asyncio.run(f()) + 1 == -asyncio.run(f()) ** 2
            assert not asyncio.run(f()) or 2 ** asyncio.run(f())
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert await f() + 1 == -await f() ** 2
            assert not await f() or 2 ** await f()
        """,
    )


def test_what_is_driven_keeps_its_meaning():
    check(
        """
        import asyncio

        from app import f, g

        def test_f(flag):
            asyncio.run(f() if flag else g())
            asyncio.run(f() or g())
            asyncio.run(coro := f())
        """,
        """
        import pytest

        from app import f, g

        @pytest.mark.asyncio
        async def test_f(flag):
            await (f() if flag else g())
            await (f() or g())
            await (coro := f())
        """,
    )


def test_evaluation_order_and_short_circuit_stay():
    check(
        """
        import asyncio

        from app import f, poll

        def test_f():
            assert asyncio.run(f(1)) and asyncio.run(f(2))
            x = asyncio.run(f(1)) if asyncio.run(f(2)) else 3
            while asyncio.run(poll()):
                pass
            for x in asyncio.run(f(4)):
                pass
        """,
        """
        import pytest

        from app import f, poll

        @pytest.mark.asyncio
        async def test_f():
            assert await f(1) and await f(2)
            x = await f(1) if await f(2) else 3
            while await poll():
                pass
            for x in await f(4):
                pass
        """,
    )


def test_with_walrus_slice_match_and_f_string():
    check(
        """
        import asyncio

        from app import f

        def test_f(rows):
            with asyncio.run(f()) as g:
                assert (n := asyncio.run(f()))
            assert rows[asyncio.run(f()):]
            assert f"{asyncio.run(f())!r:>{asyncio.run(f())}}"
            match asyncio.run(f()):
                case 1 if asyncio.run(f()):
                    rows += asyncio.run(f())
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f(rows):
            with await f() as g:
                assert (n := await f())
            assert rows[await f():]
            assert f"{await f()!r:>{await f()}}"
            match await f():
                case 1 if await f():
                    rows += await f()
        """,
    )


def test_a_drive_of_what_a_drive_returned():
    check(
        """
        import asyncio

        from app import connect

        def test_connect():
            assert asyncio.run(asyncio.run(connect()))
        """,
        """
        import pytest

        from app import connect

        @pytest.mark.asyncio
        async def test_connect():
            assert await (await connect())
        """,
    )


def test_a_coroutine_built_first_and_run_later():
    check(
        """
        import asyncio
        from unittest.mock import patch

        from app import f

        def test_f():
            with patch("app.g"):
                coro = f()
            asyncio.run(coro)
        """,
        """
        from unittest.mock import patch

        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            with patch("app.g"):
                coro = f()
            await coro
        """,
    )


def test_a_return_stays_a_return():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            return asyncio.run(f())
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            return await f()
        """,
    )


def test_comprehensions_await():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            assert [asyncio.run(f(i)) for i in range(3)] == [0, 1, 4]
            assert {asyncio.run(f(i)) for i in range(3)} == {0, 1, 4}
            assert {i: asyncio.run(f(i)) for i in range(3) if asyncio.run(f(i))}
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert [await f(i) for i in range(3)] == [0, 1, 4]
            assert {await f(i) for i in range(3)} == {0, 1, 4}
            assert {i: await f(i) for i in range(3) if await f(i)}
        """,
    )


def test_a_generator_that_is_consumed_at_once_becomes_a_list():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            assert sum(asyncio.run(f(i)) for i in range(3)) == 5
            assert ",".join(asyncio.run(f(i)) for i in "ab") == "a,b"
            assert dict((i, asyncio.run(f(i))) for i in range(3))
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            assert sum([await f(i) for i in range(3)]) == 5
            assert ",".join([await f(i) for i in "ab"]) == "a,b"
            assert dict([(i, await f(i)) for i in range(3)])
        """,
    )


def test_the_first_iterable_of_a_generator_is_evaluated_at_once():
    check(
        """
        import asyncio

        from app import consume, f

        def test_f():
            assert consume(i for i in asyncio.run(f()))
        """,
        """
        import pytest

        from app import consume, f

        @pytest.mark.asyncio
        async def test_f():
            assert consume(i for i in await f())
        """,
    )


def test_a_generator_handed_to_code_stays():
    assert left(
        """
        import asyncio

        from app import consume, f

        def test_f():
            assert consume(asyncio.run(f(i)) for i in range(3))
        """
    ) == ["drive-in-callback"]


def test_a_generator_kept_for_later_stays():
    assert left(
        """
        import asyncio

        from app import f

        def test_f():
            values = (asyncio.run(f(i)) for i in range(3))
            assert next(values) == 0
        """
    ) == ["drive-in-callback"]


def test_a_generator_of_helper_calls_handed_to_code_stays():
    assert left(
        """
        import asyncio

        from app import first, f

        def make(i):
            return asyncio.run(f(i))

        def test_f():
            assert first(make(i) for i in range(3)) == 0
        """
    ) == ["drive-in-callback"]


def test_any_and_all_whose_calls_are_counted_stay():
    assert left(
        """
        import asyncio

        from app import calls, f

        def test_f():
            assert any(asyncio.run(f(i)) for i in range(5))
            assert calls == [0, 1]
        """
    ) == ["drive-in-callback"]


def test_a_comprehension_in_a_comprehension_stays():
    assert left(
        """
        import asyncio

        from app import f

        def test_f():
            assert [[asyncio.run(f(i)) for i in range(2)] for j in range(2)]
        """
    ) == ["drive-in-callback"]


@pytest.mark.parametrize(
    "use",
    [
        "call(lambda: asyncio.run(f()))",
        "sorted([1], key=lambda i: asyncio.run(f(i)))",
        "call(side_effect=lambda *a: asyncio.run(f(*a)))",
        "defaultdict(default_factory=lambda: asyncio.run(f()))",
        "timeit(lambda: asyncio.run(f()))",
        "Thread(target=lambda: asyncio.run(f())).start()",
    ],
)
def test_a_lambda_handed_to_code_stays(use):
    assert left(
        f"""
        import asyncio

        from app import Thread, call, defaultdict, f, timeit

        def test_f():
            {use}
        """
    ) == ["drive-in-lambda"]


def test_a_drive_of_its_own_does_not_save_a_test_with_a_lambda():
    reasons = left(
        """
        import asyncio

        from app import call, f

        def test_f():
            asyncio.run(f())
            call(lambda: asyncio.run(f()))
        """
    )
    assert set(reasons) == {"drive-in-lambda"}


@pytest.mark.parametrize(
    "use",
    [
        "pool.submit(asyncio.run, f()).result()",
        "Thread(target=asyncio.run, args=(f(),)).start()",
        "map(asyncio.run, [f(), f()])",
        "partial(asyncio.run, f())()",
        "call(run=asyncio.run)",
        "call([asyncio.run])",
    ],
)
def test_a_runner_handed_to_code_stays(use):
    assert left(
        f"""
        import asyncio
        from functools import partial

        from app import Thread, call, f, pool

        def test_f():
            {use}
        """
    ) == ["drive-in-callback"]


def test_a_nested_function_that_only_the_test_calls_becomes_async():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            def go(x):
                return asyncio.run(f(x))
            assert go(1) == go(2)
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            async def go(x):
                return await f(x)
            assert await go(1) == await go(2)
        """,
    )


@pytest.mark.parametrize(
    "use",
    [
        "call(go)",
        "call(callback=go)",
        "client.on_message = go",
        "call([go])",
        "call({'go': go})",
        "return go",
        "go.attribute = 1",
    ],
)
def test_a_nested_function_that_escapes_stays(use):
    (reason,) = left(
        f"""
        import asyncio

        from app import call, client, f

        def test_f():
            def go():
                return asyncio.run(f())
            {use}
        """
    )
    assert reason in ("helper-escapes", "dynamic-call")


def test_a_nested_function_called_in_a_lambda_stays():
    (reason,) = left(
        """
        import asyncio

        from app import call, f

        def test_f():
            def go():
                return asyncio.run(f())
            assert call(lambda: go()) == 1
        """
    )
    assert reason in ("helper-escapes", "drive-in-lambda")


def test_defaults_and_decorators_of_nested_functions_are_the_tests_own():
    check(
        """
        import asyncio

        from app import decorated, f

        def test_f():
            def one(x=asyncio.run(f())):
                return x
            @decorated(asyncio.run(f()))
            def two():
                return 2
            assert one() == two() == (lambda x=asyncio.run(f()): x)()
        """,
        """
        import pytest

        from app import decorated, f

        @pytest.mark.asyncio
        async def test_f():
            def one(x=await f()):
                return x
            @decorated(await f())
            def two():
                return 2
            assert one() == two() == (lambda x=await f(): x)()
        """,
    )


def test_a_class_body_in_a_test_cannot_await():
    assert left(
        """
        import asyncio

        from app import f

        def test_f():
            class Config:
                value = asyncio.run(f())
            assert Config.value == 1
        """
    ) == ["drive-at-import"]


@pytest.mark.parametrize("driven", ["f", "obj.method", "print"])
def test_a_function_that_is_not_called_is_reported(driven):
    assert left(
        {
            "app.py": """
                async def f():
                    return 1

                class Obj:
                    async def method(self):
                        return 1

                obj = Obj()
            """,
            "test_it.py": f"""
                import asyncio

                import pytest

                from app import f, obj

                def test_not_called():
                    with pytest.raises(ValueError):
                        asyncio.run({driven})
            """,
        }
    )


def test_debug_mode_is_the_runs_own():
    assert left(
        """
        import asyncio

        from app import f

        def test_f():
            asyncio.run(f(), debug=True)
        """
    ) == ["loop-asserted"]


def test_debug_false_says_nothing():
    check(
        """
        import asyncio

        from app import f

        def test_f():
            asyncio.run(f(), debug=False)
        """,
        """
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            await f()
        """,
    )


def test_raises_with_a_runner_becomes_a_with_statement():
    check(
        """
        import asyncio

        import pytest

        from app import Error, f

        def test_f():
            pytest.raises(Error, asyncio.run, f())
            pytest.raises((Error, ValueError), lambda: asyncio.run(f()))
            caught = pytest.raises(Error, asyncio.run, f())
            assert "x" in str(caught.value)
        """,
        """
        import pytest

        from app import Error, f

        @pytest.mark.asyncio
        async def test_f():
            with pytest.raises(Error):
                await f()
            with pytest.raises((Error, ValueError)):
                await f()
            with pytest.raises(Error) as caught:
                await f()
            assert "x" in str(caught.value)
        """,
    )


def test_raises_with_a_nested_function_becomes_a_with_statement():
    check(
        """
        import asyncio

        import pytest

        from app import Error, f

        def test_f():
            def work(x):
                return asyncio.run(f(x))
            pytest.raises(Error, work, 1)
            pytest.raises(Error, lambda: work(2))
        """,
        """
        import pytest

        from app import Error, f

        @pytest.mark.asyncio
        async def test_f():
            async def work(x):
                return await f(x)
            with pytest.raises(Error):
                await work(1)
            with pytest.raises(Error):
                await work(2)
        """,
    )


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "SystemExit"])
def test_errors_that_escape_tasks_are_awaited_inline(error):
    check(
        f"""
        import asyncio

        import pytest

        from app import f

        def test_f():
            with pytest.raises({error}):
                asyncio.run(f())
        """,
        f"""
        import pytest

        from app import f

        @pytest.mark.asyncio
        async def test_f():
            with pytest.raises({error}):
                await f()
        """,
    )


@pytest.mark.parametrize(
    "assertion",
    [
        "assert pytest.raises(Error, asyncio.run, f()).value",
        "check(pytest.raises(Error, asyncio.run, f()))",
        "pytest.raises(Error, asyncio.run, f(), debug=True)",
        "pytest.warns(UserWarning, asyncio.run, f())",
        "pytest.deprecated_call(asyncio.run, f())",
        "pytest.raises(Error, func=asyncio.run)",
    ],
)
def test_raises_in_other_forms_stays(assertion):
    assert left(
        f"""
        import asyncio

        import pytest

        from app import Error, check, f

        def test_f():
            {assertion}
        """
    ) == ["drive-in-callback"]


def test_raises_with_the_coroutine_by_keyword_breaks_nothing():
    left(
        """
        import asyncio

        import pytest

        from app import Error, f

        def test_f():
            pytest.raises(Error, asyncio.run, main=f())
        """
    )
