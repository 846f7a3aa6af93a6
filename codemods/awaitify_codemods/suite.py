"""All rules in the order in which their edits apply, and those decided against."""

from awaitify_codemods.rule import Rule
from awaitify_codemods.rules.aiohttp_case import AiohttpCase
from awaitify_codemods.rules.async_clean_up import AsyncCleanUp
from awaitify_codemods.rules.async_fixture import AsyncFixture
from awaitify_codemods.rules.async_helper import AsyncHelper
from awaitify_codemods.rules.async_mock import AsyncMock
from awaitify_codemods.rules.async_protocol_mock import AsyncProtocolMock
from awaitify_codemods.rules.async_set_up import AsyncSetUp
from awaitify_codemods.rules.asyncio_mark import AsyncioMark
from awaitify_codemods.rules.asynctest_mock import AsynctestMock
from awaitify_codemods.rules.await_anyio import AwaitAnyio
from awaitify_codemods.rules.await_asgiref import AwaitAsgiref
from awaitify_codemods.rules.await_helper import AwaitHelper
from awaitify_codemods.rules.await_run import AwaitRun
from awaitify_codemods.rules.await_run_sync import AwaitRunSync
from awaitify_codemods.rules.await_runner import AwaitRunner
from awaitify_codemods.rules.await_until_complete import AwaitUntilComplete
from awaitify_codemods.rules.awaited_future import AwaitedFuture
from awaitify_codemods.rules.background_task import BackgroundTask
from awaitify_codemods.rules.blocking_call import BlockingCallRule
from awaitify_codemods.rules.blocking_sleep import BlockingSleepRule
from awaitify_codemods.rules.bounded_await import BoundedAwait
from awaitify_codemods.rules.class_loop import ClassLoopRule
from awaitify_codemods.rules.coroutine_in_assertion import CoroutineInAssertion
from awaitify_codemods.rules.coroutine_mock import CoroutineMock
from awaitify_codemods.rules.current_loop import CurrentLoopFixture
from awaitify_codemods.rules.django_case import DjangoCase
from awaitify_codemods.rules.dropped_coroutine import DroppedCoroutine
from awaitify_codemods.rules.event_loop_fixture import EventLoopFixture
from awaitify_codemods.rules.fast_sleep import FastSleep
from awaitify_codemods.rules.fixture_decorator import FixtureDecorator
from awaitify_codemods.rules.fixture_marks import FixtureMarks
from awaitify_codemods.rules.gen_test import GenTest
from awaitify_codemods.rules.generator_coroutine import GeneratorCoroutine
from awaitify_codemods.rules.hidden_warnings import HiddenWarnings
from awaitify_codemods.rules.home_made_mock import HomeMadeMock
from awaitify_codemods.rules.home_made_plugin import HomeMadePlugin
from awaitify_codemods.rules.httpx_app import HttpxApp
from awaitify_codemods.rules.isolated_case import IsolatedCase
from awaitify_codemods.rules.loop_argument import LoopArgument
from awaitify_codemods.rules.loop_fixture import LoopFixture
from awaitify_codemods.rules.loop_life_cycle import LoopLifeCycle
from awaitify_codemods.rules.loop_policy import LoopPolicy
from awaitify_codemods.rules.loop_scope_mark import LoopScopeMark
from awaitify_codemods.rules.missing_await import MissingAwait
from awaitify_codemods.rules.mock_subclass import MockSubclass
from awaitify_codemods.rules.old_asyncio_name import OldAsyncioName
from awaitify_codemods.rules.patched_asyncio import PatchedAsyncio
from awaitify_codemods.rules.patched_executor import PatchedExecutor
from awaitify_codemods.rules.plain_coroutine_test import PlainCoroutineTest
from awaitify_codemods.rules.polling import Polling
from awaitify_codemods.rules.pytest_asyncio_import import PytestAsyncioImport
from awaitify_codemods.rules.receive_until import ReceiveUntil
from awaitify_codemods.rules.returned_coroutine import ReturnedCoroutine
from awaitify_codemods.rules.run_with_timeout import RunWithTimeout
from awaitify_codemods.rules.running_loop import RunningLoop
from awaitify_codemods.rules.set_up_fixture import SetUpFixture
from awaitify_codemods.rules.shared_state import SharedState
from awaitify_codemods.rules.sync_mark import SyncMark
from awaitify_codemods.rules.sync_mock import SyncMock
from awaitify_codemods.rules.task_clean_up import TaskCleanUp
from awaitify_codemods.rules.unawaited_cancel import UnawaitedCancel
from awaitify_codemods.rules.unclosed_client import UnclosedClient
from awaitify_codemods.rules.unittest_case import UnittestCase
from awaitify_codemods.rules.unmarked_test import UnmarkedTest
from awaitify_codemods.rules.vacuous_test import VacuousTest
from awaitify_codemods.rules.waited_coroutines import WaitedCoroutines
from awaitify_codemods.rules.with_raises import WithRaises

SUITE: tuple[type[Rule], ...] = (
    AwaitRun,
    AwaitUntilComplete,
    AwaitRunner,
    AwaitAnyio,
    AwaitHelper,
    PlainCoroutineTest,
    WithRaises,
    AsyncHelper,
    AsyncioMark,
    LoopLifeCycle,
    IsolatedCase,
    AsyncSetUp,
    ClassLoopRule,
    AsyncCleanUp,
    VacuousTest,
    AsyncFixture,
    SetUpFixture,
    LoopFixture,
    EventLoopFixture,
    LoopPolicy,
    CurrentLoopFixture,
    SyncMark,
    FixtureDecorator,
    PytestAsyncioImport,
    FixtureMarks,
    LoopScopeMark,
    UnmarkedTest,
    RunningLoop,
    LoopArgument,
    HomeMadePlugin,
    HiddenWarnings,
    PatchedAsyncio,
    SharedState,
    UnittestCase,
    AsynctestMock,
    CoroutineMock,
    AiohttpCase,
    GenTest,
    AwaitAsgiref,
    DjangoCase,
    AwaitRunSync,
    AsyncMock,
    SyncMock,
    HomeMadeMock,
    MockSubclass,
    ReturnedCoroutine,
    AsyncProtocolMock,
    DroppedCoroutine,
    AwaitedFuture,
    BlockingSleepRule,
    BlockingCallRule,
    Polling,
    PatchedExecutor,
    MissingAwait,
    CoroutineInAssertion,
    BackgroundTask,
    UnawaitedCancel,
    TaskCleanUp,
    ReceiveUntil,
    FastSleep,
    RunWithTimeout,
    GeneratorCoroutine,
    OldAsyncioName,
    WaitedCoroutines,
    HttpxApp,
    UnclosedClient,
    # Every await that the others write counts.
    BoundedAwait,
)

# Decided against:
#
# inline-coroutine: `await go()` is always right; the body of `go` in its place is
#   not (return, nonlocal, shadowing).
# trio-run: trio is not asyncio, and pytest-trio has marks of its own.
# uvloop-run: the test would no longer run on uvloop.
