"""The file that tells `git blame` which commits are mechanical."""

from __future__ import annotations

from pathlib import Path

from awaitify.batch import git
from awaitify.batch.git import GitError

_NAME = ".git-blame-ignore-revs"


def ignored(tree: Path, commit: str, subject: str) -> str:
    """Commit to a work tree that a commit is to be ignored; return the new commit."""
    path = tree / _NAME
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise GitError(f"{_NAME} is no file")
    before = path.read_bytes() if path.exists() else b""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    if before and not before.endswith(b"\n"):
        before += end
    more = (f"# {subject}", commit)
    lines = [line.encode("utf-8", "surrogateescape") + end for line in more]
    # The work tree is ours, and thrown away where this is not finished.
    path.write_bytes(before + b"".join(lines))
    trailer = f"Awaitify-Batch: {tree.name}\n"
    text = f"Let git blame ignore the migration\n\n{trailer}"
    made = git.commit(tree, text, [_NAME])
    assert made is not None
    return made
