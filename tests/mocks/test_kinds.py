"""The kinds of real callables: read from source, as `unittest.mock` would see them."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest

from awaitify import environment
from awaitify_codemods.facts.foreign import Foreign
from awaitify_codemods.facts.index import Index
from awaitify_codemods.facts.values import External, Instance
from awaitify_codemods.mocks.kinds import kind_of, member_kind, members

# Of each, all members of all classes are asked for.
MODULES = (
    "asyncio asyncio.locks asyncio.queues asyncio.streams asyncio.base_events "
    "asyncio.tasks asyncio.subprocess asyncio.runners contextlib concurrent.futures "
    "functools http.client json json.decoder logging os os.path queue subprocess "
    "threading unittest.case unittest.async_case urllib.request shutil time"
).split()


@functools.cache
def standard() -> Index:
    found = environment.find(sys.executable, Path())
    return Index({}, foreign=Foreign(found.reader(), found.lister()))


def project(files: dict[str, str], installed: dict[str, str] | None = None) -> Index:
    sources = {name: dedent(text).encode() for name, text in (installed or {}).items()}
    library = standard().foreign.source
    foreign = Foreign(lambda name: sources.get(name) or library(name))
    texts = {path: dedent(text).encode() for path, text in files.items()}
    return Index(texts, foreign=foreign)


def kinds(text: str, *names: str) -> list[str]:
    """Return the kinds of names of a module ``app``."""
    index = project({"app.py": text})
    return [kind_of(f"app.{name}", index) for name in names]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("asyncio.sleep", "async"),
        ("asyncio.wait_for", "async"),
        ("asyncio.open_connection", "async"),
        ("asyncio.gather", "sync"),
        ("asyncio.Queue", "class"),
        ("asyncio.Queue.get", "async"),
        ("asyncio.Queue.get_nowait", "sync"),
        ("asyncio.StreamReader.read", "async"),
        ("asyncio.StreamWriter.drain", "async"),
        ("asyncio.StreamWriter.write", "sync"),
        ("asyncio.AbstractEventLoop.run_until_complete", "sync"),
        ("asyncio.AbstractEventLoop.sock_recv", "async"),
        ("asyncio.create_subprocess_exec", "async"),
        ("contextlib.asynccontextmanager", "sync"),
        ("contextlib.AsyncExitStack.aclose", "async"),
        ("http.client.HTTPConnection.request", "sync"),
        ("json.loads", "sync"),
        ("os.getpid", "sync"),
        ("os.path.exists", "sync"),
        ("subprocess.PIPE", "object"),
        ("subprocess.run", "sync"),
        ("time.sleep", "sync"),
        ("builtins.open", "sync"),
        ("builtins.dict", "class"),
        ("nothing.of.that.name", "unknown"),
        ("asyncio.nothing", "unknown"),
        ("nothing", "unknown"),
    ],
)
def test_standard_library(name: str, kind: str):
    assert kind_of(name, standard()) == kind


def test_agrees_with_the_running_interpreter():
    """Whatever is called async or sync is that; what is not known is counted."""
    counted: Counter[str] = Counter()
    wrong = []
    for name, real in _callables():
        kind = kind_of(name, standard())
        counted[kind] += 1
        if (kind == "async") != real and kind != "unknown":
            wrong.append((name, kind))
    assert not wrong
    assert counted["async"] > 150
    assert counted["sync"] > 1500
    assert counted["unknown"] < 0.3 * sum(counted.values())


def _callables() -> list[tuple[str, bool]]:
    """Return names, each with whether it is a coroutine function."""
    found = []
    for module in MODULES:
        for name, value in vars(import_module(module)).items():
            if inspect.ismodule(value) or not callable(value):
                continue
            found.append((f"{module}.{name}", _is_async(value)))
            if inspect.isclass(value):
                for each in _named(value):
                    member = inspect.getattr_static(value, each)
                    if callable(member) or hasattr(member, "__func__"):
                        full = f"{module}.{name}.{each}"
                        found.append((full, _is_async(member)))
    return found


def _named(owner: type) -> list[str]:
    return [name for name in dir(owner) if not name.startswith("__")]


def _is_async(value: object) -> bool:
    value = getattr(value, "__func__", value)
    if sys.version_info >= (3, 12):
        return inspect.iscoroutinefunction(value)
    return asyncio.iscoroutinefunction(value)


class TestFunctions:
    def test_generators_are_no_coroutines(self):
        text = """
            def plain(): ...
            async def coroutine(): ...
            def steps(): yield
            async def events(): yield
            short = lambda: 1
        """
        found = kinds(text, "plain", "coroutine", "steps", "events", "short")
        assert found == ["sync", "async", "generator", "generator", "sync"]

    def test_the_last_definition_counts(self):
        text = """
            from typing import overload
            @overload
            def f(x: int) -> int: ...
            @overload
            def f(x: str) -> str: ...
            async def f(x): ...
            def g(): ...
            async def g(): ...
        """
        assert kinds(text, "f", "g") == ["async", "async"]

    def test_one_of_two(self):
        text = """
            import sys
            if sys.platform == "win32":
                def differs(): ...
                async def agrees(): ...
            else:
                async def differs(): ...
                async def agrees(): ...
            try:
                from nowhere import fetch
            except ImportError:
                fetch = None
        """
        found = kinds(text, "differs", "agrees", "fetch")
        assert found == ["unknown", "async", "unknown"]

    def test_an_import_for_type_checkers_binds_nothing(self):
        text = """
            from typing import TYPE_CHECKING
            async def send(): ...
            if TYPE_CHECKING:
                from nowhere import send
        """
        assert kinds(text, "send") == ["async"]

    def test_aliases_and_partials(self):
        text = """
            import functools
            from asyncio import sleep as nap
            import asyncio
            async def send(): ...
            alias = send
            bound = functools.partial(send, 1)
            sleep = asyncio.sleep
            table = {}
            limit = 3
        """
        names = ("nap", "alias", "bound", "sleep", "table", "limit", "asyncio")
        assert kinds(text, *names) == ["async"] * 4 + ["object"] * 3

    def test_removed_or_made_elsewhere(self):
        text = """
            def gone(): ...
            del gone
            def set_it():
                global made
                made = 1
            made = send = find()
            for each in (1, 2): ...
        """
        assert set(kinds(text, "gone", "made", "send", "each")) == {"unknown"}


class TestDecorators:
    def test_that_keep_what_they_decorate(self):
        text = """
            import functools, typing
            def register(function):
                TABLE.append(function)
                return function
            def named(name):
                def decorate(function):
                    function.name = name
                    return function
                return decorate
            @register
            async def one(): ...
            @named("x")
            def two(): ...
            @typing.final
            async def three(): ...
        """
        assert kinds(text, "one", "two", "three") == ["async", "sync", "async"]

    def test_that_wrap(self):
        text = """
            import contextlib, functools
            def retry(function):
                @functools.wraps(function)
                async def again(*args): return await function(*args)
                return again
            def blocking(function):
                @functools.wraps(function)
                def run(*args): return asyncio.run(function(*args))
                return run
            def either(function):
                if inspect.iscoroutinefunction(function):
                    async def inner(): ...
                    return inner
                return function
            @retry
            async def kept(): ...
            @blocking
            async def in_doubt(): ...
            @either
            def judged(): ...
            @contextlib.contextmanager
            def opened(): yield
            @contextlib.asynccontextmanager
            async def entered(): yield
            @functools.lru_cache(maxsize=None)
            def cached(): ...
            @nowhere.decorate
            async def hidden(): ...
            @opened()
            def under_manager(): ...
        """
        assert kinds(text, "kept", "opened", "entered", "cached") == [
            "async",
            "sync",
            "sync",
            "sync",
        ]
        names = ("in_doubt", "judged", "hidden", "under_manager")
        assert set(kinds(text, *names)) == {"unknown"}

    def test_coroutines_of_generators(self):
        text = """
            import asyncio, types
            @asyncio.coroutine
            def old(): yield
            @types.coroutine
            def odd(): yield
        """
        assert kinds(text, "old", "odd") == ["async", "unknown"]


class TestClasses:
    TEXT = """
        import abc, functools
        from lib import Base
        class Service(Base):
            limit = 3
            async def fetch(self): ...
            def close(self): ...
            @staticmethod
            async def make(): ...
            @classmethod
            def parse(cls): ...
            @property
            def name(self): ...
            @name.setter
            def name(self, value): ...
            @functools.cached_property
            def size(self): ...
            @abc.abstractmethod
            async def send(self): ...
            def __init__(self):
                self.sleep = asyncio.sleep
                self.queue = {}
            again = fetch
        class Loose(nowhere.Base):
            async def own(self): ...
        service = Service()
    """
    LIB = """
        import asyncio
        class Root:
            async def deep(self): ...
            async def fetch(self): ...
        class Base(Root):
            def close(self): ...
            async def ping(self): ...
    """

    def index(self) -> Index:
        return project({"app.py": self.TEXT}, {"lib": self.LIB})

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("fetch", "async"),
            ("close", "sync"),
            ("make", "async"),
            ("parse", "sync"),
            ("name", "object"),
            ("size", "object"),
            ("send", "async"),
            ("again", "async"),
            ("limit", "object"),
            ("ping", "async"),
            ("deep", "async"),
            ("absent", "unknown"),
        ],
    )
    def test_members(self, name: str, kind: str):
        index = self.index()
        assert kind_of(f"app.Service.{name}", index) == kind
        assert kind_of(f"app.service.{name}", index) == kind
        owner = External("app.Service")
        assert members(owner, index) == {}, "a name of the project is no external one"

    def test_of_a_class_that_is_known(self):
        index = self.index()
        (owner,) = index.target("app.Service", index.module("app.py"))
        found = members(owner, index)
        assert found["fetch"] == found["deep"] == found["make"] == "async"
        assert found["close"] == "sync"
        assert member_kind(owner, "ping", index) == "async"
        assert member_kind(Instance(owner), "queue", index) == "object"

    def test_under_a_base_that_cannot_be_read(self):
        index = self.index()
        assert kind_of("app.Loose.own", index) == "async"
        assert kind_of("app.Loose.other", index) == "unknown"

    def test_of_the_standard_library(self):
        found = members(External("asyncio.Queue"), standard())
        assert found["get"] == "async"
        assert found["get_nowait"] == found["qsize"] == "sync"
        assert found["_get_loop"] == "sync", "of a base"

    def test_bases_that_meet_again(self):
        text = """
            class Top:
                async def f(self): ...
            class Left(Top): ...
            class Right(Top):
                def f(self): ...
            class Bottom(Left, Right): ...
        """
        assert kinds(text, "Bottom.f", "Left.f") == ["sync", "async"]

    def test_that_refer_to_themselves(self):
        text = """
            class A(A): ...
            class B:
                def __init__(self): self.x = b.x
            b = B()
            c = c
        """
        assert kinds(text, "A.f", "b.x", "c") == ["unknown"] * 3


class TestTargets:
    def test_a_function_that_hides_the_module_of_its_name(self):
        """`patch` imports as far as it can; the last name is an attribute."""
        files = {
            "app/__init__.py": "from app.run import run",
            "app/run.py": "async def run(): ...\ndef stop(): ...",
        }
        index = project(files)
        assert kind_of("app.run", index) == "async"
        assert kind_of("app.run.stop", index) == "sync"

    def test_the_name_of_an_import_is_the_one_that_is_patched(self):
        files = {
            "app/__init__.py": "",
            "app/core.py": "import asyncio\nfrom .net import fetch\nfrom .all import *",
            "app/net.py": "async def fetch(): ...",
            "app/all.py": "__all__ = ['given']\nasync def given(): ...\nkept = 1",
        }
        index = project(files)
        assert kind_of("app.core.fetch", index) == "async"
        assert kind_of("app.core.asyncio.sleep", index) == "async"
        assert kind_of("app.core.given", index) == "async"
        assert kind_of("app.core.kept", index) == "unknown"

    def test_of_a_package_that_is_installed(self):
        installed = {
            "lib": "from .client import *\nfrom ._c import fast",
            "lib.__init__": "# the package again",
            "lib.client": "class Client:\n    async def get(self): ...",
        }
        index = project({"t.py": "import lib"}, installed)
        assert kind_of("lib.Client.get", index) == "async"
        assert kind_of("lib.client.Client", index) == "class"
        assert kind_of("lib.fast", index) == "unknown"
