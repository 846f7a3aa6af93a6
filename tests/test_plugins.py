"""Codemods of other distributions: found, run, held to the same promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "acme-codemods"

SUITE = """\
import pytest

from acme.testing import spin


@pytest.mark.asyncio
async def test_turn():
    await spin()


@pytest.mark.asyncio
async def test_turns():
    await spin(3)
"""
DONE = """\
import asyncio

import pytest

from acme.testing import spin


@pytest.mark.asyncio
async def test_turn():
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_turns():
    await spin(3)
"""
RULE = """
    from awaitify_codemods import Decision, Meta, Rule, Safety

    class Renaming(Rule):
        '''Rename what is called old.'''
        META = Meta(
            {code!r}, {name!r}, "Rename.", Safety.{safety}, (b"old",), ()
        )
        def decide(self, work):
            for module in work.mentioning("old"):
                for node in module.functions:
                    if "old" in node.name:
                        {action}
    RULES = [Renaming]
"""
DROP_TESTS = 'yield Decision(module, node, "remove", removes=(node,), message="gone")'


def install(folder: Path, rules: Path | str, value: str = "rules:RULES") -> Path:
    """Make a folder for sys.path with an installed distribution."""
    folder.mkdir(exist_ok=True)
    if isinstance(rules, str):
        (folder / "rules.py").write_text(dedent(rules))
    info = folder / "house_rules-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: house-rules\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(f"[awaitify.codemods]\nhouse = {value}\n")
    return folder


def rule(code: str = "HOUSE1", action: str = "pass", **more: str) -> str:
    """Return the source of a rule that looks at functions called `old`."""
    words = {"name": "rename-old", "safety": "SAFE", **more}
    return dedent(RULE).format(code=code, action=action, **words)


def run(
    cwd: Path, *arguments: str, path: tuple[Path, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with folders on its sys.path."""
    entries = [*map(str, path), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, entries)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "awaitify", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Return a project that calls Acme's helper."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "test_turns.py").write_text(SUITE)
    return root


@pytest.fixture
def acme(tmp_path: Path) -> tuple[Path, ...]:
    """Return what makes the example an installed distribution."""
    value = "acme_codemods:RULES"
    return install(tmp_path / "site", EXAMPLE, value), EXAMPLE


def test_the_examples_own_tests_pass():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout


class TestInstalled:
    def test_takes_part_in_fix(self, suite: Path, acme: tuple[Path, ...]):
        done = run(suite, "fix", path=acme)
        assert (suite / "test_turns.py").read_text() == DONE, done.stderr
        assert "ACME101 left (unknown-value): it waits for several" in done.stdout
        assert done.returncode == 0
        again = run(suite, "check", path=acme)
        assert again.returncode == 0
        assert "1 site found: 0 can be migrated, 1 left" in again.stdout

    def test_is_listed_and_explained(self, tmp_path: Path, acme: tuple[Path, ...]):
        assert "  ACME101 " in run(tmp_path, "rules", path=acme).stdout
        told = run(tmp_path, "explain", "ACME101", path=acme).stdout
        assert "## ACME101 sleep-zero" in told
        assert "+    await asyncio.sleep(0)" in told

    @pytest.mark.parametrize(
        ("flags", "code"),
        [
            (("--ignore", "ACME"), 0),
            (("--select", "AW"), 0),
            (("--select", "sleep-zero"), 1),
            (("--select", "ACME101"), 1),
        ],
    )
    def test_is_chosen_like_ours(
        self, suite: Path, acme: tuple[Path, ...], flags: tuple[str, ...], code: int
    ):
        assert run(suite, "check", *flags, path=acme).returncode == code

    def test_not_installed_is_not_there(self, suite: Path):
        assert run(suite, "check").returncode == 0
        assert run(suite, "check", "--select", "ACME101").returncode == 2

    def test_only_test_code_changes(self, suite: Path, acme: tuple[Path, ...]):
        (suite / "app.py").write_text(SUITE.replace("test_", "do_"))
        assert run(suite, "fix", path=acme).stdout.count("app.py") == 0
        assert (suite / "app.py").read_text() == SUITE.replace("test_", "do_")

    def test_only_chosen_files_change(self, suite: Path, acme: tuple[Path, ...]):
        (suite / "test_other.py").write_text(SUITE)
        run(suite, "fix", "test_other.py", path=acme)
        assert (suite / "test_turns.py").read_text() == SUITE
        assert (suite / "test_other.py").read_text() == DONE

    def test_beside_a_site_of_ours(self, suite: Path, acme: tuple[Path, ...]):
        (suite / "test_turns.py").write_text(
            "import asyncio\n\nfrom acme.testing import spin\n\n\n"
            "def test_turn():\n    asyncio.run(spin())\n"
        )
        run(suite, "fix", path=acme)
        assert (suite / "test_turns.py").read_text() == (
            "import asyncio\n\nimport pytest\n\n\n"
            "@pytest.mark.asyncio\n"
            "async def test_turn():\n    await asyncio.sleep(0)\n"
        )

    def test_a_stored_plan_has_its_edits(self, suite: Path, acme: tuple[Path, ...]):
        run(suite, "check", "--plan", "../plan.json", path=acme)
        run(suite, "fix", "--from-plan", "../plan.json", path=acme)
        assert (suite / "test_turns.py").read_text() == DONE

    def test_a_plan_of_what_is_not_installed(self, suite: Path, acme: tuple[Path, ...]):
        run(suite, "check", "--plan", "../plan.json", path=acme)
        done = run(suite, "fix", "--from-plan", "../plan.json")
        assert done.returncode == 2
        assert "ACME101.call-sleep" in done.stderr
        assert (suite / "test_turns.py").read_text() == SUITE


class TestSafety:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Path:
        root = tmp_path / "project"
        root.mkdir()
        (root / "test_it.py").write_text("def old():\n    pass\n")
        return root

    RENAME = (
        'yield Decision(module, node, "rename-function", {"to": "new"}, '
        'message="old becomes new")'
    )

    @pytest.mark.parametrize(
        ("safety", "flags", "code", "word"),
        [
            ("REVIEW", (), 0, "HOUSE1 review: old becomes new"),
            ("REPORT", ("--unsafe",), 0, "HOUSE1 report: old becomes new"),
        ],
    )
    def test_not_safe_is_only_told(
        self,
        project: Path,
        tmp_path: Path,
        safety: str,
        flags: tuple[str, ...],
        code: int,
        word: str,
    ):
        site = install(tmp_path / "site", rule(action=self.RENAME, safety=safety))
        done = run(project, "check", *flags, path=(site,))
        assert word in done.stdout, done.stderr
        assert done.returncode == code

    def test_unsafe_asks_for_review_changes(self, project: Path, tmp_path: Path):
        site = install(tmp_path / "site", rule(action=self.RENAME, safety="REVIEW"))
        done = run(project, "fix", "--unsafe", path=(site,))
        assert (project / "test_it.py").read_text() == "def new():\n    pass\n", done

    def test_a_test_never_disappears(self, project: Path, tmp_path: Path):
        text = "def test_old():\n    old = 1\n    assert old\n"
        (project / "test_it.py").write_text(text)
        site = install(tmp_path / "site", rule(action=DROP_TESTS))
        done = run(project, "fix", path=(site,))
        assert done.returncode == 3
        assert "the result failed a check" in done.stderr
        assert (project / "test_it.py").read_text() == text

    def test_a_rule_that_raises_costs_only_itself(self, project: Path, tmp_path: Path):
        (project / "test_run.py").write_text(
            "import asyncio\n\nfrom app import f\n\n\n"
            "def test_run():\n    asyncio.run(f())\n"
        )
        site = install(tmp_path / "site", rule(action="1 / 0"))
        done = run(project, "fix", path=(site,))
        assert done.returncode == 3
        assert "the rule HOUSE1 failed: ZeroDivisionError" in done.stderr
        assert "async def test_run" in (project / "test_run.py").read_text()
        told = json.loads(
            run(project, "check", "--format", "json", path=(site,)).stdout
        )
        assert [each["code"] for each in told["failed_rules"]] == ["HOUSE1"]

    def test_an_operation_that_raises_costs_its_file(
        self, project: Path, tmp_path: Path
    ):
        text = "def broken(node, arguments):\n    raise OSError('no luck')\n" + rule(
            action='yield Decision(module, node, "break", message="broken")'
        ).replace(
            "    def decide", '    OPERATIONS = {"break": broken}\n    def decide'
        )
        site = install(tmp_path / "site", text)
        done = run(project, "fix", path=(site,))
        assert done.returncode == 3
        assert "test_it.py:1: error: HOUSE1.break" in done.stderr
        assert "no luck" in done.stderr
        assert (project / "test_it.py").read_text() == "def old():\n    pass\n"


@pytest.mark.parametrize(
    ("rules", "value", "message"),
    [
        ("1 / 0", "rules:RULES", "ZeroDivisionError"),
        ("x = 1", "rules:RULES", "AttributeError"),
        ("", "missing:RULES", "No module named 'missing'"),
        ("RULES = 3", "rules:RULES", "3 is not a subclass of awaitify_codemods.Rule"),
        (rule("AW101"), "rules:RULES", "the code 'AW101' is not capitals"),
        (rule("nope"), "rules:RULES", "the code 'nope' is not capitals"),
        (rule(name="await-run"), "rules:RULES", "await-run is taken by awaitify"),
        (
            rule().replace("decide", "decided"),
            "rules:RULES",
            "Renaming has no method decide",
        ),
        (
            rule().replace(
                "    def decide",
                '    OPERATIONS = {"x": lambda n, a: n}\n    def decide',
            ),
            "rules:RULES",
            "the operation 'x' is not a function of a module",
        ),
    ],
)
def test_what_cannot_be_used_says_whose_it_is(
    suite: Path, tmp_path: Path, rules: str, value: str, message: str
):
    site = install(tmp_path / "site", rules, value)
    done = run(suite, "check", path=(site,))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: plugin house-rules 2.0 ({value}): ")
    assert message in done.stderr


@pytest.mark.slow
def test_the_example_installs(suite: Path, tmp_path: Path):
    site = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--target", site, EXAMPLE], check=True)
    run(suite, "fix", path=(site,))
    assert (suite / "test_turns.py").read_text() == DONE


@pytest.mark.parametrize("code, told", [("HOUSE", "suppressed"), ("AW1", "to look at")])
def test_comments_keep_code_from_them(tmp_path: Path, code: str, told: str):
    action = 'yield Decision(module, node, "", message="old", status="report")'
    path = install(tmp_path / "site", rule(action=action))
    root = tmp_path / "project"
    root.mkdir()
    text = f"def old():  # awaitify: ignore[{code}]\n    pass\n"
    (root / "test_it.py").write_text(text)
    done = run(root, "check", path=(path,))
    assert f"0 left, 1 {told}" in done.stdout.replace("2 to look", "1 to look")
