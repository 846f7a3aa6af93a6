"""Random projects: a layout, and scenes that take place in it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from tests.properties.definitions import ALL
from tests.properties.runners import Runner, runners
from tests.properties.scenes import Stage
from tests.properties.writing import Cast, File


@dataclass(frozen=True)
class Project:
    """A project as hypothesis draws it; its text follows from this alone."""

    layout: int
    scenes: tuple[tuple[str, int], ...]

    def files(self, number: int = 0) -> Mapping[str, str]:
        """Return the text of each file; `number` makes the modules' names distinct."""
        rng = Random(self.layout)
        cast = _cast(rng, number)
        current = sys.version_info < (3, 14) and rng.random() < 0.15
        drawn: list[Runner | str] = [*runners(rng, current)]
        drawn += ["get_event_loop"] if current else ["asyncio.run"] * 2
        drawn += ["new_event_loop"] * (rng.random() < 0.2)
        for name, seed in self.scenes:
            own = Random(seed)
            files = own.sample(cast.tests, len(cast.tests))
            ALL[name](Stage(cast, own, drawn, current, files))
        return _rendered(cast)


def projects(
    names: tuple[str, ...] = tuple(ALL), most: int = 6
) -> st.SearchStrategy[Project]:
    """Draw projects with scenes of these names."""
    seeds = st.integers(0, 2**31 - 1)
    scenes = st.lists(
        st.tuples(st.sampled_from(names), seeds), min_size=1, max_size=most
    )
    return st.builds(Project, seeds, scenes.map(tuple))


def _cast(rng: Random, number: int) -> Cast:
    style = Random(rng.random())
    packaged = rng.random() < 0.35
    folder, package = "tests", ""
    if packaged:
        folder, package = f"tests/suite{number}", f"suite{number}."
    names = rng.sample(["alpha", "beta", "gamma"], rng.choice((1, 2, 2, 3)))

    def file(path: str, name: str) -> File:
        return File(path, name, Random(style.random()))

    cast = Cast(
        number,
        file(f"app{number}.py", f"app{number}"),
        file(f"{folder}/helpers{number}.py", f"{package}helpers{number}"),
        [
            file(f"{folder}/test_{n}{number}.py", f"{package}test_{n}{number}")
            for n in names
        ],
    )
    if packaged:
        cast.relative = f"{folder}/__init__.py"
    return cast


def _rendered(cast: Cast) -> dict[str, str]:
    files = [cast.app, *cast.tests]
    if cast.helpers.parts:
        files.append(cast.helpers)
    found = {each.path: each.source() for each in files if each.parts}
    if cast.conftest:
        head = f"import asyncio\n\nimport pytest\n\nimport {cast.app.name}\n"
        found["tests/conftest.py"] = "\n\n".join([head, *cast.conftest])
    if cast.relative:
        found[cast.relative] = ""
    return found
