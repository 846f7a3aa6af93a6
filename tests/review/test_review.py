"""Reviews: what is taken is written, what is refused stays, and all of it fits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from awaitify.config import UsageError
from awaitify.flags import By
from awaitify.journal import state
from tests.command import contents, run
from tests.review.support import FILES, project, read, review


def titles(said: list[str]) -> list[str]:
    """Return what was asked about."""
    return [
        line.partition("  ")[0]
        for line in said
        if line.startswith(("tests/", "pytest.ini"))
    ]


def test_what_is_taken_is_what_fix_writes(tmp_path: Path) -> None:
    one, other = project(tmp_path / "one"), project(tmp_path / "other")
    code, _ = review(one, *"yyyyy")
    assert code == 0
    assert run(other, "fix", "--no-cache").returncode == 0
    assert contents(one) == contents(other)


def test_all_of_a_review_is_undone_at_once(tmp_path: Path) -> None:
    root = project(tmp_path)
    review(root, *"ynysyy"[:3], "s", "so", "y")
    assert run(root, "undo").returncode == 0
    assert {name: read(root, name) for name in FILES} == FILES


def test_a_helper_and_its_callers_are_asked_once_and_kept_together(
    tmp_path: Path,
) -> None:
    root = project(tmp_path)
    code, talk = review(root, *"nyyyy")
    assert code == 0
    assert titles(talk.said) == [
        "tests/test_one.py::make",
        "tests/test_one.py::test_alone",
        "tests/test_two.py::test_loop",
        "tests/test_two.py::test_run",
        "pytest.ini",
    ]
    text = read(root, "tests/test_one.py")
    # What is refused is planned without: the import that it needs stays.
    assert text.startswith("import asyncio\n\nimport pytest\n")
    assert "def make():\n    return asyncio.run(fetch())\n" in text
    assert "async def test_alone" in text


def test_where_nothing_is_taken_nothing_changes(tmp_path: Path) -> None:
    root = project(tmp_path)
    code, _ = review(root, *"nnnnn")
    assert code == 0
    assert {name: read(root, name) for name in FILES} == FILES


def test_what_was_refused_is_not_asked_again_until_it_changes(tmp_path: Path) -> None:
    root = project(tmp_path)
    review(root, *"nnnnn")
    assert review(root)[1].said == []
    path = root / "tests/test_one.py"
    path.write_text(FILES["tests/test_one.py"].replace("make() == 1", "make() == 3"))
    _, talk = review(root, "n", allow_dirty=True)
    assert titles(talk.said) == ["tests/test_one.py::make"]
    _, talk = review(root, *"nnnnn", again=True, allow_dirty=True)
    assert len(titles(talk.said)) == 5


def test_all_of_a_rule_takes_no_other_rule(tmp_path: Path) -> None:
    root = project(tmp_path)
    _, talk = review(root, "n", "a", "n", "n")
    # test_run goes by AW101 alone, as test_alone; test_loop does not.
    assert titles(talk.said)[2:] == ["tests/test_two.py::test_loop", "pytest.ini"]
    assert "async def test_run" in read(root, "tests/test_two.py")
    assert "def test_loop():\n    loop" in read(root, "tests/test_two.py")


def test_all_of_a_file_is_of_that_file_alone(tmp_path: Path) -> None:
    root = project(tmp_path)
    _, talk = review(root, "f", "q")
    assert titles(talk.said)[1] == "tests/test_two.py::test_loop"
    assert read(root, "tests/test_two.py") == FILES["tests/test_two.py"]


def test_who_quits_keeps_what_was_taken(tmp_path: Path) -> None:
    root = project(tmp_path)
    code, _ = review(root, "n", "y", "q")
    assert code == 1
    assert "async def test_alone" in read(root, "tests/test_one.py")
    for name in ("tests/test_two.py", "pytest.ini"):
        assert read(root, name) == FILES[name]
    # What nobody was asked about is open the next time.
    _, talk = review(root, "q", allow_dirty=True)
    assert titles(talk.said) == ["tests/test_two.py::test_loop"]


def test_where_nobody_answers_nothing_is_written_and_answers_are_kept(
    tmp_path: Path,
) -> None:
    root = project(tmp_path)
    code, talk = review(root, "n", "y")
    assert code == 130 and "nothing was written" in talk.text
    assert {name: read(root, name) for name in FILES} == FILES
    code, talk = review(root, *"yyy")
    assert code == 0
    assert titles(talk.said)[0] == "tests/test_two.py::test_loop"
    text = read(root, "tests/test_one.py")
    assert "async def test_alone" in text and "def make():\n" in text


def test_one_goes_back_and_forth(tmp_path: Path) -> None:
    root = project(tmp_path)
    code, talk = review(root, "j", "n", "k", *"yy?xykyyy")
    assert code == 0
    assert titles(talk.said)[:3] == [
        "tests/test_one.py::make",
        "tests/test_one.py::test_alone",
        "tests/test_two.py::test_loop",
    ]


def test_questions_are_asked_by_rule(tmp_path: Path) -> None:
    root = project(tmp_path)
    _, talk = review(root, *"nnnnn", by=By.RULE)
    rules = [
        line.partition("  ")[2]
        for line in talk.said
        if line.startswith(("tests/", "pytest.ini"))
    ]
    assert rules == ["AW101", "AW101", "AW101, AW108", "AW102", "AW341"]


def test_a_comment_says_why_something_stays(tmp_path: Path) -> None:
    root = project(tmp_path)
    _, talk = review(root, "s", "", "s", "the start is measured", *"yyyy")
    assert "a reason is one line of text" in talk.text
    text = read(root, "tests/test_one.py")
    said = "# awaitify: ignore[AW101, AW108] -- the start is measured\n"
    assert f"def make():  {said}    return asyncio.run(fetch())\n" in text
    assert "async def test_alone" in text
    # It is understood, and of use.
    told = run(root, "check", "--no-cache").stdout
    assert "suppression" not in told and "1 suppressed" in told


def test_a_comment_that_does_not_fit_stands_above(tmp_path: Path) -> None:
    text = FILES["tests/test_one.py"].replace(
        "def test_alone():", "@pytest.mark.x('def a():')\ndef test_alone():  # so"
    )
    text = text.replace("\n", "\r\n").replace(
        "import asyncio", "import asyncio, pytest"
    )
    root = project(tmp_path, **{"tests/test_one.py": text})
    review(root, "n", "s", "why", *"nnn")
    above = "# awaitify: ignore[AW101] -- why\r\n@pytest.mark.x('def a():')\r\n"
    assert read(root, "tests/test_one.py") == text.replace(
        "@pytest.mark.x('def a():')\r\n", above
    )


def test_a_comment_that_a_file_cannot_hold_is_not_written(tmp_path: Path) -> None:
    text = f"# coding: ascii\n{FILES['tests/test_one.py']}"
    root = project(tmp_path, **{"tests/test_one.py": text})
    _, talk = review(root, "s", "né", "s", "a\x1bb", *"nnnnn")
    assert "it cannot hold this" in talk.text
    assert "a reason is one line of text" in talk.text
    assert read(root, "tests/test_one.py") == text


def test_there_is_no_comment_for_a_configuration_file(tmp_path: Path) -> None:
    root = project(tmp_path)
    _, talk = review(root, *"nnnns", "so", "n")
    assert "n leaves it, too" in talk.text


def editor(tmp_path: Path, code: str) -> str:
    """Return a command that edits a file: `text` in, `text` out."""
    script = tmp_path / "edit or.py"
    script.write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n"
        f"text = path.read_text()\n{code}\npath.write_text(text)\n"
    )
    return f"{sys.executable} '{script}'"


def test_what_was_edited_is_written_as_it_was_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path / "project")
    code = "text = text.replace('    return', '    # Edited.\\n    return')"
    monkeypatch.setenv("GIT_EDITOR", editor(tmp_path, code))
    code_, _ = review(root, "e", *"nnnn")
    assert code_ == 0
    text = read(root, "tests/test_one.py")
    assert "async def make():\n    # Edited.\n    return await fetch()\n" in text
    assert "def test_alone():\n    assert asyncio.run" in text
    assert run(root, "undo").returncode == 0
    assert {name: read(root, name) for name in FILES} == FILES


WRONG = {
    "it does not parse": ("text = text.replace('async def make', 'async')", "parsed"),
    "a test is lost": (
        "text = text.replace('test_twice', 'twice')",
        "to be test_twice",
    ),
    "an assertion changes": ("text = text.replace('== 1', '== 2')", "not taken"),
    "a name is not defined": ("text = text.replace('fetch()', 'fitch()')", "not taken"),
    "it is not awaited": ("text = text.replace('await make', 'make')", "not taken"),
    "a decorator goes": (
        "text = text.replace('@pytest.mark.asyncio', '')",
        "not taken",
    ),
    "a mark goes": ("text = text.replace('# >>> 2', '# 2')", "are not what they were"),
    "more is added": ("text += '\\nx = 1\\n'", "nothing else"),
    "it fails": ("sys.exit(3)", "ended with 3"),
}


def test_what_breaks_a_promise_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path / "project")
    for name, (code, said) in WRONG.items():
        monkeypatch.setenv("GIT_EDITOR", editor(tmp_path, code))
        talk = _talked(root)
        assert said in talk, (name, talk)


def _talked(root: Path) -> str:
    _, talk = review(root, "e", "n", "q", again=True)
    assert {name: read(root, name) for name in FILES} == FILES
    return talk.text


def test_an_editor_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path)
    monkeypatch.setenv("GIT_EDITOR", "/nowhere/editor; touch pwned")
    assert "cannot be started" in _talked(root)
    monkeypatch.setenv("GIT_EDITOR", "vi '")
    assert "is not understood" in _talked(root)
    assert not (root / "pwned").exists()


def test_names_and_code_are_shown_not_obeyed(tmp_path: Path) -> None:
    text = FILES["tests/test_one.py"].replace("== 1", '== 1, "\x1b[2J\x9b\u202e"')
    root = project(tmp_path, **{"tests/a\x1b]0;x.py": "", "tests/test_one.py": text})
    _, talk = review(root, *"nnnnn")
    assert "\\x1b[2J\\x9b\\u202e" in talk.text
    assert not set("\x1b\x9b\u202e") & set(talk.text)


def test_a_review_needs_a_terminal(tmp_path: Path) -> None:
    root = project(tmp_path)
    done = run(root, "review")
    assert done.returncode == 2
    assert "a terminal, and there is none" in done.stderr
    assert run(root, "review", "-").returncode == 2


def test_a_review_needs_a_clean_tree(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "app.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match="uncommitted"):
        review(root)


def test_what_is_kept_and_damaged_is_as_good_as_nothing(tmp_path: Path) -> None:
    root = project(tmp_path)
    review(root, *"nnnnn")
    path = state.place(root) / "review.json"
    for text in ("", "[]", '{"schema": 1, "decisions": [{"names": 3}]}', "\xff"):
        path.write_bytes(text.encode("latin-1"))
        assert len(titles(review(root, *"nnnnn")[1].said)) == 5


def test_a_file_that_changes_meanwhile_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path / "project")
    code = f"pathlib.Path({str(root / 'tests/test_one.py')!r}).write_text('x = 1')"
    monkeypatch.setenv("GIT_EDITOR", editor(tmp_path, code))
    assert review(root, "e", *"yyyy")[0] == 3
    assert read(root, "tests/test_one.py") == "x = 1"
    assert read(root, "tests/test_two.py") == FILES["tests/test_two.py"]
