"""How a file says ``AsyncMock``, shown by a rule that puts it in all places."""

from __future__ import annotations

import pytest

from awaitify_codemods import Choice, Meta, Rule, Safety, Settings, migrate
from awaitify_codemods.facts.module import dotted
from awaitify_codemods.mocks.spelling import spell_mock
from awaitify_codemods.plan import LEFT
from awaitify_codemods.rule import Decision
from tests.traps.support import sources, texts

CODE = "ZZ901"


class AsyncMocks(Rule):
    """Whatever is called MagicMock becomes an AsyncMock."""

    META = Meta(CODE, "async-mocks", "All.", Safety.SAFE, (b"MagicMock",), ())

    def decide(self, work):
        for module in work.mentioning("MagicMock"):
            for call in module.calls:
                name = dotted(call.func).rpartition(".")[2]
                near = None if name == "anew" else call
                if name not in ("MagicMock", "anew", "MM"):
                    continue
                spelled = spell_mock(work, module, module.at[call], "AsyncMock", near)
                if spelled is None:
                    yield Decision.left(module, call, "name-taken", "taken")
                    continue
                yield Decision(
                    module,
                    call,
                    "rename",
                    {"to": spelled.text},
                    (call.func,),
                    spelled.uses,
                    spelled.imports,
                )


def spelled(before: str, **more: str) -> str | None:
    """Return the file with other mocks; None where it is left."""
    files = texts({"test_it.py": before, **more})
    settings = Settings(Choice(frozenset({CODE})), others=(AsyncMocks,))
    migrated = migrate(sources(files), settings)
    assert not migrated.errors and not migrated.bugs and not migrated.failures
    if any(each.status == LEFT for each in migrated.plan.findings):
        assert not migrated.results
        return None
    return (migrated.results["test_it.py"] or b"").decode()


STYLES = {
    "by name": (
        "from unittest.mock import MagicMock\n\nx = MagicMock()\n",
        "from unittest.mock import AsyncMock\n\nx = AsyncMock()\n",
    ),
    "by name, beside others": (
        "from unittest.mock import MagicMock, patch\n\nx = MagicMock(patch)\n",
        "from unittest.mock import AsyncMock, patch\n\nx = AsyncMock(patch)\n",
    ),
    "by name, still used": (
        "from unittest.mock import ANY, MagicMock\n\nx = MagicMock(MagicMock, ANY)\n",
        "from unittest.mock import ANY, AsyncMock, MagicMock\n\n"
        "x = AsyncMock(MagicMock, ANY)\n",
    ),
    "by a name that is there": (
        "from unittest.mock import AsyncMock as AM, MagicMock\n\nx = MagicMock(AM)\n",
        "from unittest.mock import AsyncMock as AM\n\nx = AM(AM)\n",
    ),
    "by another name": (
        "from unittest.mock import MagicMock as MM\n\nx = MM()\n",
        "from unittest.mock import AsyncMock\n\nx = AsyncMock()\n",
    ),
    "on lines of their own": (
        "from unittest.mock import (\n    MagicMock,\n    patch,  # why\n)\n\n"
        "x = MagicMock(MagicMock, patch)\n",
        "from unittest.mock import (\n    AsyncMock,\n    MagicMock,\n"
        "    patch,  # why\n)\n\nx = AsyncMock(MagicMock, patch)\n",
    ),
    "by the module": (
        "from unittest import mock\n\nx = mock.MagicMock()\n",
        "from unittest import mock\n\nx = mock.AsyncMock()\n",
    ),
    "by the module's other name": (
        "import unittest.mock as um\n\nx = um.MagicMock()\n",
        "import unittest.mock as um\n\nx = um.AsyncMock()\n",
    ),
    "by the package": (
        "import unittest.mock\n\nx = unittest.mock.MagicMock()\n",
        "import unittest.mock\n\nx = unittest.mock.AsyncMock()\n",
    ),
    "by both": (
        "from unittest import mock\nfrom unittest.mock import MagicMock\n\n"
        "x = mock.MagicMock(MagicMock())\n",
        "from unittest import mock\nfrom unittest.mock import AsyncMock\n\n"
        "x = mock.AsyncMock(AsyncMock())\n",
    ),
    "of the backport": (
        "from mock import MagicMock\n\nx = MagicMock()\n",
        "from mock import AsyncMock\n\nx = AsyncMock()\n",
    ),
    "of the backport, by the module": (
        "import mock\n\nx = mock.MagicMock()\n",
        "import mock\n\nx = mock.AsyncMock()\n",
    ),
    "of the backport if it is there": (
        "try:\n    import mock\nexcept ImportError:\n    from unittest import mock\n\n"
        "x = mock.MagicMock()\n",
        "try:\n    import mock\nexcept ImportError:\n    from unittest import mock\n\n"
        "x = mock.AsyncMock()\n",
    ),
    "pytest-mock": (
        "def test(mocker):\n    x = mocker.MagicMock()\n",
        "def test(mocker):\n    x = mocker.AsyncMock()\n",
    ),
    "pytest-mock in a fixture of a module": (
        "import pytest\n\n\n@pytest.fixture\ndef fix(module_mocker):\n"
        "    return module_mocker.MagicMock()\n",
        "import pytest\n\n\n@pytest.fixture\ndef fix(module_mocker):\n"
        "    return module_mocker.AsyncMock()\n",
    ),
    "within an inner function": (
        "def test(mocker):\n    def f():\n        return mocker.MagicMock()\n",
        "def test(mocker):\n    def f():\n        return mocker.AsyncMock()\n",
    ),
    "imported in a function": (
        "def test():\n    from unittest import mock\n    mock.MagicMock()\n",
        "def test():\n    from unittest import mock\n    mock.AsyncMock()\n",
    ),
    "a name imported in a function": (
        "def test():\n    from unittest.mock import AsyncMock, MagicMock\n"
        "    MagicMock(AsyncMock)\n",
        "def test():\n    from unittest.mock import AsyncMock\n"
        "    AsyncMock(AsyncMock)\n",
    ),
    "a name imported in another function": (
        "from unittest.mock import MagicMock\n\n\ndef other():\n"
        "    from unittest.mock import AsyncMock\n    AsyncMock()\n\n\n"
        "def test():\n    MagicMock()\n",
        "from unittest.mock import AsyncMock\n\n\ndef other():\n"
        "    from unittest.mock import AsyncMock\n    AsyncMock()\n\n\n"
        "def test():\n    AsyncMock()\n",
    ),
    "a name for type checkers": (
        "from typing import TYPE_CHECKING\nfrom unittest.mock import MagicMock\n\n"
        "if TYPE_CHECKING:\n    from unittest.mock import AsyncMock\n\n"
        "x = MagicMock()\n",
        "from typing import TYPE_CHECKING\nfrom unittest.mock import AsyncMock\n\n"
        "if TYPE_CHECKING:\n    from unittest.mock import AsyncMock\n\n"
        "x = AsyncMock()\n",
    ),
    "a name with something to fall back on": (
        "try:\n    from unittest.mock import AsyncMock\nexcept ImportError:\n"
        "    from asyncmock import AsyncMock\nfrom unittest.mock import MagicMock\n\n"
        "x = MagicMock(AsyncMock)\n",
        "try:\n    from unittest.mock import AsyncMock\nexcept ImportError:\n"
        "    from asyncmock import AsyncMock\n\n"
        "x = AsyncMock(AsyncMock)\n",
    ),
    "a class of its own, and the module": (
        "from unittest.mock import MagicMock\nfrom unittest import mock\n\n"
        "class AsyncMock(mock.Mock): pass\n\nx = MagicMock()\n",
        "from unittest import mock\n\n"
        "class AsyncMock(mock.Mock): pass\n\nx = mock.AsyncMock()\n",
    ),
    "a class of its own": (
        "from unittest.mock import MagicMock\n\n"
        "class AsyncMock(MagicMock): pass\n\nx = MagicMock()\n",
        "from unittest import mock\nfrom unittest.mock import MagicMock\n\n"
        "class AsyncMock(MagicMock): pass\n\nx = mock.AsyncMock()\n",
    ),
    "a parameter of this name": (
        "from unittest.mock import MagicMock\n\n\n"
        "def f(AsyncMock):\n    return MagicMock(AsyncMock)\n",
        "from unittest import mock\n\n\n"
        "def f(AsyncMock):\n    return mock.AsyncMock(AsyncMock)\n",
    ),
    "anew": (
        "from unittest.mock import patch\n\n# MagicMock\nx = anew(patch)\n",
        "from unittest.mock import AsyncMock, patch\n\n# MagicMock\n"
        "x = AsyncMock(patch)\n",
    ),
    "anew, by the module": (
        "from unittest import mock\n\n# MagicMock\nx = anew(mock)\n",
        "from unittest import mock\n\n# MagicMock\nx = mock.AsyncMock(mock)\n",
    ),
    "anew, by the package": (
        "import unittest\nimport unittest.mock\n\n# MagicMock\n"
        "x = anew(unittest.mock)\n",
        "import unittest\nimport unittest.mock\n\n# MagicMock\n"
        "x = unittest.mock.AsyncMock(unittest.mock)\n",
    ),
    "anew, with pytest-mock": (
        "def test(mocker):\n    anew()  # MagicMock\n",
        "def test(mocker):\n    mocker.AsyncMock()  # MagicMock\n",
    ),
    "anew, beside unittest": (
        "import unittest\n\n# MagicMock\nx = anew(unittest)\n",
        "import unittest\nfrom unittest.mock import AsyncMock\n\n# MagicMock\n"
        "x = AsyncMock(unittest)\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), STYLES.values(), ids=STYLES)
def test_styles(before: str, after: str):
    assert spelled(before) == after


def test_names_that_come_by_way_of_the_project():
    compat = "from unittest import mock\nfrom unittest.mock import MagicMock\n"
    before = "from compat import MagicMock\n\nx = MagicMock()\n"
    after = "from unittest.mock import AsyncMock\n\nx = AsyncMock()\n"
    assert spelled(before, **{"compat.py": compat}) == after
    before = "from compat import mock\n\nx = mock.MagicMock()\n"
    after = before.replace("MagicMock", "AsyncMock")
    assert spelled(before, **{"compat.py": compat}) == after


def test_a_module_of_the_project_that_has_it():
    before = "import compat\n\nx = compat.MagicMock()\n"
    compat = "from unittest.mock import AsyncMock, MagicMock\n"
    after = before.replace("MagicMock", "AsyncMock")
    assert spelled(before, **{"compat.py": compat}) == after
    after = "from unittest.mock import AsyncMock\n\n\nx = AsyncMock()\n"
    compat = "from unittest.mock import MagicMock\n"
    assert (spelled(before, **{"compat.py": compat}) or "").split() == after.split()


TAKEN = {
    "both names": "from unittest.mock import MagicMock\n\n"
    "def AsyncMock(): pass\n\nmock = 1\nx = MagicMock()\n",
    "rebound": "from unittest.mock import MagicMock\n\nmock = 1\n"
    "from unittest.mock import AsyncMock\nAsyncMock = 1\nx = MagicMock()\n",
    "of another library": "from unittest.mock import MagicMock\n"
    "from asynctest import CoroutineMock as AsyncMock, mock\n\n"
    "x = MagicMock(AsyncMock, mock)\n",
    "imports are below": "from unittest.mock import MagicMock\n\nx = MagicMock()\n\n"
    "from unittest.mock import AsyncMock\n\ny = AsyncMock()\n",
    "of either library": "try:\n    from mock import MagicMock\n"
    "except ImportError:\n    from unittest.mock import MagicMock\n\nx = MagicMock()\n",
}


@pytest.mark.parametrize("before", TAKEN.values(), ids=TAKEN)
def test_names_that_are_taken(before: str):
    assert spelled(before) is None


def test_a_mocker_of_the_project():
    before = "def test(mocker):\n    x = mocker.MagicMock()\n"
    conftest = "import pytest\n\n\n@pytest.fixture\ndef mocker():\n    return Own()\n"
    after = spelled(before, **{"conftest.py": conftest})
    assert after is not None and "mocker.AsyncMock" not in after


def test_stars_that_bring_another_one():
    before = "from helpers import *\n\n\ndef test():\n    x = MagicMock()\n"
    helpers = (
        "from unittest.mock import MagicMock\n\n\nclass AsyncMock(MagicMock): pass\n"
    )
    after = spelled(before, **{"helpers.py": helpers}) or ""
    assert "mock.AsyncMock()" in after
    assert "from unittest import mock\n" in after
