"""Two sides of a suite, test by test: every pair of outcomes has its verdict."""

from __future__ import annotations

import pytest

from awaitify.prove.comparison import compare, harmed
from awaitify.prove.outcome import (
    COLLECTED,
    CRASHED,
    ERROR,
    FAILED,
    FINISHED,
    NEVER_AWAITED,
    PASSED,
    SKIPPED,
    XFAILED,
    XPASSED,
    Complaint,
    Definition,
    SuiteRun,
    TestResult,
)
from awaitify.prove.proof import Verdict
from awaitify.prove.trouble import is_complete, troubles
from awaitify.prove.vacuous import DROPPED, NEVER_RAN, unrun, vacuous

TEST = "tests/test_a.py::test_a"
MISSING = ""


def run(*outcomes: str, complaints: tuple[Complaint, ...] = ()) -> SuiteRun:
    """Return a run in which one test had an outcome; none if it is not there."""
    results = dict([(TEST, TestResult(each)) for each in outcomes if each != MISSING])
    return SuiteRun(FINISHED, 0, results, complaints=complaints)


def verdict(before: str, after: str) -> Verdict:
    return compare([run(before)], [run(after)]).tests[TEST].verdict


@pytest.mark.parametrize("outcome", [PASSED, XFAILED, XPASSED, SKIPPED])
def test_what_does_not_change_is_the_same(outcome: str) -> None:
    assert verdict(outcome, outcome) is Verdict.SAME


@pytest.mark.parametrize("before", [FAILED, ERROR])
@pytest.mark.parametrize("after", [FAILED, ERROR])
def test_what_failed_before_is_not_blamed(before: str, after: str) -> None:
    assert verdict(before, after) is Verdict.FAILED_BEFORE


@pytest.mark.parametrize("before", [PASSED, XFAILED, XPASSED, SKIPPED])
@pytest.mark.parametrize("after", [FAILED, ERROR])
def test_what_did_not_fail_and_does_has_regressed(before: str, after: str) -> None:
    assert verdict(before, after) is Verdict.REGRESSED


def test_what_passed_and_fails_as_expected_has_regressed() -> None:
    assert verdict(PASSED, XFAILED) is Verdict.REGRESSED
    assert verdict(XPASSED, XFAILED) is Verdict.REGRESSED


@pytest.mark.parametrize("before", [PASSED, FAILED, ERROR, XFAILED])
@pytest.mark.parametrize("after", [SKIPPED, COLLECTED, MISSING])
def test_what_does_not_run_any_more_is_lost(before: str, after: str) -> None:
    assert verdict(before, after) is Verdict.LOST


def test_a_skipped_test_that_is_gone_is_lost() -> None:
    assert verdict(SKIPPED, MISSING) is Verdict.LOST


@pytest.mark.parametrize("before", [FAILED, ERROR, SKIPPED])
def test_what_passes_at_last_is_fixed(before: str) -> None:
    assert verdict(before, PASSED) is Verdict.FIXED


@pytest.mark.parametrize("after", [PASSED, FAILED])
def test_a_new_node_id_is_added(after: str) -> None:
    assert verdict(MISSING, after) is Verdict.ADDED


@pytest.mark.parametrize("after", [PASSED, FAILED, ERROR])
def test_what_passed_without_running_runs_now(after: str) -> None:
    compared = compare([run(PASSED)], [run(after)], {TEST})
    assert compared.tests[TEST].verdict is Verdict.NEWLY_RUNNING
    assert not harmed(compared, [run(after)])


def test_what_passed_without_running_and_is_gone_is_lost() -> None:
    compared = compare([run(PASSED)], [run(MISSING)], {TEST})
    assert compared.tests[TEST].verdict is Verdict.LOST


@pytest.mark.parametrize(
    "message",
    [
        "async def function and no async plugin installed (see warnings)",
        "async def functions are not natively supported.",
    ],
)
def test_what_was_skipped_for_want_of_a_runner_runs_now(message: str) -> None:
    before = SuiteRun(FINISHED, 0, {TEST: TestResult(SKIPPED, message=message)})
    compared = compare([before], [run(FAILED)])
    assert compared.tests[TEST].verdict is Verdict.NEWLY_RUNNING


def test_runs_of_the_same_code_that_differ_are_flaky() -> None:
    before = [run(PASSED), run(FAILED)]
    assert compare(before, [run(FAILED)]).tests[TEST].verdict is Verdict.FLAKY
    after = [run(PASSED), run(FAILED)]
    found = compare([run(PASSED), run(PASSED)], after)
    assert found.tests[TEST].verdict is Verdict.FLAKY_SINCE
    assert found.tests[TEST].after == FAILED
    # Once may be the machine; twice is not.
    assert not harmed(found, after)
    assert harmed(found, [*after, run(FAILED)]) == [TEST]


def test_a_flaky_test_that_is_gone_is_lost() -> None:
    found = compare([run(PASSED), run(FAILED)], [run(MISSING)])
    assert found.tests[TEST].verdict is Verdict.LOST


def dropped(*tests: str) -> tuple[Complaint, ...]:
    return tuple(Complaint(NEVER_AWAITED, "work", test) for test in tests)


def test_more_complaints_of_a_name_are_harm() -> None:
    before, after = run(PASSED, complaints=()), run(PASSED, complaints=dropped(TEST))
    found = compare([before], [after])
    assert [(m.name, m.before, m.after, m.tests) for m in found.more] == [
        ("work", 0, 1, (TEST,))
    ]
    assert harmed(found, [after]) == [TEST]


def test_complaints_that_only_move_are_none() -> None:
    before = run(PASSED, complaints=dropped("other"))
    after = run(PASSED, complaints=dropped(TEST))
    assert not compare([before], [after]).more


def test_complaints_that_one_run_alone_has_are_none() -> None:
    loud = run(PASSED, complaints=dropped(TEST))
    assert not compare([run(PASSED)], [loud, run(PASSED)]).more


def test_a_run_that_ended_early_blames_what_was_running() -> None:
    before = run(PASSED)
    after = SuiteRun(CRASHED, -11, {TEST: TestResult(COLLECTED)}, running=(TEST,))
    [found] = troubles(compare([before], [after]), [before], [after])
    assert found.hung
    assert found.test == TEST
    assert "crashed" in found.message
    assert not is_complete(after)


def test_a_file_that_is_not_collected_any_more_is_blamed_once() -> None:
    where = Definition("tests/test_a.py", 1, "test_a")
    before = SuiteRun(FINISHED, 0, {TEST: TestResult(PASSED, where)})
    why = {"tests/test_a.py": "NameError: name 'asyncio' is not defined"}
    after = SuiteRun(FINISHED, 2, collection=why)
    [found] = troubles(compare([before], [after]), [before], [after])
    assert found.path == "tests/test_a.py"
    assert "NameError" in found.message


def test_an_async_test_that_nothing_awaits_never_ran() -> None:
    where = Definition("tests/test_a.py", 1, "TestX::test_a", is_async=True)
    told = (Complaint(NEVER_AWAITED, "TestX.test_a", TEST),)
    before = SuiteRun(FINISHED, 0, {TEST: TestResult(PASSED, where)}, complaints=told)
    [found] = vacuous(before, ())
    assert (found.test, found.kind) == (TEST, NEVER_RAN)
    assert unrun([found]) == {TEST}


def test_a_coroutine_that_is_dropped_is_told_of_a_test_that_passes() -> None:
    where = Definition("tests/test_a.py", 1, "test_a")
    told = (Complaint(NEVER_AWAITED, "work", TEST),)
    results = {TEST: TestResult(PASSED, where)}
    [found] = vacuous(SuiteRun(FINISHED, 0, results, complaints=told), ())
    assert found.kind == DROPPED
    assert not unrun([found])
    failing = {TEST: TestResult(FAILED, where)}
    assert not vacuous(SuiteRun(FINISHED, 1, failing, complaints=told), ())


def results(*keys: str, outcome: str = PASSED) -> SuiteRun:
    return SuiteRun(FINISHED, 0, {key: TestResult(outcome) for key in keys})


def test_ids_that_differ_from_run_to_run_are_the_same_tests() -> None:
    before = results("a.py::t[<X at 0x7f01>-1]", "a.py::t[<X at 0x7f02>-2]", "a.py::u")
    after = results("a.py::t[<X at 0x7e03>-1]", "a.py::t[<X at 0x7e04>-2]", "a.py::u")
    found = compare([before], [after])
    assert {each.verdict for each in found.tests.values()} == {Verdict.SAME}
    assert list(found.tests) == list(before.results)


def test_ids_that_are_fewer_are_lost() -> None:
    found = compare([results("a.py::t[1]", "a.py::t[2]")], [results("a.py::t[3]")])
    assert [each.verdict for each in found.tests.values()] == [
        Verdict.LOST,
        Verdict.LOST,
        Verdict.ADDED,
    ]


def test_what_runs_for_the_first_time_is_not_blamed_for_what_it_leaves() -> None:
    before, after = run(PASSED), run(PASSED, complaints=dropped(TEST))
    found = compare([before], [after], {TEST})
    assert found.more
    assert not harmed(found, [after])


def test_what_fails_is_blamed_before_what_is_left_behind() -> None:
    passing = {TEST: TestResult(PASSED), "other": TestResult(PASSED)}
    failing = {**passing, TEST: TestResult(FAILED)}
    before = SuiteRun(FINISHED, 0, passing)
    after = SuiteRun(FINISHED, 1, failing, complaints=dropped("other"))
    assert harmed(compare([before], [after]), [after]) == [TEST]
    again = SuiteRun(FINISHED, 0, passing, complaints=dropped("other"))
    assert harmed(compare([before], [again]), [again]) == ["other"]


def test_what_no_test_is_known_to_have_left_behind_is_trouble_too() -> None:
    before, after = run(PASSED), run(PASSED, complaints=dropped(""))
    [found] = troubles(compare([before], [after]), [before], [after])
    assert (found.test, found.message) == ("", "never-awaited: work")
