"""Environments of some era of Python and pytest, each made once a session."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Era:
    """A Python, and what is installed there."""

    python: str
    packages: tuple[str, ...]

    def __str__(self) -> str:
        return "-".join([self.python, *self.packages]).replace("pytest", "p")


def interpreter(version: str) -> str | None:
    """Return a Python of some version, if one is here."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    places = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for found in (shutil.which(f"python{version}"), *map(str, places)):
        if found and _works(found):
            return found
    return None


@cache
def _works(python: str) -> bool:
    done = subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True)
    return done.returncode == 0


@dataclass(frozen=True)
class Environments:
    """Makes environments, each once."""

    folder: Path
    _made: dict[Era, str] = field(default_factory=dict)

    def python(self, era: Era) -> str:
        """Return the interpreter of the environment of an era."""
        if era not in self._made:
            self._made[era] = self._make(era)
        return self._made[era]

    def _make(self, era: Era) -> str:
        base = interpreter(era.python)
        if base is None:
            pytest.skip(f"Python {era.python} is not here")
        home = self.folder / f"environment-{len(self._made)}"
        subprocess.run([base, "-m", "venv", str(home)], check=True)
        python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
        command = [str(python), "-m", "pip", "install", "--quiet", *era.packages]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return str(python)
