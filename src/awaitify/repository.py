"""What the driver asks of git; it never changes a repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


class NoRevision(Exception):
    """A revision that cannot be compared with."""


def enclosing(path: Path) -> Path | None:
    """Return the top of the work tree that holds `path`, if there is one."""
    for directory in (path, *path.parents):
        if (directory / ".git").exists():
            return directory
    return None


def excludes(repository: Path) -> list[Path]:
    """Return the files beside .gitignore that say what to ignore, weakest first."""
    said = _git(repository, "config", "--path", "--get", "core.excludesFile")
    if said is None:
        home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        everywhere = Path(home).expanduser() / "git/ignore"
    else:
        everywhere = repository / os.fsdecode(said.rstrip(b"\n"))
    own = repository / ".git/info/exclude"
    if not own.parent.parent.is_dir():
        # In a linked work tree, or a submodule, .git is a file.
        place = _git(repository, "rev-parse", "--git-path", "info/exclude") or b""
        own = repository / os.fsdecode(place.rstrip(b"\n"))
    return [everywhere, own]


def modified(repository: Path) -> list[str] | None:
    """Return the tracked files that differ from the last commit.

    Untracked files do not count: git could not bring them back anyway, and a
    tree is rarely free of them.

    Returns:
        Posix paths relative to the repository; None if git cannot tell.

    """
    output = _git(
        repository, "status", "--porcelain", "-z", "-uno", "--ignore-submodules=dirty"
    )
    return None if output is None else list(_changed(output))


def head(repository: Path | None) -> str | None:
    """Return the commit that is checked out, if there is one."""
    if repository is None:
        return None
    output = _git(repository, "rev-parse", "--verify", "--quiet", "HEAD")
    return None if output is None else output.decode("ascii", "replace").strip()


def changed_since(repository: Path, revision: str) -> frozenset[str]:
    """Return the files that differ from where a revision and HEAD parted.

    What is not committed counts, and so does what is neither known to git nor
    ignored.

    Raises:
        NoRevision: there is no such revision, or it never was one with HEAD.

    """
    base = _parting(repository, revision)
    differing = _git(
        repository,
        *("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff"),
        *("--ignore-submodules", base, "--"),
    )
    names = (differing or b"").split(b"\0")
    return frozenset(os.fsdecode(name) for name in names if name) | _new(repository)


def lines_since(repository: Path, revision: str) -> Mapping[str, Lines]:
    """Return what differs from where a revision and HEAD parted, line by line.

    A file that was moved is compared with what it was.

    Returns:
        Posix path -> the lines that are new or changed; of a file that git does not
        know, all. One that only lost some has none.

    Raises:
        NoRevision: see `changed_since`.

    """
    differing = _git(
        repository,
        *("-c", "core.quotePath=true", "diff", "--unified=0", "--find-renames"),
        *("--inter-hunk-context=0", "--no-color", "--no-ext-diff", "--no-textconv"),
        "--no-relative",
        *("--text", "--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/"),
        *(_parting(repository, revision), "--"),
    )
    if differing is None:
        raise NoRevision(f"git cannot compare {revision!r} with what is there")
    found: dict[str, list[range]] = {}
    inside: list[range] = []
    for line in differing.split(b"\n"):
        # No line of code begins so: a mark stands before it, and a hunk before that.
        if line.startswith(b"diff --git "):
            inside = []
        elif hunk := _HUNK.match(line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            inside.append(range(first, first + count))
        elif not inside and (name := _TARGET.match(line)):
            inside = found.setdefault(os.fsdecode(unquoted(name[1])[2:]), [])
    lines: dict[str, Lines] = {path: tuple(each) for path, each in found.items()}
    return {**lines, **dict.fromkeys(_new(repository), _ALL)}


Lines = Sequence[range]
"""Lines of a file, from 1."""
_ALL: Lines = (range(1, sys.maxsize),)
_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_TARGET = re.compile(rb'\+\+\+ ("?b/.*?)\t?$')


def unquoted(name: bytes) -> bytes:
    r"""Return a name as it is on disk; git shows ``é.py`` as ``"\303\251.py"``."""
    if not (len(name) > 1 and name[:1] == name[-1:] == b'"'):
        return name
    return re.sub(rb"\\([0-7]{3}|.)", _escaped, name[1:-1])


def _escaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code.isdigit():
        return bytes([int(code, 8) & 0xFF])
    return {b"n": b"\n", b"t": b"\t", b"r": b"\r"}.get(code, code)


def _new(repository: Path) -> frozenset[str]:
    """Return the files that git neither knows nor ignores."""
    new = _git(repository, "ls-files", "-z", "--others", "--exclude-standard")
    return frozenset(os.fsdecode(name) for name in (new or b"").split(b"\0") if name)


def _parting(repository: Path, revision: str) -> str:
    """Return the commit at which a revision and HEAD parted."""
    if _git(repository, "rev-parse", "--git-dir") is None:
        # Not installed, or it trusts the owner of the tree no more than we should.
        raise NoRevision(f"git cannot be asked about {repository}")
    named = ("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    commit = None if revision.startswith("-") else _git(repository, *named)
    if commit is None:
        raise NoRevision(f"git knows no revision {revision!r} here")
    base = _git(repository, "merge-base", os.fsdecode(commit).strip(), "HEAD")
    if base is None:
        # What is not fetched is not known.
        raise NoRevision(f"{revision!r} and HEAD have no common ancestor here")
    return os.fsdecode(base).strip()


def untracked(repository: Path, paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that git does not know."""
    wanted = set(paths)
    output = _git(repository, "ls-files", "-z")
    known = {os.fsdecode(name) for name in (output or b"").split(b"\0")}
    return sorted(wanted - known)


def _changed(porcelain: bytes) -> Iterable[str]:
    entries = iter(porcelain.split(b"\0"))
    for entry in entries:
        if entry:
            yield os.fsdecode(entry[3:])
        # A rename is followed by the old name, in an entry of its own.
        if entry[:1] in (b"R", b"C"):
            next(entries, None)


def _git(repository: Path, *arguments: str) -> bytes | None:
    # Asking must not write: without this, `git status` refreshes the index.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        answer = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            env=environment,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout
