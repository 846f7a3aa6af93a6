"""What each refusal code and each note means, and what its reader can do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """One refusal code, for people."""

    code: str
    meaning: str
    hint: str


def explanation(code: str) -> Explanation | None:
    """Return the explanation of a refusal code or a note, if there is such a one."""
    return next((entry for entry in (*REFUSALS, *NOTES) if entry.code == code), None)


REFUSALS: tuple[Explanation, ...] = (
    Explanation(
        "all-tasks",
        "The drive waits for every task of the loop, which in an async test would "
        "include the test itself.",
        "Wait for the tasks that the test means, by name.",
    ),
    Explanation(
        "anyio-or-trio",
        "The test belongs to anyio or trio; a second marker would change its id or "
        "run it twice.",
        "Nothing to do: such a test is modern already.",
    ),
    Explanation(
        "asynctest-mock",
        "A mock of asynctest stays, whose return values and side effects differ from "
        "those of `unittest.mock.AsyncMock`.",
        "Replace it by hand, and look at what it is told to return.",
    ),
    Explanation(
        "benchmark",
        "The drive is what a benchmark measures, and benchmarks call sync functions.",
        "Keep it, or use a benchmark plugin that awaits.",
    ),
    Explanation(
        "blocking-wanted",
        "Something blocks the loop in a coroutine, and may have to: the test is about "
        "that, a lock of threads is held, or others call the coroutine function.",
        "Await it by hand, if nothing counts on the loop to stand still.",
    ),
    Explanation(
        "branch-on-kind",
        "The code asks whether something is a coroutine function, and would take "
        "another branch after the change.",
        "Decide which branch the test is about, and write that one out.",
    ),
    Explanation(
        "class-patched-helper",
        "A helper is patched onto a class, so it receives `self`; its async "
        "replacement would not.",
        "Patch the instance, or set `autospec=True`, and run awaitify again.",
    ),
    Explanation(
        "clocked-test",
        "The test runs on a clock of its own (a fake, frozen or manually advanced "
        "one) that an event loop would wait for in vain.",
        "Convert it by hand, together with whatever moves the clock.",
    ),
    Explanation(
        "contended",
        "A time-out was asked for, and a task of the test may take first what the "
        "test waits for: before Python 3.12 `asyncio.wait_for` starts a turn later.",
        "Write the time-out by hand, or drop the older Pythons.",
    ),
    Explanation(
        "drive-at-import",
        "The loop is driven while the module is imported, where nothing can be "
        "awaited.",
        "Move the work into a fixture, and run awaitify again.",
    ),
    Explanation(
        "drive-in-callback",
        "The loop is driven inside a function that is handed to somebody who calls it "
        "without awaiting it.",
        "Make the receiver accept a coroutine function, or keep the drive.",
    ),
    Explanation(
        "drive-in-lambda",
        "The loop is driven inside a lambda, which cannot await.",
        "Make the lambda a function, if whoever calls it can await it.",
    ),
    Explanation(
        "dynamic-call",
        "Tests or helpers are stored in a collection or called under a computed name, "
        "so not all of their callers are known.",
        "Call them by name, or parametrise the test.",
    ),
    Explanation(
        "edited",
        "The code was edited by hand in a review and stays as it was written there.",
        "Nothing to do.",
    ),
    Explanation(
        "foreign-base",
        "The class derives from a base that has a convention of its own (Django, "
        "tornado, twisted) or whose source was not found.",
        "Name the project's interpreter with --python, so that the base can be read.",
    ),
    Explanation(
        "future-completed-later",
        "A future is given a result after it was handed out; an async mock could not "
        "be made to wait for that.",
        "Keep the future.",
    ),
    Explanation(
        "generator-test",
        "The test is a generator; as `async def` it would become an async generator, "
        "which no runner collects.",
        "Turn it into a parametrised test first.",
    ),
    Explanation(
        "helper-escapes",
        "A helper that would become async is also used where it cannot be awaited, "
        "for example passed on, stored or called by code that stays.",
        "Give those uses a sync helper of their own.",
    ),
    Explanation(
        "import-shared",
        "The name comes from an import that code which stays as it is needs, too.",
        "Import the new name beside the old one by hand.",
    ),
    Explanation(
        "impure-runner",
        "The runner does more than run: it prepares, records or changes something "
        "that a plain `await` would leave out.",
        "Move what it does besides into a fixture.",
    ),
    Explanation(
        "injecting-decorator",
        "A decorator runs the test and passes it arguments of its own.",
        "Turn what it injects into fixtures, then remove it.",
    ),
    Explanation(
        "inner-loop",
        "The code under test starts an event loop, which fails inside a running one.",
        "Keep the test sync, or call that code through `asyncio.to_thread`. Where it "
        "only may start one, `awaitify prove` and `--evidence` look at what it does.",
    ),
    Explanation(
        "loop-asserted",
        "The test is about the loop itself: its state, its policy or its absence.",
        "Nothing to do: it has to own the loop.",
    ),
    Explanation(
        "loop-factory",
        "Tests get loops of another kind by a fixture that pytest-asyncio's hook "
        "cannot stand for: it gives several, does more, or is not in a conftest; or "
        "sync tests would notice.",
        "Write the hook `pytest_asyncio_loop_factories` by hand, once you know which "
        "tests need such a loop.",
    ),
    Explanation(
        "mixed-use",
        "The same object is awaited in one place and used as a plain value in another.",
        "Use two objects, one for each.",
    ),
    Explanation(
        "multi-loop",
        "The test uses two loops, or something made in one run is used in another.",
        "Keep the test sync, or make what it shares anew for each run.",
    ),
    Explanation(
        "name-taken",
        "A name that the new code needs already means something else there.",
        "Rename one of the two.",
    ),
    Explanation(
        "nested-drive",
        "A loop is driven inside an `async def`, so loops are nested on purpose.",
        "Await the inner coroutine, and drop whatever allows nesting.",
    ),
    Explanation(
        "no-await-evidence",
        "Nothing was found that awaits this object, so it may be right as it is.",
        "Replace it by hand if you know better.",
    ),
    Explanation(
        "old-plugin",
        "The result needs what the pytest-asyncio that the project requires does not "
        "have.",
        "Require a newer one, or say `--target-pytest-asyncio`.",
    ),
    Explanation(
        "old-python",
        "What would be written is newer than a Python that the project supports.",
        "Drop that Python, or write it by hand.",
    ),
    Explanation(
        "orm-in-test",
        "The test uses a database layer that refuses to work while a loop is running.",
        "Wrap those calls in `sync_to_async`, or keep the test sync.",
    ),
    Explanation(
        "outside-coroutine",
        "The call is not certain to run inside a coroutine.",
        "Nothing to do, unless the function becomes async for another reason.",
    ),
    Explanation(
        "outside-selection",
        "The chain of callers leaves the files or rules that were chosen.",
        "Choose more: name more paths, or select more rules.",
    ),
    Explanation(
        "pinned",
        "The function was excluded, by the user or because a proof rolled it back.",
        "Remove the comment that the message names; if it names none, look at what the "
        "proof or the check reported.",
    ),
    Explanation(
        "run-boundary",
        "The test is about what happens where a run begins or ends: tasks that are "
        "cancelled, turns of the loop, contexts that are isolated.",
        "Keep it sync, or state in the test what should happen to the tasks.",
    ),
    Explanation(
        "run-forever",
        "The loop runs until something stops it, so there is no coroutine to await.",
        "Wait for the event that stops it, for example an `asyncio.Event`.",
    ),
    Explanation(
        "runner-patched",
        "The test replaces `asyncio.run` or another runner, and looks at how it is "
        "called.",
        "Nothing to do: the call is what is being tested.",
    ),
    Explanation(
        "setUpClass-drive",
        "`setUpClass` or `tearDownClass`, which cannot be async, drives a loop, or "
        "hands one on that all tests of the class share.",
        "Move the work into `asyncSetUp`, or make the class a plain pytest class.",
    ),
    Explanation(
        "super-order",
        "A set-up or tear-down whose base's own stays sync would run at another time: "
        "unittest calls `setUp` before `asyncSetUp`, and `tearDown` after its twin.",
        "Call `super().setUp()` first, and `super().tearDown()` last.",
    ),
    Explanation(
        "task-context",
        "A time-out was asked for, and what is awaited looks at its task or sets "
        "context variables: before Python 3.12 `asyncio.wait_for` runs it in another "
        "task.",
        "Write the time-out within what is awaited, or drop the older Pythons.",
    ),
    Explanation(
        "thread-loop",
        "The loop runs in another thread, or work is handed to one from outside.",
        "Keep the test sync: a running loop would block what it waits for.",
    ),
    Explanation(
        "time-out-expected",
        "A time-out was asked for where a time-out, a cancellation or the end of the "
        "program is expected or caught: ours would be taken for it.",
        "Nothing to do where the test has a time-out of its own there; else write one.",
    ),
    Explanation(
        "turn-counted",
        "A time-out was asked for, and the test looks at what has happened by some "
        "turn of the loop: `asyncio.shield`, and before Python 3.12 "
        "`asyncio.wait_for`, take one more.",
        "Write the time-out by hand, or let the test wait for what it looks at.",
    ),
    Explanation(
        "uncertain-call",
        "A coroutine is made and never awaited, or a call blocks the loop; but what is "
        "called may be replaced there, or may never return.",
        "Await it by hand.",
    ),
    Explanation(
        "unknown-value",
        "What a call returns or raises could not be determined.",
        "Write the value in place, or keep the code.",
    ),
    Explanation(
        "unresolved",
        "The site looks like a drive, but what it means was not found.",
        "Name the project's interpreter with --python, or import the runner plainly.",
    ),
    Explanation(
        "unresolved-import",
        "A module that the decision depends on was not found.",
        "Name the project's interpreter with --python.",
    ),
)


NOTES: tuple[Explanation, ...] = (
    Explanation(
        "invalid-suppression",
        "A comment to awaitify is not understood, or names a code that there is not. "
        "Until it is, it leaves all that it may be about.",
        "Write `# awaitify: ignore[AW101] -- reason` at the end of a line, or on one "
        "of its own above a statement; on a `def` or `class` line it covers what is "
        "defined there. `# awaitify: ignore` is for all codes, `# awaitify: skip-file` "
        "for a whole file. Codes are of rules (AW101, AW1, await-run) or reasons "
        "(inner-loop).",
    ),
    Explanation(
        "unused-suppression",
        "A comment asks to leave code alone in which awaitify, with the rules that "
        "were chosen, finds nothing that it names.",
        "Remove the comment, or the codes that the message names.",
    ),
)
"""What is reported of comments to awaitify."""
