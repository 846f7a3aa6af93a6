"""`--timeout` and its keys, through the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import make, run

QUEUE = """\
import asyncio

import pytest


@pytest.mark.asyncio
async def test_get():
    assert await asyncio.Queue().get() == 1
"""
CALLED = """\
import pytest

from shop import client


@pytest.mark.asyncio
async def test_order():
    await client.fetch()
    assert await client.order() == 1
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return make(tmp_path / "suite", test_q=QUEUE, test_c=CALLED)


def shown(root: Path, *flags: str) -> list[str]:
    """Return the lines that `diff` would add."""
    done = run(root, "diff", "--exit-zero", *flags)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    return [line[1:].strip() for line in lines if line.startswith("+ ")]


def said(root: Path, *flags: str) -> str:
    """Return the complaint about flags that make no sense."""
    done = run(root, "diff", *flags)
    assert done.returncode == 2, done.stderr
    return done.stderr


def file(root: Path, text: str) -> None:
    (root / "awaitify.toml").write_text(text, encoding="utf-8")


GET = "assert await asyncio.wait_for(asyncio.Queue().get(), timeout={}) == 1"


class TestFlags:
    def test_nothing_without_one(self, suite: Path):
        assert shown(suite) == []

    def test_another_number_is_another_plan(self, suite: Path):
        assert shown(suite, "--timeout", "5") == [GET.format(5)]
        assert shown(suite, "--timeout", "0.25") == [GET.format(0.25)]
        assert shown(suite, "--timeout", "5") == [GET.format(5)]

    def test_every_await(self, suite: Path):
        assert shown(suite, "--timeout", "5", "--timeout-all") == [
            "await asyncio.wait_for(client.fetch(), timeout=5)",
            "assert await asyncio.wait_for(client.order(), timeout=5) == 1",
            GET.format(5),
        ]

    def test_the_body(self, suite: Path):
        flags = ("--timeout", "5", "--timeout-style", "timeout")
        assert shown(suite, *flags, "--target-python", "3.11") == [
            "async with asyncio.timeout(5):",
            "assert await asyncio.Queue().get() == 1",
        ]
        assert shown(suite, *flags, "--target-python", "3.10") == [GET.format(5)]

    @pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
    def test_no_duration(self, suite: Path, seconds: str):
        message = "--timeout takes a number of seconds above 0"
        assert message in said(suite, f"--timeout={seconds}")

    def test_no_number(self, suite: Path):
        assert "should be a valid number" in said(suite, "--timeout", "five")

    def test_what_has_no_effect(self, suite: Path):
        for flags in (["--timeout-all"], ["--timeout-style", "timeout"]):
            message = f"{flags[0]} would have no effect without --timeout"
            assert message in said(suite, *flags)


class TestFiles:
    def test_a_file_asks_and_a_flag_decides(self, suite: Path):
        file(suite, "timeout = 7\n")
        assert shown(suite) == [GET.format(7)]
        assert shown(suite, "--timeout", "5") == [GET.format(5)]
        assert len(shown(suite, "--timeout-all")) == 3

    def test_the_nearest_file_decides(self, suite: Path):
        file(suite, "timeout = 7\n")
        make(suite / "more", test_q=QUEUE)
        file(suite / "more", "timeout = 9.5\n")
        assert shown(suite) == [GET.format(9.5), GET.format(7)]

    def test_calls(self, suite: Path):
        file(suite, 'timeout = 7\ntimeout-calls = ["*.fetch"]\n')
        expected = ["await asyncio.wait_for(client.fetch(), timeout=7)", GET.format(7)]
        assert shown(suite) == expected
        file(suite, 'timeout = 7\ntimeout-calls = ["shop.client.f*"]\n')
        assert shown(suite) == expected

    @pytest.mark.parametrize(
        "line",
        [
            "timeout = 0",
            "timeout = true",
            'timeout = "5"',
            "timeout = inf",
            'timeout-style = "with"',
            'timeout-calls = "fetch"',
            'timeout-calls = ["a b"]',
        ],
    )
    def test_wrong_values(self, suite: Path, line: str):
        file(suite, f"{line}\n")
        assert "awaitify.toml:1: " in said(suite)


def test_help_tells_of_it(suite: Path):
    done = run(suite, "fix", "--help", COLUMNS="100")
    assert "--timeout-style" in done.stdout
