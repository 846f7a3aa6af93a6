"""Several processes: they answer in order, and a crash is one file's."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from awaitify import memory, pool

Item = tuple[str, str]

fails_alike = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


def shout(item: Item) -> str:
    name, what = item
    if what == "crash":
        os._exit(11)
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "raise":
        raise ValueError(name)
    if what == "exhaust":
        raise MemoryError
    return f"{name} in {os.getpid()}"


def note(item: Item) -> str:
    """Note when an item is begun and done, in a file that all processes share."""
    name, file = item
    with open(file, "a", 1) as notes:
        notes.write(f"begin {name}\n")
        notes.write(f"done {name}\n")
    return str(os.getpid())


def spread(
    items: list[Item], weights: list[int], workers: int = 2, budget: int = sys.maxsize
) -> list[str]:
    work = note if os.sep in items[0][1] else shout
    return [str(each) for each in pool.spread(work, items, weights, workers, budget)]


def names(answers: list[str]) -> list[str]:
    return [answer.split()[0] for answer in answers]


def test_answers_come_in_order():
    items = [(f"{n}.py", "") for n in range(6)]
    answers = spread(items, list(range(6)))
    assert names(answers) == [name for name, _ in items]
    assert str(os.getpid()) not in {answer.split()[-1] for answer in answers}


@pytest.mark.parametrize("end", ["crash", pytest.param("kill", marks=fails_alike)])
@pytest.mark.parametrize(
    "workers",
    [
        pytest.param(1, marks=pytest.mark.slow),
        2,
        pytest.param(3, marks=pytest.mark.slow),
    ],
)
def test_crash_is_blamed_on_its_item_alone(end: str, workers: int):
    items = [("a.py", ""), ("b.py", end), ("c.py", ""), ("d.py", end), ("e.py", "")]
    answers = pool.spread(shout, items, [1] * 5, workers, sys.maxsize)
    assert [answer is pool.CRASHED for answer in answers] == [0, 1, 0, 1, 0]
    assert names([str(answers[n]) for n in (0, 2, 4)]) == ["a.py", "c.py", "e.py"]


def test_exceptions_come_through():
    with pytest.raises(ValueError, match=r"b\.py"):
        spread([("a.py", ""), ("b.py", "raise")], [1, 1])
    with pytest.raises(MemoryError):
        spread([("a.py", "exhaust")], [1])


def test_the_heaviest_begins(tmp_path: Path):
    file = tmp_path / "notes"
    weights = [3, 1, 4, 1, 5]
    spread([(str(weight), str(file)) for weight in weights], weights, workers=1)
    assert file.read_text().split()[1::4] == ["5", "4", "3", "1", "1"]


@pytest.mark.parametrize("budget", [0, 6, 10])
def test_no_more_than_the_budget_at_a_time(tmp_path: Path, budget: int):
    file = tmp_path / "notes"
    weights = [8, 6, 5, 5, 4, 3, 3, 2, 1, 1]
    answers = spread(
        [(str(weight), str(file)) for weight in weights], weights, 4, budget
    )
    assert len(answers) == len(weights)
    going: list[int] = []
    for line in file.read_text().splitlines():
        what, weight = line.split()
        if what == "done":
            going.remove(int(weight))
            continue
        going.append(int(weight))
        assert sum(going) <= budget or len(going) == 1


def test_who_has_carried_enough_makes_way(tmp_path: Path):
    file = str(tmp_path / "notes")
    heavy = spread([(str(n), file) for n in range(3)], [2_000_000] * 3, 1)
    light = spread([(str(n), file) for n in range(3)], [1] * 3, 1)
    assert len(set(heavy)) == 3
    assert len(set(light)) == 1


def test_how_many_are_done_is_told():
    told: list[int] = []
    items = [(str(n), "crash" if n == 1 else "") for n in range(4)]
    pool.spread(shout, items, [1] * 4, 2, sys.maxsize, told.append)
    assert told == sorted(told)
    assert told[-1] == 4


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_process_stays():
    before = children()
    with pytest.raises(ValueError):
        spread([(str(n), "raise" if n == 2 else "") for n in range(8)], [1] * 8, 3)
    assert children() == before


def children() -> set[str]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(path.read_text().split()) if path.exists() else set()


MEMINFO = "MemTotal: 64000 kB\nMemFree: 100 kB\nMemAvailable: 32000 kB\n"


def files(root: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_memory_of_the_machine(tmp_path: Path):
    files(tmp_path, meminfo=MEMINFO)
    assert memory.free(tmp_path, tmp_path) == 32_000 * 1024


@pytest.mark.parametrize(
    "groups, limits, expected",
    [
        (
            "0::/a/b\n",
            {"memory.max": "5000", "memory.current": "1000"},
            4000,
        ),
        ("0::/a/b\n", {"memory.max": "max", "memory.current": "1"}, 32_000 * 1024),
        ("0::/a/b\n", {"memory.max": "5000", "memory.current": "9000"}, 0),
        (
            "3:cpu:/\n4:memory:/a/b\n",
            {"memory.limit_in_bytes": "7000", "memory.usage_in_bytes": "1000"},
            6000,
        ),
    ],
    ids=["version 2", "no limit", "exceeded", "version 1"],
)
@pytest.mark.parametrize("where", ["", "a", "a/b"])
def test_memory_of_a_control_group(
    tmp_path: Path, groups: str, limits: dict[str, str], expected: int, where: str
):
    files(tmp_path, meminfo=MEMINFO, self__cgroup=groups)
    top = tmp_path / "groups" / ("memory" if "memory:" in groups else "") / where
    top.mkdir(parents=True)
    for name, text in limits.items():
        (top / name).write_text(text)
    assert memory.free(tmp_path, tmp_path / "groups") == expected


def test_memory_of_this_machine():
    assert memory.free() >= 0
    assert memory.budget(1_000_000_000) < 1_000_000_000 / 600
