"""Evidence is stored, read again, and used where the command line names it."""

import json

import pytest

from awaitify_codemods.evidence import Evidence, EvidenceError, Ran, SeenDrive, SeenMock
from tests.command import run
from tests.traps.test_evidence import AFTER, FILES, seen

EVIDENCE = Evidence(
    {"a.py": "0f"},
    {"a.py::test": Ran(("a.py", 3), "passed")},
    (
        SeenDrive(
            "dependency",
            None,
            "run",
            False,
            True,
            ("work",),
            (("a.py", 3), ("b.py", 9)),
            ("a.py::test",),
            "asgiref",
        ),
    ),
    (SeenMock("awaited", "MagicMock", "mock.x", ("a.py", 1), None, ("a.py::test",)),),
)


@pytest.fixture
def root(tmp_path):
    """Return a project, with the evidence of a run beside it."""
    root = tmp_path / "p"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    for name, text in FILES.items():
        (root / name).write_text(text)
    write(root, seen().evidence().as_json())
    return root


def write(root, data):
    """Write evidence beside a project."""
    (root.parent / "seen.json").write_text(json.dumps(data))


def fix(root, *arguments):
    """Fix a project with the evidence beside it."""
    return run(root, "fix", "--evidence", "../seen.json", *arguments)


def test_read_as_it_was_written():
    assert Evidence.from_json(json.loads(json.dumps(EVIDENCE.as_json()))) == EVIDENCE


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"schema": 1},
        EVIDENCE.as_json() | {"schema": 0},
        EVIDENCE.as_json() | {"files": []},
        EVIDENCE.as_json() | {"files": {"a.py": 1}},
        EVIDENCE.as_json() | {"tests": {"a": {"function": ["a.py"], "outcome": "x"}}},
        EVIDENCE.as_json() | {"tests": {"a": {"function": ["a.py", "1"]}}},
        EVIDENCE.as_json() | {"drives": [{}]},
        EVIDENCE.as_json() | {"drives": [{"by": "app", "at": "a.py:3"}]},
        EVIDENCE.as_json() | {"mocks": 3},
    ],
)
def test_what_is_no_evidence(data):
    with pytest.raises(EvidenceError):
        Evidence.from_json(data)


def test_the_command_uses_it(root):
    done = fix(root)
    assert done.returncode == 0
    assert (root / "test_it.py").read_text() == AFTER
    assert "note" not in done.stderr.replace("note: no git work tree", "")


def test_the_cache_knows_it(root, tmp_path):
    kept = "--cache-dir", str(tmp_path / "kept")
    assert "2 left" in run(root, "check", *kept).stdout
    assert "1 left" in run(root, "check", *kept, "--evidence", "../seen.json").stdout
    assert "2 left" in run(root, "check", *kept).stdout


def test_files_that_have_changed_are_named(root):
    with open(root / "app.py", "a") as file:
        file.write("# more\n")
    done = fix(root)
    assert "not the files that the evidence is of (app.py): " in done.stderr
    assert (root / "test_it.py").read_text() == FILES["test_it.py"]


def test_files_that_cannot_be_used(root):
    for text in ("", "{", "[]", '{"schema": 1}', "[" * 9999):
        (root.parent / "seen.json").write_text(text)
        done = fix(root)
        assert done.returncode == 2
        assert "--evidence: ../seen.json: " in done.stderr
    (root.parent / "seen.json").unlink()
    assert "seen.json: No such file" in fix(root).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from-plan", "plan.json"), "--evidence would have no effect"),
        (("--output", "../seen.json"), "--output would overwrite the evidence"),
        (("--plan", "../seen.json"), "--plan would overwrite the evidence"),
    ],
)
def test_what_makes_no_sense_with_it(root, arguments, message):
    done = fix(root, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_it_is_no_key(root):
    (root / "pyproject.toml").write_text('[tool.awaitify]\nevidence = "seen.json"\n')
    done = run(root, "check")
    assert done.returncode == 2
    assert "'evidence' is for the command line" in done.stderr
