"""The user's own formatter, for the files that change."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from awaitify.config import UsageError


@dataclass(frozen=True)
class Formatter:
    """A command that reads a file from standard input and prints it laid out."""

    command: tuple[str, ...]
    root: Path
    """Where it runs."""

    def __call__(self, path: str, source: bytes) -> bytes | str:
        """Return a file's new bytes in its layout, or what went wrong."""
        full = str(self.root / path)
        words = [word.replace("{path}", full) for word in self.command]
        try:
            done = subprocess.run(
                words, input=source, cwd=self.root, capture_output=True, check=False
            )
        except OSError as error:
            return f"the format command cannot be run: {error.strerror or error}"
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            why = f": {said[0]}" if said else ""
            return f"the format command failed with exit code {done.returncode}{why}"
        return done.stdout


def formatter(command: str, root: Path) -> Formatter:
    """Return what ``--format-command`` means; nothing of it goes through a shell.

    Raises:
        UsageError: there is no such command.

    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--format-command: {command}: {error}") from error
    if not words:
        raise UsageError("--format-command names no command")
    # What has a directory is looked for where it will be run.
    name = str(root / words[0]) if os.path.dirname(words[0]) else words[0]
    if shutil.which(name) is None:
        raise UsageError(f"--format-command: {words[0]} is not there to be run")
    return Formatter((name, *words[1:]), root)
