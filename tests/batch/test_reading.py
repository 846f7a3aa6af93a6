"""What is wrong with a batch file is said with its line; the other entries go on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from awaitify.batch import reading
from awaitify.batch.entries import Batch
from awaitify.batch.templates import TemplateError, words
from awaitify.toml import ConfigError
from tests.batch.projects import again, batch


def read(folder: Path, text: str) -> Batch:
    for name in ("a", "b"):
        (folder / name).mkdir(exist_ok=True)
    path = folder / "batch.toml"
    path.write_bytes(text.encode())
    return reading.read(path)


GOOD = '\n[[entry]]\npath = "a"\n'


@pytest.mark.parametrize(
    "line, said",
    [
        ('pth = "b"', "unknown key 'pth'; did you mean path"),
        ('url = "--upload-pack=touch x"', "begins like a flag"),
        ('url = "ext::sh -c touch% x"', "is no URL"),
        ('url = "ext::https://x/y"', "is no URL"),
        ('url = "fd::7"', "is no URL"),
        ('url = "../b"', "is no URL"),
        ('path = "../b"', "leads out of the file's folder"),
        ('path = "b/../../x"', "leads out of the file's folder"),
        ('path = "out"', "a link leads out of the file's folder"),
        ('path = "nowhere"', "is no folder"),
        ('glob = "/tmp/*"', "must be relative"),
        ('glob = "../*"', "leads out"),
        ('glob = "o*t"', "a link leads out"),
        ('glob = "nothing*"', "no folder is like"),
        ('path = "b"\nurl = "https://x/y"', "one of path, glob and url"),
        ('name = "x"', "one of path, glob and url"),
        ('path = "b"\nname = "../x"', "cannot be part of a file's name"),
        ('path = "b"\nname = "x/y"', "cannot be part of a file's name"),
        ('path = "b"\nname = ".."', "cannot be part of a file's name"),
        ('path = "b"\nname = "-x"', "cannot be part of a branch's name"),
        ('path = "b"\nname = "x y"', "cannot be part of a branch's name"),
        ('path = "b"\nname = "x.lock"', "cannot be part of a branch's name"),
        ('path = "b"\nname = "x\\u001b[2J"', "has a control character"),
        ('path = "b"\nname = "x\\ny"', "has a control character"),
        ('path = "b"\nref = "--output=x"', "begins like a flag"),
        ('path = "b"\npaths = ["../a"]', "leads out of the entry"),
        ('path = "b"\npaths = ["/etc"]', "leads out of the entry"),
        ('path = "b"\npaths = ["-x"]', "begins like a flag"),
        ('path = "b"\nflags = ["--selct=AW1"]', "--selct"),
        ('path = "b"\nflags = ["/etc"]', "a path is not for the flags"),
        ('path = "b"\nflags = ["--output=x"]', "--output is not for the flags"),
        ('path = "b"\nflags = ["--dry-run"]', "--dry-run is not for the flags"),
        ('path = "b"\nflags = ["--", "x"]', "'--' is of no use"),
        ('path = "b"\non-done = "gh pr {nme}"', "no placeholder {nme}"),
        ('path = "b"\non-done = "gh \'"', "cannot be split into words"),
        ('path = "b"\non-done = "{name}"', "must begin with the name of a program"),
        ('path = "b"\non-done = "gh {owner}"', "has {owner}, and b has none"),
        ('path = "b"\non-done = "gh {name.__class__}"', "no placeholder"),
        ('path = "b"\nbranch = "x{commit}"', "no placeholder {commit}"),
        ('path = "b"\nbranch = "-{name}"', "would be read as a flag"),
        ('path = "b"\nmemory = 5', "must be a size"),
        ('path = "b"\ntimeout = 0', "above 0"),
        ('path = "b"\ntimeout = nan', "above 0"),
        ('path = "b"\nprove = "yes"', "must be true or false"),
        ('path = "b"\nprove = true\ncommand = "x"\npython = "y"', "one of them runs"),
        ('path = "b"\nname = "A"', "more than one entry has the name"),
    ],
)
def test_wrong_entries(tmp_path: Path, line: str, said: str):
    (tmp_path / "out").symlink_to("/")
    good = GOOD + 'name = "good"\n' + GOOD
    found = read(tmp_path, f"{good}\n[[entry]]\n{line}\n")
    assert said in found.mistakes[0].message
    assert found.mistakes[-1].line >= 8
    # The others are done.
    assert "good" in [entry.name for entry in found.entries]


@pytest.mark.parametrize(
    "text, line, said",
    [
        ("[batch]\n\njobz = 1" + GOOD, 3, "unknown key 'jobz'; did you mean jobs?"),
        ("[batch]\njobs = 0" + GOOD, 2, "above 0"),
        ("[btch]" + GOOD, 1, "unknown table 'btch'; did you mean batch?"),
        ("[batch]\npatches = '../x'" + GOOD, 2, "leads out"),
        ("[batch]\njobs=1\nreports = 'out'" + GOOD, 3, "a link leads out"),
        ("[batch\n", 1, ""),
        ("", 1, "names no [[entry]]"),
    ],
)
def test_a_wrong_batch(tmp_path: Path, text: str, line: int, said: str):
    (tmp_path / "out").symlink_to("/")
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert (error.value.line, said in error.value.message) == (line, True)


def test_an_entry_has_what_the_batch_says_unless_it_says_otherwise(tmp_path: Path):
    text = (
        '[batch]\ntimeout = 9\nbranch = "x/{name}"\nmemory = "1.5 GiB"\nowner = "@a"\n'
        'on-done = "./say {owner}"\n[[entry]]\npath = "a"\ntimeout = 8\n'
        '[[entry]]\nurl = "git@host.example:team/tool.git"\n'
        f'[[entry]]\npath = "{tmp_path / "b"}"\nname = "c"\n'
    )
    a, tool, c = read(tmp_path, text).entries
    assert (a.name, a.timeout, a.branch, a.memory) == ("a", 8, "x/a", 3 << 29)
    # Beside the file, not in the work tree where it runs.
    assert a.on_done == (str(tmp_path / "say"), "{owner}")
    assert (tool.name, tool.is_url, tool.timeout) == ("tool", True, 9)
    assert c.source == str(tmp_path / "b")


def test_a_wrong_folder_of_a_pattern_stops_no_other(tmp_path: Path):
    for name in (".venv", "-x", "c\nd", "e\x1b[2J"):
        (tmp_path / "many" / name).mkdir(parents=True)
    os.mkdir(os.fsencode(tmp_path / "many") + b"/\xff")
    (tmp_path / "many/good, too").mkdir()
    (tmp_path / "many/out").symlink_to("/")
    found = read(tmp_path, '[[entry]]\nglob = "many/*"\n')
    assert [entry.name for entry in found.entries] == ["many--x", "many-good,-too"]
    assert len(found.mistakes) == 4
    done = again(tmp_path, what="status")
    assert "\x1b" not in done.stderr and len(done.stderr.splitlines()) == 4


def test_a_value_cannot_become_a_flag():
    with pytest.raises(TemplateError, match="would be read as a flag"):
        words(("gh", "{owner}"), {"owner": "--web"})
    said = words(("gh", "--assignee={owner}", "{{x}}"), {"owner": "--web"})
    assert said == ["gh", "--assignee=--web", "{x}"]


def test_shards_are_disjoint_and_complete(tmp_path: Path):
    names = [f"e{number}" for number in range(20)]
    for name in names:
        (tmp_path / name).mkdir()
    text = "".join(f'[[entry]]\npath = "{name}"\n' for name in names)
    batch(tmp_path, text, what="status")
    found = []
    for shard in ("1/3", "2/3", "3/3"):
        told = again(tmp_path, "--shard", shard, what="status").stdout
        found += [line.split()[0] for line in told.splitlines() if "pending" in line]
    assert sorted(w for w in found if w in names) == sorted(names)
    assert again(tmp_path, "--shard", "4/3", what="status").returncode == 2
    assert again(tmp_path, "e1", "ex", what="run").returncode == 2
    assert not (tmp_path / ".batch.batch").exists()


@pytest.mark.parametrize("form", ["text", "md", "html", "json"])
def test_a_summary_shows_names_and_runs_none_of_them(tmp_path: Path, form: str):
    name = "<script>alert(1)<|@all"
    text = f"[[entry]]\npath = 'a'\nowner = '{name}'\n[[entry]]\nx = '\\u001b'\n"
    (tmp_path / "a").mkdir()
    done = batch(tmp_path, text, "--format", form, what="status")
    assert done.returncode == 2
    assert "\x1b" not in done.stdout + done.stderr
    if form in ("html", "md"):
        assert "<script>" not in done.stdout
    output = tmp_path / "out"
    again(tmp_path, "--format", form, "--output", os.fspath(output), what="status")
    assert output.read_text() == done.stdout


def test_the_example_is_right(tmp_path: Path):
    for name in ("packages/a", "packages/b", "services/shop"):
        (tmp_path / name).mkdir(parents=True)
    example = Path(__file__).parents[2] / "examples/monorepo.toml"
    text = example.read_text(encoding="utf-8").replace("# on-done", "on-done")
    (tmp_path / "batch.toml").write_text(text, encoding="utf-8")
    found = reading.read(tmp_path / "batch.toml")
    assert not found.mistakes
    assert [entry.name for entry in found.entries] == [
        "packages-a",
        "packages-b",
        "services-shop",
        "client",
    ]
