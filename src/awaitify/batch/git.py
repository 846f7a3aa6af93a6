"""What a batch asks of git, and the little that it has git do.

In the repository of an entry that is: a work tree beside it, commits, one branch.
Hooks do not run, nor does what a repository's configuration would watch it with.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_FLAGS = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    # A name that git would guess from that of the machine is nobody's.
    *("-c", "user.useConfigOnly=true"),
)
_PROTOCOLS = ("file", "git", "http", "https", "ssh")
# What would make git look elsewhere than where it is told to, as in a hook.
_ELSEWHERE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
_SECRET = re.compile(r"(?<=://)[^/@\s]*@")


class GitError(Exception):
    """Git refuses, with its own words."""


@dataclass(frozen=True)
class Repository:
    """Where the repository of an entry is."""

    directory: Path
    """Where git is asked."""
    common: str
    """The repository itself, that of all its work trees."""
    prefix: str
    """The entry's folder in it; empty or with a slash at its end."""


def plain_environment() -> dict[str, str]:
    """Return the user's environment, for what runs in a work tree."""
    kept = {k: v for k, v in os.environ.items() if k not in _ELSEWHERE}
    # Nobody is there to be asked.
    return {**kept, "GIT_TERMINAL_PROMPT": "0"}


def environment() -> dict[str, str]:
    """Return the environment for git itself, which fetches by few protocols."""
    allowed = os.environ.get("GIT_ALLOW_PROTOCOL")
    chosen = allowed.split(":") if allowed is not None else _PROTOCOLS
    return {
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        **plain_environment(),
        "GIT_ALLOW_PROTOCOL": ":".join(p for p in chosen if p in _PROTOCOLS),
    }


def command(*arguments: str) -> list[str]:
    """Return a command of git's."""
    return ["git", *_FLAGS, *arguments]


def readable(text: str) -> str:
    """Return what git says without the passwords of its URLs."""
    return _SECRET.sub("", text).strip()


def repository(directory: Path) -> Repository:
    """Return the repository of a folder."""
    asked = ("rev-parse", "--path-format=absolute", "--git-common-dir", "--show-prefix")
    common, prefix, *_ = [*_text(directory, *asked).split("\n"), ""]
    return Repository(directory, common, prefix)


def check_author(at: Repository) -> None:
    """Refuse to go on where a commit would have no author."""
    for who in ("AUTHOR", "COMMITTER"):
        try:
            _git(at.directory, "var", f"GIT_{who}_IDENT")
        except GitError as error:
            message = "git knows no author: set user.name and user.email"
            raise GitError(message) from error


def commit_of(at: Repository, ref: str) -> str | None:
    """Return the commit that a name stands for, if any."""
    named = ("rev-parse", "--verify", "--quiet", "--end-of-options")
    try:
        return _text(at.directory, *named, f"{ref}^{{commit}}")
    except GitError:
        return None


def check_branch(at: Repository, branch: str) -> None:
    """Refuse what is no name of a branch."""
    try:
        _git(at.directory, "check-ref-format", f"refs/heads/{branch}")
    except GitError as error:
        raise GitError(f"{branch!r} is no name of a branch") from error


def head_of(at: Repository, branch: str) -> str | None:
    """Return the commit of a branch, if there is such a branch."""
    return commit_of(at, f"refs/heads/{branch}")


def add_tree(at: Repository, path: Path, commit: str) -> None:
    """Make a work tree without a branch."""
    # Twice: also where one was killed while it was made.
    force = ("--force", "--force", "--detach")
    _git(at.directory, "worktree", "add", "-q", *force, str(path), commit)


def remove_tree(at: Repository, path: Path) -> None:
    """Remove a work tree, or what is left of one."""
    try:
        _git(at.directory, "worktree", "remove", "--force", "--force", str(path))
    except GitError:
        # It was killed before it was known.
        return


def commit(tree: Path, message: str, paths: Iterable[str]) -> str | None:
    """Commit some files of a work tree, whatever ignores them.

    Returns:
        The commit; None where git sees no change in them.

    """
    names = b"".join(os.fsencode(path) + b"\0" for path in paths)
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    chosen = ("--pathspec-from-file=-", "--pathspec-file-nul")
    _git(tree, "add", "--force", "--all", *chosen, given=names, more=literal)
    if not _git(tree, "diff-index", "--cached", "--name-only", "HEAD"):
        return None
    words = ("commit", "-q", "--no-verify", "--cleanup=verbatim", "-F", "-")
    _git(tree, *words, given=message.encode("utf-8", "surrogateescape"))
    return _text(tree, "rev-parse", "HEAD")


def patch(at: Repository, before: str, after: str) -> bytes:
    """Return what is between two commits, for plain `git apply`."""
    # Unlike `git diff` it goes by no one's settings.
    form = ("-p", "--binary", "--full-index", "--no-color", "--no-renames")
    plain = ("--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/")
    return _git(at.directory, "diff-tree", *form, *plain, before, after)


def publish(at: Repository, branch: str, commit: str) -> None:
    """Make a branch that did not exist, at once."""
    reason = ("-m", "awaitify batch")
    # Empty: there must be none.
    _git(at.directory, "update-ref", *reason, f"refs/heads/{branch}", commit, "")


def attach(tree: Path, branch: str) -> None:
    """Let a work tree be on a branch of the same commit."""
    _git(tree, "symbolic-ref", "HEAD", f"refs/heads/{branch}")


def origin(directory: Path) -> str:
    """Return the URL that a clone was made from; empty if it is none."""
    try:
        return _text(directory, "config", "--get", "remote.origin.url")
    except GitError:
        return ""


def _text(directory: Path, *arguments: str) -> str:
    return os.fsdecode(_git(directory, *arguments)).rstrip("\n")


def _git(
    directory: Path,
    *arguments: str,
    given: bytes = b"",
    more: Mapping[str, str] | None = None,
) -> bytes:
    try:
        answer = subprocess.run(
            command("-C", str(directory), *arguments),
            input=given,
            capture_output=True,
            env={**environment(), **(more or {})},
            check=False,
            # Ctrl-C is for us: what is under way is finished, or thrown away.
            start_new_session=True,
        )
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from error
    if answer.returncode:
        said = readable(answer.stderr.decode("utf-8", "replace"))
        raise GitError(f"git {arguments[0]}: {said or answer.returncode}")
    return answer.stdout
