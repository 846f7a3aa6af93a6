"""Tests that look where a probe might show; they pass with it as they do without."""

import asyncio
import gc
import io
import multiprocessing
import os
import signal
import sys
import threading
import warnings
import weakref
from contextlib import ExitStack
from unittest.mock import MagicMock, Mock, create_autospec, patch

import pytest


async def f():
    return 1


def run_forked(function):
    process = os.fork()
    if process == 0:
        function()
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0


def test_a_suite_in_a_suite(pytester):
    pytester.makepyfile(
        """
        import asyncio
        async def f(): pass
        def test_a(): asyncio.run(f())
        def test_b(): assert 0
        def test_c(): f()
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2, failed=1)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.no_fnmatch_line("*awaitify*")


def test_command_line():
    assert not [word for word in sys.argv if "awaitify" in word]


def test_processes():
    for method in ("fork", "spawn"):
        process = multiprocessing.get_context(method).Process(target=print)
        process.start()
        process.join()
        assert process.exitcode == 0
    run_forked(lambda: asyncio.run(f()))


def test_descriptors():
    before = os.listdir("/proc/self/fd")
    asyncio.run(f())
    assert len(os.listdir("/proc/self/fd")) == len(before)

    def without():
        os.closerange(3, 64)
        asyncio.run(f())

    run_forked(without)


def test_threads():
    before = threading.enumerate()
    thread = threading.Thread(target=lambda: asyncio.run(f()))
    thread.start()
    thread.join()
    assert threading.enumerate() == before


REPLACED = [
    *("os.getpid", "os.getcwd", "os.open", "os.write", "os.close", "os.path.join"),
    *("os.path.realpath", "builtins.open", "time.time"),
    *("sys._getframe", "json.dumps", "gc.collect", "gc.isenabled"),
]


def test_replaced_functions():
    async def dropped():
        pass

    with ExitStack() as stack:
        mocks = {name: stack.enter_context(patch(name)) for name in REPLACED}
        asyncio.run(f())
        dropped()
        MagicMock().a()
    assert [name for name, mock in mocks.items() if mock.mock_calls] == []


def test_replaced_asyncio():
    with patch("asyncio.run") as run:
        asyncio.run(3)
    run.assert_called_once_with(3)
    with patch("asyncio.events._get_running_loop", return_value=None):
        asyncio.run(f())
    with patch("asyncio.base_events.BaseEventLoop.run_forever") as run_forever:
        loop = asyncio.new_event_loop()
        loop.run_forever()
        loop.close()
    run_forever.assert_called_once_with()
    mock = Mock(spec=asyncio.BaseEventLoop)
    mock.call_exception_handler({})
    create_autospec(asyncio.AbstractEventLoop)


def test_asyncio_imported_again():
    with patch.dict(sys.modules):
        for name in list(sys.modules):
            if name.partition(".")[0] == "asyncio":
                del sys.modules[name]
        import asyncio as again

        again.run(f())


def test_output():
    with patch("sys.stdout", io.StringIO()), patch("sys.stderr", io.StringIO()):
        asyncio.run(f())
        assert sys.stdout.getvalue() == sys.stderr.getvalue() == ""


def test_stack_inside_a_loop():
    async def callers():
        frame, found = sys._getframe(), []
        while frame:
            found.append(frame.f_code.co_filename)
            frame = frame.f_back
        return found

    files = asyncio.run(callers())
    pytests = [n for n, file in enumerate(files) if file.endswith("runner.py")]
    inner = files[: pytests[1] if len(pytests) > 1 else None]
    assert not [file for file in inner if "awaitify_probe" in file]


def test_recursion():
    async def forever():
        await forever()

    with pytest.raises(RecursionError):
        asyncio.run(forever())


def test_nothing_is_kept():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(f())
    loop.close()
    mock = MagicMock()
    gone = [weakref.ref(loop), weakref.ref(mock)]
    del loop, mock
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_warnings_as_errors():
    async def dropped():
        pass

    with warnings.catch_warnings(), patch("sys.unraisablehook") as hook:
        warnings.simplefilter("error")
        dropped()
    [told] = [call.args[0] for call in hook.call_args_list]
    assert told.exc_type is RuntimeWarning


def test_exception_handlers(caplog):
    loop = asyncio.new_event_loop()
    seen = []
    loop.set_exception_handler(lambda _, context: seen.append(context["message"]))
    task = loop.create_task(asyncio.sleep(9))
    loop.run_until_complete(asyncio.sleep(0))
    del task
    loop.close()
    gc.collect()
    assert seen == ["Task was destroyed but it is pending!"]
    loop.set_exception_handler(None)
    loop.call_exception_handler({"message": "hello"})
    [record] = caplog.records
    assert (record.funcName, record.message) == ("default_exception_handler", "hello")


def test_signals():
    def ring(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with pytest.raises(TimeoutError):
            while True:
                asyncio.run(f())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert asyncio._get_running_loop() is None


def test_tracing():
    asyncio.run(f())
    before, seen = sys.gettrace(), []
    sys.settrace(lambda frame, *_: seen.append(frame.f_code.co_name))
    try:
        asyncio.run(f())
    finally:
        sys.settrace(before)
    assert seen.count("f") == 1


def test_mocks_show_nothing():
    mock = MagicMock(name="it")
    mock.a()
    assert "awaitify" not in f"{mock!r} {mock.mock_calls} {dir(mock)}"


def test_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asyncio.run(f())
    assert not list(tmp_path.iterdir())
