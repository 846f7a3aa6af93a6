"""What `unittest.mock` does: the facts that the rules about mocks rely on.

``python tests/mocks/truth.py`` prints what is not so in the Python that runs it; it
needs nothing but the standard library of 3.8 or newer.
"""

import asyncio
import contextlib
import functools
import inspect
import sys
import types
import warnings
from unittest import mock
from unittest.mock import AsyncMock, MagicMock, Mock, call, patch

FACTS = []
"""Functions, each with what it returns, by the lowest version."""


def says(expected, **since):
    """Register a fact: what it returns; ``v311=...`` from Python 3.11 on."""

    def register(function):
        by_version = {(0,): expected}
        for name, value in since.items():
            by_version[(int(name[1]), int(name[2:]))] = value
        FACTS.append((function, by_version))
        return function

    return register


def expected(by_version, version=sys.version_info):
    return by_version[max(low for low in by_version if low <= version[:2])]


def observed(function):
    """Return what a fact is; of an exception, its type."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if inspect.iscoroutinefunction(function):
                return asyncio.run(function())
            return function()
        except Exception as error:
            return type(error).__name__


class Service:
    limit = 3

    async def fetch(self):
        return 1

    def close(self):
        return 2

    @staticmethod
    async def make():
        return 3

    @classmethod
    async def build(cls):
        return 4

    @property
    def name(self):
        return "n"

    @property
    async def later(self):
        return 5

    async def events(self):
        yield 1

    def hands_on(self):
        return self.fetch()

    @functools.wraps(fetch)
    def wrapped(self):
        return self.fetch()


async def send(value=None):
    return value


def plain(value=None):
    return value


async def steps():
    yield 1


@contextlib.asynccontextmanager
async def opened():
    yield 1


@functools.wraps(send)
def wrapped(*args):
    return send(*args)


alias = functools.partial(send, 1)
service = Service()
HERE = __name__


def kind(name):
    """Return the class of the mock that `patch` makes of a name in this module."""
    with patch(f"{HERE}.{name}") as made:
        return type(made).__name__


def kind_in_spec(name, make=MagicMock, **keywords):
    return type(getattr(make(**(keywords or {"spec": Service})), name)).__name__


def closed(coroutine):
    """Close a coroutine, so that it does not warn; say what it was."""
    name = type(coroutine).__name__
    getattr(coroutine, "close", lambda: None)()
    return name


# What `patch` makes, by what it replaces.


@says("AsyncMock")
def patch_of_a_coroutine_function():
    return kind("send")


@says("AsyncMock")
def patch_of_an_async_method():
    return kind("Service.fetch")


@says("AsyncMock")
def patch_of_an_async_static_method():
    return kind("Service.make")


@says("AsyncMock")
def patch_of_an_async_class_method():
    return kind("Service.build")


@says("AsyncMock")
def patch_of_an_async_method_of_an_object():
    return kind("service.fetch")


@says("AsyncMock")
def patch_of_a_partial_of_a_coroutine_function():
    return kind("alias")


@says("MagicMock")
def patch_of_a_function():
    return kind("plain")


@says("MagicMock")
def patch_of_a_function_that_returns_a_coroutine():
    return kind("Service.hands_on")


@says("MagicMock")
def patch_of_a_function_that_wraps_a_coroutine_function():
    return kind("wrapped")


@says("MagicMock")
def patch_of_an_async_generator_function():
    return kind("steps")


@says("MagicMock")
def patch_of_an_async_context_manager():
    return kind("opened")


@says("MagicMock")
def patch_of_a_class():
    return kind("Service")


@says(["MagicMock", "MagicMock"])
def patch_of_a_property():
    return [kind("Service.name"), kind("Service.later")]


@says("AsyncMock")
def patch_of_asyncio_sleep():
    with patch("asyncio.sleep") as made:
        return type(made).__name__


@says(["MagicMock", "AsyncMock", "MagicMock"])
def patch_of_more_of_the_standard_library():
    names = ("asyncio.gather", "asyncio.wait_for", "asyncio.create_task")
    found = []
    for name in names:
        with patch(name) as made:
            found.append(type(made).__name__)
    return found


@says("AsyncMock")
def patch_multiple_of_a_coroutine_function():
    with patch.multiple(HERE, send=mock.DEFAULT) as made:
        return type(made["send"]).__name__


@says("MagicMock")
def new_callable_is_what_it_is():
    with patch(f"{HERE}.send", new_callable=MagicMock) as made:
        return type(made).__name__


@says("MagicMock")
def children_of_the_mock_of_a_class_are_not_async():
    with patch(f"{HERE}.Service") as made:
        return type(made.return_value.fetch).__name__


# Specs.


@says(["AsyncMock", "MagicMock", "AsyncMock", "AsyncMock", "MagicMock", "MagicMock"])
def spec_of_a_class():
    names = ("fetch", "close", "make", "build", "events", "later")
    return [kind_in_spec(name) for name in names]


@says(["AsyncMock", "Mock", "AsyncMock", "MagicMock", "AsyncMock", "MagicMock"])
def spec_of_other_mocks():
    found = [kind_in_spec(name, Mock) for name in ("fetch", "close")]
    found += [kind_in_spec(name, AsyncMock) for name in ("fetch", "close")]
    found += [kind_in_spec(n, spec=Service()) for n in ("fetch", "close")]
    return found


@says(["AsyncMock", "MagicMock", "coroutine"])
def autospec_of_a_class():
    made = mock.create_autospec(Service).return_value
    return [type(m).__name__ for m in (made.fetch, made.close)] + [closed(made.fetch())]


@says("MagicMock", v313="AsyncMock")
def spec_of_a_method_that_wraps_a_coroutine_function():
    return kind_in_spec("wrapped")


@says(["MagicMock", "coroutine"])
def spec_of_a_coroutine_function():
    made = MagicMock(spec=send)
    return [type(made).__name__, closed(made())]


@says("AttributeError")
def spec_has_no_other_attributes():
    return MagicMock(spec=Service).nothing


# Children.


@says(["AsyncMock", "MagicMock", "Mock", "MagicMock"])
def children_are_like_their_parent():
    made = [AsyncMock(), MagicMock(), Mock(), mock.NonCallableMagicMock()]
    return [type(each.child).__name__ for each in made]


@says(["AsyncMock", "AsyncMock"])
def results_of_an_async_mock_are_async_mocks():
    made = AsyncMock()
    return [type(made.return_value).__name__, type(made.a.return_value).__name__]


@says("AsyncMock")
async def awaited_result_of_an_async_mock():
    return type(await AsyncMock()()).__name__


@says("coroutine")
async def method_of_the_awaited_result_is_async():
    return closed((await AsyncMock().get()).json())


@says("MagicMock")
async def result_that_is_given_stays_what_it_is():
    made = AsyncMock(return_value=MagicMock())
    return type((await made()).json()).__name__


@says(["MagicMock", "MagicMock", "MagicMock"])
def magic_methods_of_an_async_mock_are_not_async():
    made = AsyncMock()
    return [type(m).__name__ for m in (made.__enter__, made.__len__, made.__str__)]


@says(["AsyncMock", "AsyncMock", "MagicMock"])
def async_magic_methods():
    made = MagicMock()
    each = (made.__aenter__, made.__aexit__, made.__aiter__)
    return [type(m).__name__ for m in each]


# Calls.


@says([True, 1, 0])
def call_that_is_dropped_counts_as_call():
    made = AsyncMock()
    made().close()
    return [made.called, made.call_count, made.await_count]


@says([[], 1])
async def side_effect_of_an_async_mock_waits_for_the_await():
    done = []
    made = AsyncMock(side_effect=lambda: done.append(1))
    coroutine = made()
    before = list(done)
    await coroutine
    return [before, len(done)]


@says(["ValueError", "coroutine"])
def exception_of_a_magic_mock_is_raised_by_the_call():
    try:
        MagicMock(side_effect=ValueError)()
    except ValueError as error:
        first = type(error).__name__
    return [first, closed(AsyncMock(side_effect=ValueError)())]


@says("TypeError")
async def result_of_a_magic_mock_cannot_be_awaited():
    return await MagicMock()()


@says("TypeError")
async def dictionary_of_a_magic_mock_cannot_be_awaited():
    return await MagicMock(return_value={})()


@says("TypeError")
async def magic_mock_itself_cannot_be_awaited():
    return await MagicMock()


@says("TypeError")
async def async_mock_itself_cannot_be_awaited():
    return await AsyncMock()


@says([1, 1, 2, "coroutine"])
async def side_effects_of_an_async_mock():
    found = [await AsyncMock(side_effect=send)(1)]
    found.append(await AsyncMock(side_effect=plain)(1))
    found.append(await AsyncMock(side_effect=[2])())
    # What is awaited is a coroutine function, not the coroutine of a function.
    found.append(closed(await AsyncMock(side_effect=lambda: send(1))()))
    return found


@says(["coroutine", "coroutine"])
async def coroutines_as_values_of_an_async_mock_stay_coroutines():
    found = closed(await AsyncMock(return_value=send(1))())
    return [found, closed(await AsyncMock(side_effect=[send(1)])())]


@says([1, 1, 1])
async def coroutines_as_values_of_a_magic_mock_are_awaited():
    found = [await MagicMock(return_value=send(1))()]
    found.append(await MagicMock(side_effect=[send(1)])())
    return [*found, await MagicMock(side_effect=send)(1)]


@says("RuntimeError")
async def coroutine_as_value_serves_once():
    made = MagicMock(return_value=send(1))
    await made()
    return await made()


@says("StopAsyncIteration")
async def async_mock_runs_out_of_side_effects():
    return await AsyncMock(side_effect=[])()


@says("StopIteration")
def magic_mock_runs_out_of_side_effects():
    return MagicMock(side_effect=[])()


@says([1, 1])
async def done_future_is_awaited_again_and_again():
    future = asyncio.get_running_loop().create_future()
    future.set_result(1)
    made = MagicMock(return_value=future)
    return [await made(), await made()]


@says("Future")
async def future_as_value_of_an_async_mock_stays_a_future():
    future = asyncio.get_running_loop().create_future()
    future.set_result(1)
    return type(await AsyncMock(return_value=future)()).__name__


@says(["coroutine", 7])
async def wraps_of_a_coroutine_function():
    made = MagicMock(wraps=send)
    return [closed(made(1)), await AsyncMock(wraps=send)(7)]


# What asks for a kind.


@says([True, False])
def iscoroutinefunction_of_asyncio():
    ask = asyncio.iscoroutinefunction
    return [ask(AsyncMock()), ask(MagicMock())]


@says([False, False], v310=[True, False])
def iscoroutinefunction_of_inspect():
    ask = inspect.iscoroutinefunction
    return [ask(AsyncMock()), ask(MagicMock())]


@says([True, False])
def isawaitable_of_results():
    coroutine = AsyncMock()()
    found = [inspect.isawaitable(coroutine), inspect.isawaitable(MagicMock()())]
    coroutine.close()
    return found


@says([False, False, True, True])
def classes_of_mocks():
    one, other = AsyncMock(), MagicMock()
    found = [isinstance(one, MagicMock), isinstance(other, AsyncMock)]
    return [*found, isinstance(one, Mock), isinstance(other, Mock)]


@says([True, True])
def results_are_true():
    coroutine = AsyncMock()()
    found = [bool(coroutine), bool(MagicMock()())]
    coroutine.close()
    return found


@says("TypeError")
async def task_of_what_is_no_coroutine():
    return asyncio.create_task(MagicMock()())


@says([1, 1, 1])
async def consumers_of_the_coroutine_of_an_async_mock():
    made = AsyncMock(return_value=1)
    found = await asyncio.gather(made(), asyncio.wait_for(made(), 1))
    return [*found, await asyncio.create_task(made())]


# Protocols.


@says(["AsyncMock", "AsyncMock"])
async def async_with_of_magic_mocks():
    made = MagicMock()
    async with made as first, made() as second:
        return [type(first).__name__, type(second).__name__]


@says("AttributeError", v311="TypeError")
async def async_with_of_a_mock():
    async with Mock():
        pass


@says("AttributeError", v311="TypeError")
async def async_with_of_the_coroutine_of_an_async_mock():
    coroutine = AsyncMock().get()
    try:
        async with coroutine:
            pass
    finally:
        coroutine.close()


@says([[], [1, 2], [1, 2]])
async def async_for_of_a_magic_mock():
    made = MagicMock()
    found = [[each async for each in made]]
    made.__aiter__.return_value = [1, 2]
    for _ in range(2):
        found.append([each async for each in made])
    return found


@says("TypeError")
async def async_for_of_a_mock():
    return [each async for each in Mock()]


@says("TypeError")
async def async_for_of_the_coroutine_of_an_async_mock():
    coroutine = AsyncMock().items()
    try:
        return [each async for each in coroutine]
    finally:
        coroutine.close()


@says("ValueError")
async def exception_leaves_the_block_of_a_magic_mock():
    async with MagicMock():
        raise ValueError


@says("swallowed")
async def exit_that_is_an_async_mock_swallows():
    made = MagicMock()
    made.__aexit__ = AsyncMock()
    async with made:
        raise ValueError
    return "swallowed"


@says("ValueError")
async def exit_that_returns_false_does_not():
    made = MagicMock()
    made.__aexit__ = AsyncMock(return_value=False)
    async with made:
        raise ValueError


@says(["AsyncMock", []])
async def protocol_methods_of_a_subclass_of_magic_mock_are_not_used():
    class Manager(MagicMock):
        async def __aenter__(self):
            return "mine"

        def __aiter__(self):
            return self

        async def __anext__(self):
            raise ValueError

    async with Manager() as entered:
        return [type(entered).__name__, [each async for each in Manager()]]


@says("mine")
async def protocol_methods_of_a_subclass_of_mock_are_used():
    class Manager(Mock):
        async def __aenter__(self):
            return "mine"

        async def __aexit__(self, *_):
            return None

    async with Manager() as entered:
        return entered


@says("TypeError")
async def aiter_that_is_a_lambda_needs_an_anext():
    made = MagicMock()
    made.__aiter__ = lambda self: iter([1])
    return [each async for each in made]


# The swap of an attribute.


@says([True, True])
async def swap_of_an_attribute_keeps_the_calls_of_the_parent():
    before, after = MagicMock(), MagicMock()
    before.get.return_value = 1
    after.get = AsyncMock(return_value=1)
    before.get(1)
    await after.get(1)
    same = before.mock_calls == after.mock_calls == [call.get(1)]
    return [same, before.method_calls == after.method_calls]


@says([[], True])
def mock_with_a_name_does_not_tell_its_parent():
    parent = MagicMock()
    parent.get = AsyncMock(name="get")
    parent.get().close()
    nameless = MagicMock()
    nameless.get = AsyncMock()
    nameless.get().close()
    return [list(parent.mock_calls), nameless.mock_calls == [call.get()]]


@says(True)
def results_of_children_are_in_the_calls_of_the_parent():
    parent = MagicMock()
    parent.get().json()
    return parent.mock_calls == [call.get(), call.get().json()]


@says("passes")
def assertions_of_calls_hold_without_an_await():
    made = AsyncMock()
    made(1).close()
    made.assert_called_once_with(1)
    made.assert_not_awaited()
    return "passes"


@says(["AssertionError", "passes"])
def hop_that_is_left_lies():
    made = AsyncMock()
    made().close()
    try:
        made.mock.assert_called_once_with()
    except AssertionError as error:
        first = type(error).__name__
    made.mock.assert_not_called()
    return [first, "passes"]


@says([2, 1])
def async_mock_is_no_method():
    async def around(*args):
        return len(args)

    class Owner:
        pass

    with patch.object(Owner, "f", create=True, new=around):
        first = Owner().f(1).send
    try:
        first(None)
    except StopIteration as done:
        found = [done.value]
    with patch.object(Owner, "f", create=True, new=AsyncMock()) as made:
        Owner().f(1).close()
    return [*found, len(made.call_args[0])]


@says("AttributeError")
def deleted_child_is_gone():
    made = MagicMock()
    del made.close
    return made.close


@says(["MagicMock", "AsyncMock"])
def keywords_configure_children():
    made = MagicMock(**{"fetch.return_value": 1}, send=AsyncMock())
    return [type(made.fetch).__name__, type(made.send).__name__]


@says([False, 3])
async def generator_based_coroutines_are_awaitable():
    @types.coroutine
    def generator():
        return 3
        yield

    made = MagicMock(side_effect=generator)
    return [asyncio.iscoroutinefunction(generator), await made()]


def wrong():
    """Return the facts that are not so, with what is."""
    found = []
    for function, by_version in FACTS:
        seen, said = observed(function), expected(by_version)
        if seen != said:
            found.append((function.__name__, said, seen))
    return found


if __name__ == "__main__":
    for row in wrong():
        print(*row)
    print(len(FACTS), "facts on", sys.version.partition(" ")[0])
