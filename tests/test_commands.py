"""The codemods without the driver: from Python, and through LibCST's own command."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from awaitify_codemods import SUITE, apply

BEFORE = dedent(
    """\
    import asyncio

    from app import ping


    def test_ping():
        assert asyncio.run(ping()) == "pong"


    def test_callback(apply):
        apply(lambda: asyncio.run(ping()))
    """
)
AFTER = dedent(
    """\
    import asyncio

    import pytest

    from app import ping


    @pytest.mark.asyncio
    async def test_ping():
        assert await ping() == "pong"


    def test_callback(apply):
        apply(lambda: asyncio.run(ping()))
    """
)


def test_apply():
    outcome = apply(SUITE, BEFORE.encode())
    assert outcome.source.decode() == AFTER
    reasons = [each.reason for each in outcome.findings if each.status == "left"]
    assert reasons == ["drive-in-lambda"]


def test_libcst_command(tmp_path: Path):
    file = tmp_path / "test_app.py"
    file.write_text(BEFORE)
    command = "awaitify_codemods.commands.Awaitify"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "libcst.tool",
            "codemod",
            "-x",
            "--no-format",
            command,
            file,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert file.read_text() == AFTER
    assert "drive-in-lambda" in done.stdout + done.stderr
