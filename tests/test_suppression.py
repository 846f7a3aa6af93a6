"""Comments that leave code alone: what they cover, what hangs on it, what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awaitify_codemods import SUITE, Choice, Settings, apply, migrate
from awaitify_codemods.plan import LEFT, MIGRATE, REPORT, SUPPRESSED, Finding
from tests.test_cli import git, make, run
from tests.traps.support import Project, check, result, sources, texts

HEAD = "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"


def found(project: Project, *statuses: str, **how: object) -> list[Finding]:
    """Return the findings of some statuses; assert that the run went well."""
    migrated = migrate(sources(texts(project), **how))  # type: ignore[arg-type]
    assert not migrated.bugs and not migrated.errors
    return [each for each in migrated.plan.findings if each.status in statuses]


def told(project: Project, *statuses: str) -> list[str]:
    """Return findings as line, rule, reason in brackets, and message."""
    return [
        f"{each.line} {each.rule} [{each.reason}] {each.message}"
        for each in found(project, *statuses)
    ]


def kept(project: Project) -> list[str]:
    """Assert that nothing changes; return what is left or suppressed, and why."""
    files = texts(project)
    migrated = migrate(sources(files))
    assert not migrated.bugs and not migrated.errors
    assert result(files, migrated) == files
    return [
        f"{each.status}: {each.message}"
        for each in migrated.plan.findings
        if each.status in (LEFT, SUPPRESSED)
    ]


def notes(project: Project) -> list[str]:
    """Return what is said of the comments."""
    return [f"{f.line} {f.rule}: {f.message}" for f in found(project, REPORT)]


# What a comment covers

COVERED = {
    "end of the line": "def test():\n    asyncio.run(f())  # awaitify: ignore\n",
    "beside another comment": "def test():\n"
    "    asyncio.run(f())  # noqa: X1  # awaitify: ignore  # so\n",
    "line above": "def test():\n    # awaitify: ignore\n\n    asyncio.run(f())\n",
    "above other comments": "def test():\n"
    "    # awaitify: ignore\n    # not yet\n    asyncio.run(f())\n",
    "inside of the statement": "def test():\n    asyncio.run(\n"
    "        f()  # awaitify: ignore\n    )\n",
    "end of a long statement": "def test():\n    asyncio.run(\n"
    "        f()\n    )  # awaitify: ignore\n",
    "two statements in a line": "def test():\n"
    "    x = 1; asyncio.run(f())  # awaitify: ignore\n",
    "head of a block": "def test():\n"
    "    if asyncio.run(f()):  # awaitify: ignore\n        pass\n",
    "def": "def test():  # awaitify: ignore\n    asyncio.run(f())\n",
    "long def": "def test(\n    tmp_path,  # awaitify: ignore\n):\n"
    "    asyncio.run(f())\n",
    "def in a line": "def test(): asyncio.run(f())  # awaitify: ignore\n",
    "decorator": "@pytest.mark.x  # awaitify: ignore\n@pytest.mark.y\n"
    "def test():\n    asyncio.run(f())\n",
    "between decorators": "@pytest.mark.x\n# awaitify: ignore\n@pytest.mark.y\n"
    "def test():\n    asyncio.run(f())\n",
    "above a decorator": "# awaitify: ignore\n@pytest.mark.x\n"
    "def test():\n    asyncio.run(f())\n",
    "class": "class Test:  # awaitify: ignore\n"
    "    def test(self):\n        asyncio.run(f())\n",
    "file": "def test():\n    asyncio.run(f())\n\n# awaitify: skip-file\n",
}


@pytest.mark.parametrize("tests", COVERED.values(), ids=COVERED)
def test_covered(tests):
    [message] = kept(HEAD + tests)
    assert message.startswith("suppressed: suppressed in line ")
    assert not notes(HEAD + tests)


def test_the_reason_is_told():
    text = HEAD + "def test():\n    asyncio.run(f())  # awaitify: ignore -- #7, slow\n"
    assert kept(text) == ["suppressed: suppressed in line 8: #7, slow"]


UNCOVERED = {
    "next line": "def test():\n    x = 1  # awaitify: ignore\n    asyncio.run(f())\n",
    "body of a block": "def test():\n    if 1:  # awaitify: ignore\n"
    "        asyncio.run(f())\n",
    "another function": "def other():  # awaitify: ignore\n    pass\n\n"
    "def test():\n    asyncio.run(f())\n",
    "docstring": 'def test():\n    """# awaitify: ignore"""\n    asyncio.run(f())\n',
    "string": 'x = """\n# awaitify: skip-file\n"""\n\n'
    "def test():\n    asyncio.run(f())\n",
    "end of a block": "def other():\n    pass\n    # awaitify: ignore\n\n"
    "def test():\n    asyncio.run(f())\n",
}


@pytest.mark.parametrize("tests", UNCOVERED.values(), ids=UNCOVERED)
def test_not_covered(tests):
    after = tests.replace("def test", "@pytest.mark.asyncio\nasync def test")
    after = HEAD.replace("import asyncio\n\n", "") + after.replace(
        "asyncio.run(f())", "await f()"
    )
    check(HEAD + tests, after)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: f"# coding: latin-1\n{text}# é".encode("latin-1"),
        lambda text: text.replace("\n\n", "\n\f\n").encode(),
        lambda text: f"x = '\u2028\x85'\n{text}".encode(),
    ],
    ids=["CRLF", "CR", "BOM", "latin-1", "form feed", "line separator"],
)
def test_lines_are_those_of_python(encode):
    text = "import asyncio\n\n\ndef test():\n    asyncio.run(f())  # awaitify: ignore\n"
    source = encode(text)
    outcome = apply(SUITE, source)
    assert outcome.source == source
    assert [each.status for each in outcome.findings] == [SUPPRESSED]


# Codes

ON_RUN = "def test():\n    asyncio.run(f())  # awaitify: ignore[{}]\n"
ON_DEF = "def test():  # awaitify: ignore[{}]\n    asyncio.run(f())\n"


@pytest.mark.parametrize(
    "code", ["AW101", "AW1", "await-run", "aw101", "AW2, AW101", "all"]
)
@pytest.mark.parametrize("tests", [ON_RUN, ON_DEF], ids=["line", "def"])
def test_a_code_that_the_site_has(tests, code):
    assert len(kept(HEAD + tests.format(code))) == 1


def test_a_code_that_the_change_takes():
    assert kept(HEAD + ON_DEF.format("AW109")) == ["suppressed: suppressed in line 7"]


@pytest.mark.parametrize(
    "tests, code", [(ON_RUN, "AW102"), (ON_DEF, "AW102"), (ON_DEF, "inner-loop")]
)
def test_a_code_of_something_else(tests, code):
    text = HEAD + tests.format(code)
    assert [each.rule for each in found(text, MIGRATE)] == ["AW101"]
    assert [each.rule for each in found(text, REPORT)] == ["unused-suppression"]


def test_a_reason_is_silenced():
    text = HEAD + "def test():\n    lambda: asyncio.run(f())  # awaitify: ignore[{}]\n"
    assert told(text.format("drive-in-lambda"), SUPPRESSED) == [
        "8 AW101 [drive-in-lambda] suppressed in line 8"
    ]
    assert not notes(text.format("drive-in-lambda"))
    assert [each.reason for each in found(text.format("AW2"), LEFT)]


# What hangs on it


def test_the_rest_of_a_function_is_left_and_says_why():
    text = HEAD + (
        "def test():\n    x = asyncio.run(f())  # awaitify: ignore[AW101] -- slow\n"
        "    assert asyncio.run(f()) == x\n"
    )
    assert kept(text) == [
        "suppressed: suppressed in line 8: slow",
        "left: suppressed in line 8: slow",
    ]
    assert [each.reason for each in found(text, LEFT)] == ["pinned"]


def test_tests_of_another_function_are_migrated():
    more = "\ndef test_b():\n    asyncio.run(f())\n"
    done = "\n@pytest.mark.asyncio\nasync def test_b():\n    await f()\n"
    check(HEAD + ON_RUN.format("AW1") + more, HEAD + ON_RUN.format("AW1") + done)


HELPERS = {
    "tests/helpers.py": (
        "import asyncio\n\nfrom app import f\n\ndef make():{}\n"
        "    print()\n    return asyncio.run(f())\n"
    ),
    "tests/test_it.py": (
        "import asyncio\n\nfrom app import f\nfrom helpers import make\n\n"
        "def test_make():{}\n    assert make() == asyncio.run(f())\n"
    ),
}


def helpers(one: str = "", other: str = "") -> dict[str, str]:
    """Return a helper and its test, with comments."""
    texts = zip(HELPERS.items(), (one, other), strict=True)
    return {path: text.format(comment) for (path, text), comment in texts}


@pytest.mark.parametrize("word", ["ignore", "ignore[AW108]", "skip-file"])
def test_callers_of_a_helper_are_held_back(word):
    assert kept(helpers(f"  # awaitify: {word} -- so")) == [
        "suppressed: suppressed in line 5: so",
        "left: make stays sync (tests/helpers.py): suppressed in line 5: so",
    ]


@pytest.mark.parametrize("word", ["ignore", "skip-file"])
def test_a_caller_is_not_made_to_drive_a_helper(word):
    left, suppressed = kept(helpers("", f"  # awaitify: {word}"))
    assert left.startswith("left: a caller stays sync (tests/test_it.py:7): suppressed")
    assert suppressed == "suppressed: suppressed in line 6"


def test_a_call_of_a_helper():
    files = helpers()
    files["tests/test_it.py"] += "\ndef test_b():\n    make()  # awaitify: ignore\n"
    assert "left: a caller stays sync (tests/test_it.py:10): suppressed in line 10" in (
        kept(files)
    )


RUNNER = {
    "tests/helpers.py": "import asyncio\n\n"
    "def run(coro):{}\n    return asyncio.run(coro)\n",
    "tests/test_it.py": "import pytest\n\nfrom app import f\n"
    "from helpers import run\n\n"
    "def test():\n    run(f())\n",
}


@pytest.mark.parametrize("word", ["ignore", "ignore[AW101]", "skip-file"])
def test_a_runner_stays_without_its_callers(word):
    comment = f"  # awaitify: {word}"
    before = {path: text.format(comment) for path, text in RUNNER.items()}
    after = (
        "import pytest\n\nfrom app import f\n\n"
        "@pytest.mark.asyncio\nasync def test():\n    await f()\n"
    )
    check(before, {"tests/test_it.py": after})
    assert not notes(before)


def test_an_import_stays():
    before = HEAD.replace("import asyncio", "import asyncio  # awaitify: ignore -- x")
    after = "\n@pytest.mark.asyncio\nasync def test():\n    await f()\n"
    check(before + "def test():\n    asyncio.run(f())\n", before + after.lstrip("\n"))


CASES = {
    "tests/base.py": (
        "import asyncio\nimport unittest\n\nclass Base(unittest.TestCase):{}\n"
        "    def setUp(self):\n        self.loop = asyncio.new_event_loop()\n\n"
        "    def tearDown(self):\n        self.loop.close(){}\n"
    ),
    "tests/test_it.py": (
        "from app import f\nfrom base import Base\n\nclass Test(Base):{}\n"
        "    def test(self):\n        self.loop.run_until_complete(f())\n\n"
        "    def test_b(self):\n        self.loop.run_until_complete(f()){}\n"
    ),
}


@pytest.mark.parametrize("place", range(4))
def test_tests_that_share_a_loop_stay_together(place):
    comments = iter(["  # awaitify: ignore" if n == place else "" for n in range(4)])
    files = {
        p: text.format(next(comments), next(comments)) for p, text in CASES.items()
    }
    lines = kept(files)
    assert len(lines) == 2
    assert all("suppressed in line" in each for each in lines)
    assert {each.reason for each in found(files, LEFT)} <= {"pinned"}
    assert not notes(files)


def test_overrides_stay_together():
    text = HEAD + (
        "class TestA:\n    def make(self):\n        return asyncio.run(f())\n\n"
        "    def test(self):\n        self.make()\n\n"
        "class TestB(TestA):\n    def make(self):  # awaitify: ignore\n"
        "        return asyncio.run(f())\n"
    )
    assert sorted(kept(text)) == [
        "left: TestB::make stays: suppressed in line 15",
        "suppressed: suppressed in line 15",
    ]


def test_a_test_that_passes_without_running():
    text = (
        "import unittest\n\nclass Test(unittest.TestCase):\n"
        "    async def test(self):  # awaitify: ignore[AW205]\n        assert 0\n"
    )
    assert kept(text) == ["suppressed: suppressed in line 4"]


def test_what_was_not_chosen_is_not_edited_either():
    files = helpers()
    chosen = frozenset({"tests/helpers.py"})
    assert not migrate(sources(files, selected=chosen)).results
    files = {path: text.format("", "") for path, text in CASES.items()}
    chosen = frozenset({"tests/test_it.py"})
    assert not migrate(sources(files, selected=chosen)).results


# What is said of comments


@pytest.mark.parametrize(
    "comment, message",
    {
        "ingore[AW101]": "no comment 'ingore'; did you mean ignore?",
        "skip_file": "no comment 'skip_file'; did you mean skip-file?",
        "ignore AW101": "'ignore AW101' is not understood: it reads "
        "`# awaitify: ignore[CODES] -- reason`, or `skip-file` instead of `ignore`",
        "ignore[]": "it names no code between its brackets",
        "ignore[AW999]": "no rule or refusal code 'AW999'; did you mean AW109?",
        "ignore[AW2,inner_loop]": "no rule or refusal code 'inner_loop'; "
        "did you mean inner-loop?",
        "skip-file[AW1]": "skip-file takes no codes: it leaves all of the file",
    }.items(),
)
def test_what_is_not_understood_leaves_all_it_may_mean(comment, message):
    text = HEAD + f"def test():\n    asyncio.run(f())  # awaitify: {comment}\n"
    assert kept(text) == ["suppressed: suppressed in line 8"]
    assert notes(text) == [f"8 invalid-suppression: {message}"]


def test_unused():
    text = HEAD + (
        "def test():  # awaitify: ignore[AW101,AW2,AW110]\n    asyncio.run(f())\n\n"
        "x = 1  # awaitify: ignore[AW1]\n\n"
        "def other():\n    pass\n    # awaitify: ignore\n"
    )
    assert notes(text) == [
        "7 unused-suppression: AW2 suppresses nothing here",
        "7 unused-suppression: AW110 suppresses nothing here",
        "10 unused-suppression: it suppresses nothing, and can go",
        "14 unused-suppression: no statement follows it in its block: "
        "it suppresses nothing",
    ]


def test_what_another_comment_keeps_is_not_unused():
    files = helpers("", "  # awaitify: ignore")
    files["tests/test_it.py"] += (
        "\ndef test_b():\n    make()  # awaitify: ignore[AW108]\n"
        "    x = 1  # awaitify: ignore\n"
    )
    assert notes(files) == ["11 unused-suppression: it suppresses nothing, and can go"]


def test_unused_where_nothing_drives():
    assert notes("x = 1  # awaitify: ignore\n") == [
        "1 unused-suppression: it suppresses nothing, and can go"
    ]


def test_a_comment_of_rules_that_were_not_chosen_is_not_unused():
    text = texts(HEAD + "def test():  # awaitify: ignore[AW2]\n    asyncio.run(f())\n")
    for chosen, count in ((frozenset({"AW101", "AW109"}), 0), (None, 1)):
        plan = migrate(sources(text), Settings(Choice(chosen))).plan
        assert [each.status for each in plan.findings].count(REPORT) == count


# The command

SUPPRESSED_FILE = """\
import asyncio


async def f():
    return 1


def test_a():
    assert asyncio.run(f()) == 1  # awaitify: ignore[AW101] -- it is slow


def test_b():
    assert asyncio.run(f()) == 1
"""


def test_the_summary_counts_them_apart(tmp_path: Path):
    root = make(tmp_path / "p", test_it=SUPPRESSED_FILE)
    done = run(root, "check")
    assert "awaitify:" not in done.stdout and ":9:" not in done.stdout
    assert "2 sites found: 1 can be migrated, 0 left, 1 suppressed.\n" in done.stdout
    told = run(root, "check", "-v").stdout.splitlines()
    assert told[0] == (
        "test_it.py:9:12: AW101 suppressed: suppressed in line 9: it is slow [test_a]"
    )
    data = json.loads(run(root, "check", "--format", "json").stdout)
    assert data["summary"]["suppressed"] == 1
    [finding] = [each for each in data["findings"] if each["status"] == "suppressed"]
    assert finding["message"] == "suppressed in line 9: it is slow"


def test_strict_does_not_count_them(tmp_path: Path):
    text = SUPPRESSED_FILE.partition("def test_b")[0]
    root = make(tmp_path / "p", test_it=text, test_c="x = 1  # awaitify: ignore\n")
    done = run(root, "check", "--strict")
    assert done.returncode == 0
    assert "unused-suppression report: it suppresses nothing" in done.stdout
    assert (
        "1 site found: 0 can be migrated, 0 left, 1 to look at, 1 suppr" in done.stdout
    )


def test_fix_and_a_stored_plan_respect_them(tmp_path: Path):
    root = make(tmp_path / "p", test_it=SUPPRESSED_FILE)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    run(root, "check", "--plan", str(tmp_path / "plan"))
    assert run(root, "fix").returncode == 0
    fixed = (root / "test_it.py").read_text()
    line = "    assert asyncio.run(f()) == 1  # awaitify: ignore[AW101] -- it is slow\n"
    assert line in fixed and "async def test_b" in fixed
    assert run(root, "fix", "--allow-dirty").returncode == 0
    assert (root / "test_it.py").read_text() == fixed
    (root / "test_it.py").write_text(SUPPRESSED_FILE)
    plan = str(tmp_path / "plan")
    assert run(root, "fix", "--allow-dirty", "--from-plan", plan).returncode == 0
    assert (root / "test_it.py").read_text() == fixed


@pytest.mark.parametrize("word", ["unused-suppression", "invalid-suppression"])
def test_what_is_said_is_explained(tmp_path: Path, word):
    assert word in run(tmp_path, "rules").stdout
    assert run(tmp_path, "explain", word).stdout.startswith(f"## {word}\n")
