"""P14.1: code under test that starts a loop, however it comes to that."""

import pytest

from tests.traps.support import cases, left, reasons

APP = """\
import asyncio

log = []

async def f(x=1):
    return x

"""
MODULE = "import asyncio\n\nfrom app import f\n\nX = asyncio.run(f(1))\n"


def project(code: str, body: str) -> dict[str, str]:
    """Return code under test, and a test that drives a loop beside calling it."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    head = "import asyncio\n\nimport pytest\n\nimport app\nfrom app import f, log\n\n"
    test = f"def test_f():\n    assert asyncio.run(f(1)) == 1\n{lines}"
    return {"app.py": APP + code, "config.py": MODULE, "test_it.py": head + test}


STARTS = {
    "default of a parameter": (
        "def go(x, run=asyncio.run):\n    return run(f(x))\n",
        "assert app.go(1) == 1",
    ),
    "default of a keyword": (
        "class P:\n    def go(self, *, loop=None, run=asyncio.run):\n"
        "        return run(f(1))\n",
        "assert app.P().go() == 1",
    ),
    "default of a parameter, in a function": (
        "def now():\n    return asyncio.run(f(1))\n\n"
        "def go(get=now):\n    return [get() for _ in '1']\n",
        "assert app.go() == [1]",
    ),
    "cached_property": (
        (
            "import functools\n"
            "class P:\n"
            "    @functools.cached_property\n"
            "    def v(self):\n"
            "        return asyncio.run(f(1))\n"
        ),
        "assert app.P().v == 1",
    ),
    "property unknown recv": (
        (
            "class P:\n"
            "    @property\n"
            "    def v(self):\n"
            "        return asyncio.run(f(1))\n"
        ),
        ("for p in [app.P()]:\n    assert p.v == 1"),
    ),
    "getattr": (
        ("class P:\n    def __getattr__(self, n):\n        return asyncio.run(f(1))\n"),
        "assert app.P().v == 1",
    ),
    "getitem": (
        ("class P:\n    def __getitem__(self, n):\n        return asyncio.run(f(1))\n"),
        "assert app.P()['x'] == 1",
    ),
    "iter": (
        (
            "class P:\n"
            "    def __iter__(self):\n"
            "        return iter([asyncio.run(f(1))])\n"
        ),
        "assert list(app.P()) == [1]",
    ),
    "eq": (
        ("class P:\n    def __eq__(self, o):\n        return o == asyncio.run(f(1))\n"),
        "assert app.P() == 1",
    ),
    "call": (
        (
            "class P:\n"
            "    def __call__(self):\n"
            "        return asyncio.run(f(1))\n"
            "\n"
            "the = P()\n"
        ),
        "assert app.the() == 1",
    ),
    "new": (
        (
            "class P:\n"
            "    def __new__(cls):\n"
            "        asyncio.run(f(1))\n"
            "        return object.__new__(cls)\n"
        ),
        "assert app.P()",
    ),
    "post_init": (
        (
            "import dataclasses\n"
            "@dataclasses.dataclass\n"
            "class P:\n"
            "    x: int = 0\n"
            "    def __post_init__(self):\n"
            "        self.x = asyncio.run(f(1))\n"
        ),
        "assert app.P().x == 1",
    ),
    "init super": (
        (
            "class B:\n"
            "    def __init__(self):\n"
            "        self.x = asyncio.run(f(1))\n"
            "class P(B):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
        ),
        "assert app.P().x == 1",
    ),
    "sync decorator": (
        (
            "import functools\n"
            "def sync(fn):\n"
            "    @functools.wraps(fn)\n"
            "    def inner(*a):\n"
            "        return asyncio.run(fn(*a))\n"
            "    return inner\n"
            "@sync\n"
            "async def get():\n"
            "    return 1\n"
        ),
        "assert app.get() == 1",
    ),
    "sync decorator class": (
        (
            "class sync:\n"
            "    def __init__(self, fn):\n"
            "        self.fn = fn\n"
            "    def __call__(self, *a):\n"
            "        return asyncio.run(self.fn(*a))\n"
            "@sync\n"
            "async def get():\n"
            "    return 1\n"
        ),
        "assert app.get() == 1",
    ),
    "sync decorator method": (
        (
            "import functools\n"
            "def sync(fn):\n"
            "    @functools.wraps(fn)\n"
            "    def inner(*a):\n"
            "        return asyncio.run(fn(*a))\n"
            "    return inner\n"
            "class S:\n"
            "    @sync\n"
            "    async def get(self):\n"
            "        return 1\n"
        ),
        "assert app.S().get() == 1",
    ),
    "sync decorator on sync": (
        (
            "import functools\n"
            "def managed(fn):\n"
            "    @functools.wraps(fn)\n"
            "    def inner(*a):\n"
            "        asyncio.run(f())\n"
            "        return fn(*a)\n"
            "    return inner\n"
            "@managed\n"
            "def get():\n"
            "    return 1\n"
        ),
        "assert app.get() == 1",
    ),
    "syncify alias": (
        (
            "def syncify(fn):\n"
            "    def inner(*a):\n"
            "        return asyncio.run(fn(*a))\n"
            "    return inner\n"
            "get = syncify(f)\n"
        ),
        "assert app.get(1) == 1",
    ),
    "syncify class attr": (
        (
            "def syncify(fn):\n"
            "    def inner(*a):\n"
            "        return asyncio.run(fn(*a))\n"
            "    return inner\n"
            "class S:\n"
            "    async def aget(self):\n"
            "        return 1\n"
            "    get = syncify(aget)\n"
        ),
        "assert app.S().get() == 1",
    ),
    "lambda": (
        "main = lambda: asyncio.run(f(1))\n",
        "assert app.main() == 1",
    ),
    "partial": (
        ("import functools\nmain = functools.partial(asyncio.run)\n"),
        "assert app.main(f(1)) == 1",
    ),
    "dict dispatch": (
        (
            "def main():\n"
            "    return asyncio.run(f(1))\n"
            "COMMANDS = {'main': main}\n"
            "def dispatch(n):\n"
            "    return COMMANDS[n]()\n"
        ),
        "assert app.dispatch('main') == 1",
    ),
    "dict dispatch direct": (
        ("def main():\n    return asyncio.run(f(1))\nCOMMANDS = {'main': main}\n"),
        "assert app.COMMANDS['main']() == 1",
    ),
    "getattr dispatch": (
        (
            "class C:\n"
            "    def do_x(self):\n"
            "        return asyncio.run(f(1))\n"
            "    def dispatch(self, n):\n"
            "        return getattr(self, 'do_' + n)()\n"
        ),
        "assert app.C().dispatch('x') == 1",
    ),
    "registry decorator": (
        (
            "REG = []\n"
            "def register(fn):\n"
            "    REG.append(fn)\n"
            "    return fn\n"
            "@register\n"
            "def main():\n"
            "    return asyncio.run(f(1))\n"
            "def run_all():\n"
            "    return [fn() for fn in REG]\n"
        ),
        "assert app.run_all() == [1]",
    ),
    "callback param": (
        ("def call(fn):\n    return fn()\ndef main():\n    return asyncio.run(f(1))\n"),
        "assert app.call(app.main) == 1",
    ),
    "app drives given coroutine fn": (
        ("def drive(fn):\n    return asyncio.run(fn())\n"),
        "assert app.drive(f) == 1",
    ),
    "app drives given coroutine": (
        ("def drive(c):\n    return asyncio.run(c)\n"),
        "assert app.drive(f()) == 1",
    ),
    "instance method through self attr": (
        (
            "class D:\n"
            "    def go(self):\n"
            "        return asyncio.run(f(1))\n"
            "class C:\n"
            "    def __init__(self):\n"
            "        self.d = D()\n"
            "    def run(self):\n"
            "        return self.d.go()\n"
        ),
        "assert app.C().run() == 1",
    ),
    "instance method through param": (
        (
            "class D:\n"
            "    def go(self):\n"
            "        return asyncio.run(f(1))\n"
            "class C:\n"
            "    def __init__(self, d):\n"
            "        self.d = d\n"
            "    def run(self):\n"
            "        return self.d.go()\n"
        ),
        "assert app.C(app.D()).run() == 1",
    ),
    "strategy base": (
        (
            "class Base:\n"
            "    def run(self):\n"
            "        return self._run()\n"
            "    def _run(self):\n"
            "        return 0\n"
            "class D(Base):\n"
            "    def _run(self):\n"
            "        return asyncio.run(f(1))\n"
        ),
        "assert app.D().run() == 1",
    ),
    "template method": (
        (
            "class Base:\n"
            "    def run(self):\n"
            "        return self._run()\n"
            "class D(Base):\n"
            "    def _run(self):\n"
            "        return asyncio.run(f(1))\n"
        ),
        "assert app.D().run() == 1",
    ),
    "mixin": (
        (
            "class M:\n"
            "    def _run(self):\n"
            "        return asyncio.run(f(1))\n"
            "class N:\n"
            "    def run(self):\n"
            "        return self._run()\n"
            "class D(N, M):\n"
            "    pass\n"
        ),
        "assert app.D().run() == 1",
    ),
    "del": (
        ("class P:\n    def __del__(self):\n        log.append(asyncio.run(f(1)))\n"),
        ("log.clear(); p = app.P()\ndel p\nassert log == [1]"),
    ),
    "loop in closure": (
        (
            "def make():\n"
            "    loop = asyncio.new_event_loop()\n"
            "    def inner():\n"
            "        return loop.run_until_complete(f(1))\n"
            "    return inner\n"
        ),
        "assert app.make()() == 1",
    ),
    "stdlib asyncio.Runner": (
        ("def main():\n    with asyncio.Runner() as r:\n        return r.run(f(1))\n"),
        "assert app.main() == 1",
    ),
    "from asyncio import run as go": (
        ("from asyncio import run as go\ndef main():\n    return go(f(1))\n"),
        "assert app.main() == 1",
    ),
    "get of a kept object": (
        (
            "class C:\n"
            "    def get(self):\n"
            "        return asyncio.run(f(1))\n"
            "class D:\n"
            "    def __init__(self, c):\n"
            "        self.c = c\n"
            "    def fetch(self):\n"
            "        return self.c.get()\n"
        ),
        "assert app.D(app.C()).fetch() == 1",
    ),
    "module getattr": (
        "def __getattr__(name):\n    return asyncio.run(f(1))\n",
        "assert app.thing == 1",
    ),
    "super from a test's class": (
        "class B:\n    def go(self):\n        return asyncio.run(f(1))\n",
        "class K(app.B):\n    def go(self):\n        return super().go()\n"
        "assert K().go() == 1",
    ),
    "default argument": (
        "def main(run=asyncio.run):\n    return run(f(1))\n",
        "assert app.main() == 1",
    ),
    "namespace": (
        (
            "import types\n"
            "def main():\n"
            "    return asyncio.run(f(1))\n"
            "NS = types.SimpleNamespace(main=main)\n"
        ),
        "assert app.NS.main() == 1",
    ),
    "getattr of the module": (
        "def main():\n    return asyncio.run(f(1))\n",
        "assert getattr(app, 'ma' + 'in')() == 1",
    ),
    "methodcaller": (
        "class C:\n    def go(self):\n        return asyncio.run(f(1))\n",
        "import operator\nassert operator.methodcaller('go')(app.C()) == 1",
    ),
    "singledispatch": (
        (
            "import functools\n"
            "@functools.singledispatch\n"
            "def main(x):\n"
            "    return 0\n"
            "@main.register\n"
            "def _(x: int):\n"
            "    return asyncio.run(f(1))\n"
        ),
        "assert app.main(1) == 1",
    ),
    "metaclass": (
        (
            "class M(type):\n"
            "    def __call__(cls):\n"
            "        return asyncio.run(f(1))\n"
            "class B(metaclass=M):\n"
            "    pass\n"
        ),
        "assert app.B() == 1",
    ),
}


@pytest.mark.parametrize(
    ("code", "body"),
    cases(STARTS),
)
def test_code_that_starts_a_loop(code, body):
    assert set(left(project(code, body))) == {"inner-loop"}


LAMBDAS = {
    "of the module": "make = lambda a: asyncio.run(f(a))\n",
    "called by a helper": (
        "inner = lambda a: asyncio.run(f(a))\n\ndef make(a):\n    return inner(a)\n"
    ),
    "called in passing": "def make(a):\n    return (lambda: asyncio.run(f(a)))()\n",
    "handed on": (
        "def make(a):\n    return max([a], key=lambda n: asyncio.run(f(n)))\n"
    ),
    "handed back": "make = (lambda: lambda a: asyncio.run(f(a)))()\n",
    "of a class": (
        "class Maker:\n    go = lambda self, a: asyncio.run(f(a))\n\n"
        "def make(a):\n    return Maker().go(a)\n"
    ),
}


@pytest.mark.parametrize("make", cases(LAMBDAS))
def test_a_lambda_of_the_tests_that_starts_a_loop(make):
    test = "def test_f():\n    assert make(1) == 1\n    assert asyncio.run(f(1)) == 1\n"
    found = left(f"import asyncio\n\nfrom app import f\n\n{make}\n{test}")
    assert found[0] == "drive-in-lambda"
    assert found[1:] in (["inner-loop"], ["dynamic-call"])


IMPORTS = {
    "import": "import config\nassert config.X == 1",
    "from import": "from config import X\nassert X == 1",
    "reload": "import importlib\nimportlib.reload(__import__('config'))",
    "import_module": "import importlib\nimportlib.import_module('config')",
    "runpy": "import runpy\nrunpy.run_module('config')",
}


@pytest.mark.parametrize(
    "body",
    cases(IMPORTS),
)
def test_a_module_that_starts_a_loop_when_it_is_imported(body):
    assert set(left(project("", body))) == {"inner-loop"}


def test_an_installed_decorator_that_drives_makes_what_starts_a_loop():
    code = "from lib import sync\n\n@sync\nasync def get():\n    return 1\n"
    lib = (
        "import asyncio\n\ndef sync(fn):\n    def inner(*args):\n"
        "        return asyncio.run(fn(*args))\n    return inner\n"
    )
    found = left(project(code, "assert app.get() == 1"), foreign={"lib": lib})
    assert set(found) == {"inner-loop"}


def test_a_module_that_was_imported_before_is_not_run_again():
    files = project("", "import app as again\nassert again")
    assert "inner-loop" not in reasons(files)


ASKS = {
    "create_task in app caught": (
        (
            "def main():\n"
            "    c = f(1)\n"
            "    try:\n"
            "        asyncio.create_task(c)\n"
            "    except RuntimeError:\n"
            "        c.close()\n"
            "        return 'sync'\n"
            "    return 'async'\n"
        ),
        "assert app.main() == 'sync'",
    ),
    "is_running in app": (
        (
            "def main():\n"
            "    try:\n"
            "        loop = asyncio.get_event_loop()\n"
            "    except RuntimeError:\n"
            "        loop = asyncio.new_event_loop()\n"
            "    if loop.is_running():\n"
            "        return 'async'\n"
            "    return 'sync'\n"
        ),
        "assert app.main() == 'sync'",
    ),
    "sniffio": (
        ("def main():\n    return asyncio._get_running_loop() is None\n"),
        "assert app.main()",
    ),
    "events": (
        ("def main():\n    return asyncio.events._get_running_loop() is None\n"),
        "assert app.main()",
    ),
    "current_task": (
        (
            "def main():\n"
            "    try:\n"
            "        return asyncio.current_task()\n"
            "    except RuntimeError:\n"
            "        return 'none'\n"
        ),
        "assert app.main() == 'none'",
    ),
    "loop kw default": (
        (
            "class C:\n"
            "    def __init__(self, loop=None):\n"
            "        self.loop = loop\n"
            "        try:\n"
            "            self.running = asyncio.get_running_loop()\n"
            "        except RuntimeError:\n"
            "            self.running = None\n"
        ),
        "assert app.C().running is None",
    ),
}


@pytest.mark.parametrize(
    ("code", "body"),
    cases(ASKS),
)
def test_code_that_asks_whether_a_loop_runs(code, body):
    assert set(left(project(code, body))) == {"loop-asserted"}


MAPPED = {
    "map": "list(map(app.start, [1]))",
    "sorted": "sorted([1], key=app.start)",
    "reduce": "functools.reduce(app.join, [1, 2])",
}


@pytest.mark.parametrize("call", MAPPED.values(), ids=MAPPED)
def test_a_helper_that_hands_on_what_starts_a_loop(call):
    code = (
        "def start(x):\n    return asyncio.run(f(x))\n\n"
        "def join(x, y):\n    return asyncio.run(f(x))\n"
    )
    files = project(code, "helper()")
    files["test_it.py"] += f"\ndef helper():\n    assert {call}\n"
    files["test_it.py"] = "import functools\n" + files["test_it.py"]
    assert left(files) == ["inner-loop"]


KEPT = {
    "by name": "asyncio.Runner",
    "looked up": 'getattr(asyncio, "Runner")',
}


@pytest.mark.parametrize("runner", KEPT.values(), ids=KEPT)
def test_a_runner_that_code_under_test_keeps_out_of_sight(runner):
    app = (
        "import asyncio\n\nclass Kept:\n    def __init__(self, make):\n"
        "        self.make = make\n        self.runner = None\n\n"
        "    def __call__(self):\n        if self.runner is None:\n"
        "            self.runner = self.make()\n        return self.runner\n\n"
        f"kept = Kept({runner})\n\ndef facade(f, *args):\n"
        "    return kept().run(f(*args))\n\nasync def f():\n    return 1\n"
    )
    test = (
        "import asyncio\n\nfrom app import f, facade\n\ndef test_f():\n"
        "    assert asyncio.run(f()) == 1\n    assert facade(f) == 1\n"
    )
    assert left({"app.py": app, "test_it.py": test}) == ["inner-loop"]


def test_a_helper_whose_runner_is_the_default_of_a_parameter():
    assert left("""\
        import asyncio

        from app import add


        def total(a, runner=asyncio.run):
            return runner(add(a))


        def test_it():
            assert asyncio.run(add(1)) == 2
            assert total(1) == 2
        """) == ["drive-in-callback", "inner-loop"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("from app import core", "core"),
        ("import app.core", "app.core"),
        ("from src.app import core", "core"),
        ("import src.app.core as core", "core"),
        ("from .src.app import core", "core"),
        ("from .src.app.core import load", ""),
    ],
)
def test_packages_without_a_file_of_their_own(line, name):
    """Python imports from folders without an __init__.py, too."""
    code = "def load():\n    return asyncio.run(f(1))\n"
    load = f"{name}.load" if name else "load"
    test = (
        f"import asyncio\n\n{line}\n\n\n"
        "def test_f():\n    asyncio.run(asyncio.sleep(0))\n"
        f"    assert {load}() == 1\n"
    )
    files = {"src/app/core.py": APP + code, "test_it.py": test}
    assert left(files) == ["inner-loop"]
