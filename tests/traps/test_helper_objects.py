"""Methods of helper objects that drive: who calls them, on whatever they are."""

import pytest

from tests.traps.support import cases, check, left

APP = """
async def f(x=1):
    return x

class Client:
    async def get(self):
        return 1

def use(api):
    return api.call()
"""
API = """\
import asyncio

from app import Client

class Api:
    def __init__(self):
        self.client = Client()

    def call(self):
        return asyncio.run(self.client.get())
"""
ASYNC_API = """\
from app import Client

class Api:
    def __init__(self):
        self.client = Client()

    async def call(self):
        return await self.client.get()
"""
TEST_B = "def test_b():\n    assert Api().call() == 1\n"
ASYNC_TEST_B = (
    "@pytest.mark.asyncio\nasync def test_b():\n    assert await Api().call() == 1\n"
)


def one(body: str, imports: str = "") -> dict[str, str]:
    """Return a project in which a test makes the method a coroutine function."""
    head = f"{imports}\nimport pytest\n\nimport app\n\n" if imports else ""
    start = API.replace("import asyncio\n\n", f"import asyncio\n{head or chr(10)}", 1)
    return {"app.py": APP, "test_it.py": f"{start}\n{TEST_B}\n{body}"}


def several(**files: str) -> dict[str, str]:
    """Return a project with the class in a module of its own, used by one test."""
    named = {f"tests/{name}.py": text for name, text in files.items()}
    other = f"import pytest\n\nfrom api import Api\n\n{TEST_B}"
    return {"app.py": APP, "tests/api.py": API, "tests/test_other.py": other} | named


def check_several(test: str, after: str, **files: str) -> None:
    """Assert that a test far from the class awaits its method."""
    check(
        several(test_it=test, **files),
        {
            "tests/api.py": ASYNC_API,
            "tests/test_other.py": (
                f"import pytest\n\nfrom api import Api\n\n{ASYNC_TEST_B}"
            ),
            "tests/test_it.py": after,
        },
    )


RECEIVERS = {
    "in a list": "[Api()][0].call()",
    "in a dict": '{"a": Api()}["a"].call()',
    "of a lambda": "(lambda: Api())().call()",
    "in a comprehension": "[api.call() for api in [Api()]][0]",
    "of a condition": "(Api() if one else None).call()",
    "of an or": "(None or Api()).call()",
    "of a partial": "partial(Api)().call()",
}


@pytest.mark.parametrize("receiver", RECEIVERS.values(), ids=RECEIVERS)
def test_a_method_called_on_an_object_of_which_nothing_is_known_stays(receiver):
    body = f"def test_a(one=1):\n    assert {receiver} == 1\n"
    assert left(one(body, "from functools import partial\n")) == ["helper-escapes"]


COMPUTED = {
    "next": "next(iter([Api()])).call()",
    "max": "max([Api()], key=id).call()",
    "copy": "copy.copy(Api()).call()",
    "cast": "cast(Api, Api()).call()",
    "getattr": 'getattr(app, "api", Api()).call()',
    "wraps": "Mock(wraps=Api()).call()",
    "type": "type(Api())().call()",
    "methodcaller": 'operator.methodcaller("call")(Api())',
    "getattr of the method": 'getattr(Api(), "ca" + "ll")()',
}


@pytest.mark.parametrize(
    "receiver",
    cases(COMPUTED),
)
def test_a_method_called_on_what_outside_code_returns_stays(receiver):
    imports = "import copy\nimport operator\nfrom typing import cast\n"
    imports += "from unittest.mock import Mock\n"
    assert left(one(f"def test_a():\n    assert {receiver} == 1\n", imports))


@pytest.mark.parametrize(
    "test",
    [
        "assert app.use(Api()) == 1",
        "assert app.use(api=Api()) == 1",
        "api = Api()\n    assert app.use(api) == 1",
        "assert list(map(app.use, [Api()])) == [1]",
    ],
)
def test_a_method_that_code_under_test_calls_on_what_it_is_given_stays(test):
    assert left(one(f"def test_a():\n    {test}\n", "import os\n")) == [
        "helper-escapes"
    ]


def test_a_method_that_a_base_under_test_calls_on_itself_stays():
    files = {
        "app.py": APP
        + "\nclass Base:\n    def go(self):\n        return self.call()\n",
        "test_it.py": (
            "import asyncio\n\nimport app\n\nclass Api(app.Base):\n"
            "    def call(self):\n        return asyncio.run(app.f(1))\n\n"
            f"def test_a():\n    assert Api().go() == 1\n\n{TEST_B}"
        ),
    }
    assert left(files)


def test_a_method_that_overrides_one_of_code_under_test_stays():
    files = {
        "app.py": APP + "\nclass Base:\n    def call(self):\n        return 2\n",
        "test_it.py": (
            "import asyncio\n\nimport app\n\nclass Api(app.Base):\n"
            f"    def call(self):\n        return asyncio.run(app.f(1))\n\n{TEST_B}"
        ),
    }
    assert left(files) == ["helper-escapes"]


REPLACED = {
    "assigned": "api = Api()\n    api.call = lambda: 5\n    assert api.call() == 5",
    "a mock": (
        "api = Api()\n    api.call = Mock(return_value=5)\n    assert api.call() == 5"
    ),
    "on the class": "Api.call = Mock(return_value=1)\n    assert Api().call() == 1",
    "autospec": (
        "api = create_autospec(Api)()\n    api.call.return_value = 5\n"
        "    assert api.call() == 5"
    ),
    "spec": (
        "api = Mock(spec=Api)\n    api.call.return_value = 5\n"
        "    assert api.call() == 5"
    ),
}


@pytest.mark.parametrize("body", REPLACED.values(), ids=REPLACED)
def test_a_method_that_a_test_replaces_stays(body):
    imports = "from unittest.mock import Mock, create_autospec\n"
    assert left(one(f"def test_a():\n    {body}\n", imports))


@pytest.mark.parametrize("call", ["patch.object(Api, 'call')", "patch('test_it.Api')"])
def test_a_method_that_a_test_patches_by_name_keeps_its_kind(call):
    source = one(
        f"def test_a():\n    with {call}:\n        Api().call()\n",
        "from unittest.mock import patch\n",
    )
    if "object" in call:
        assert left(source) == ["helper-escapes"]


def test_an_object_that_is_one_of_two_kinds_stays():
    fake = "class Fake:\n    def call(self):\n        return 1\n\n"
    body = f"{fake}if app:\n    api = Fake()\nelse:\n    api = Api()\n\n"
    assert left(
        one(f"{body}def test_a():\n    assert api.call() == 1\n", "import os\n")
    )


CHAINS = {
    "a global elsewhere": (
        {"make": "from api import Api\n\nthe_api = Api()\n"},
        "from make import the_api\n\n",
        "the_api",
    ),
    "a subclass elsewhere": (
        {"make": "from api import Api\n\nclass Special(Api):\n    pass\n"},
        "from make import Special\n\n",
        "Special()",
    ),
    "a subclass of a subclass": (
        {
            "make": "from api import Api\n\nclass Special(Api):\n    pass\n",
            "more": "from make import Special\n\nclass Extra(Special):\n    pass\n",
        },
        "from more import Extra\n\n",
        "Extra()",
    ),
}


@pytest.mark.parametrize(("files", "imports", "receiver"), CHAINS.values(), ids=CHAINS)
def test_a_method_is_awaited_however_far_its_class_is(files, imports, receiver):
    start = f"import pytest\n\n{imports}"
    check_several(
        f"{start}def test_a():\n    assert {receiver}.call() == 1\n",
        f"{start}@pytest.mark.asyncio\nasync def test_a():\n"
        f"    assert await {receiver}.call() == 1\n",
        **files,
    )


def test_a_method_called_on_what_a_function_elsewhere_returns_stays():
    make = "from api import Api\n\ndef make():\n    return Api()\n"
    test = "from make import make\n\ndef test_a():\n    assert make().call() == 1\n"
    assert left(several(make=make, test_it=test)) == ["helper-escapes"]


def test_an_override_that_calls_its_base_awaits_it():
    make = "from api import Api\n\nclass Special(Api):\n    pass\n"
    more = (
        "from make import Special\n\nclass Extra(Special):\n"
        "    def call(self):\n        return super().call() + 1\n"
    )
    files = several(
        make=make,
        more=more,
        test_it="import pytest\n\nfrom more import Extra\n\n"
        "def test_a():\n    assert Extra().call() == 2\n",
    )
    check(
        files,
        {
            "tests/api.py": ASYNC_API,
            "tests/more.py": (
                "from make import Special\n\nclass Extra(Special):\n"
                "    async def call(self):\n        return await super().call() + 1\n"
            ),
            "tests/test_other.py": (
                f"import pytest\n\nfrom api import Api\n\n{ASYNC_TEST_B}"
            ),
            "tests/test_it.py": (
                "import pytest\n\nfrom more import Extra\n\n@pytest.mark.asyncio\n"
                "async def test_a():\n    assert await Extra().call() == 2\n"
            ),
        },
    )


def test_a_helper_method_on_self_of_a_test_class():
    check(
        {
            "app.py": APP,
            "test_it.py": (
                "import asyncio\n\nimport pytest\n\nfrom app import f\n\n"
                "class TestF:\n    def make(self):\n        return asyncio.run(f())\n\n"
                "    def test_f(self):\n        assert self.make() == 1\n"
            ),
        },
        {
            "test_it.py": (
                "import pytest\n\nfrom app import f\n\n"
                "class TestF:\n    async def make(self):\n        return await f()\n\n"
                "    @pytest.mark.asyncio\n    async def test_f(self):\n"
                "        assert await self.make() == 1\n"
            ),
        },
    )


MIXIN = "class Drives:\n    def drive(self, c):\n        print()\n" + (
    "        return asyncio.run(c)\n"
)
CALLS = "class Calls:\n    def test_f(self):\n        assert self.drive(f()) == 1\n"


BOTH = "class TestBoth(Calls, Drives):\n    pass\n"


def awaiting(body: str) -> str:
    """Return the module in which a test of a mixin awaits."""
    head = "import pytest\n\nfrom app import f\n\n"
    test = "class Calls:\n    @pytest.mark.asyncio\n    async def test_f(self):\n"
    return f"{head}{body}\n{test}"


def test_a_method_that_a_sibling_mixin_calls_on_self_is_awaited_there():
    head = "import asyncio\n\nfrom app import f\n\n"
    mixin = MIXIN.replace("def drive", "async def drive").replace(
        "asyncio.run(c)", "await c"
    )
    check(
        {"app.py": APP, "test_it.py": f"{head}{MIXIN}\n{CALLS}\n{BOTH}"},
        {
            "test_it.py": awaiting(mixin)
            + f"        assert await self.drive(f()) == 1\n\n{BOTH}"
        },
    )


def test_a_mixin_whose_sibling_is_a_runner_awaits_beside_it():
    head = "import asyncio\n\nfrom app import f\n\n"
    calls = CALLS.replace("== 1", "== asyncio.run(f())")
    pure = MIXIN.replace("        print()\n", "")
    check(
        {"app.py": APP, "test_it.py": f"{head}{pure}\n{calls}\n{BOTH}"},
        {
            "test_it.py": awaiting("class Drives:\n    pass\n")
            + f"        assert await f() == await f()\n\n{BOTH}"
        },
    )


def test_a_mixin_method_that_tests_in_a_third_module_call_is_awaited():
    mixins = (
        "import asyncio\n\nfrom app import f\n\nclass Mixin:\n"
        "    def make(self):\n        return asyncio.run(f())\n"
    )
    base = (
        "from mixins import Mixin\n\nclass Base(Mixin):\n"
        "    def start(self):\n        self.thing = self.make()\n"
    )
    test = (
        "import pytest\n\nfrom base import Base\n\nclass TestF(Base):\n"
        "    def test_a(self):\n        self.start()\n"
        "        assert self.thing == 1\n\n"
        "    def test_b(self):\n        assert self.make() == 1\n"
    )
    awaited = (
        test.replace("    def ", "    @pytest.mark.asyncio\n    async def ")
        .replace("self.start()", "await self.start()")
        .replace("self.make()", "await self.make()")
    )
    check(
        {
            "app.py": APP,
            "tests/mixins.py": mixins,
            "tests/base.py": base,
            "tests/test_it.py": test,
        },
        {
            "tests/mixins.py": mixins.replace("import asyncio\n\n", "")
            .replace("def make", "async def make")
            .replace("asyncio.run(f())", "await f()"),
            "tests/base.py": base.replace("def start", "async def start").replace(
                "self.make()", "await self.make()"
            ),
            "tests/test_it.py": awaited,
        },
    )


HOLDERS = {
    "by a module hook": (
        "def setup_module(module):\n    module.api = Api()\n\n"
        "def test_a():\n    assert api.call() == 1\n"
    ),
    "by the class": (
        "class TestA:\n    api = Api()\n\n    def test_a(self):\n"
        "        assert type(self).api.call() == 1\n"
    ),
}


@pytest.mark.parametrize("body", HOLDERS.values(), ids=HOLDERS)
def test_an_object_kept_on_something_else_stays(body):
    assert left(one(body)) == ["helper-escapes"]


PROXIES = {
    "getattr gives a function": (
        "class Sync:\n    def __getattr__(self, name):\n"
        "        def call():\n            return asyncio.run(f())\n"
        "        return call\n"
    ),
    "getattr gives a lambda": (
        "class Sync:\n    def __getattr__(self, name):\n"
        "        return lambda: asyncio.run(f())\n"
    ),
    "a lambda on self": (
        "class Sync:\n    def __init__(self):\n"
        "        self.get = lambda: asyncio.run(f())\n"
    ),
    "a lambda on the class": (
        "def make():\n    return lambda: asyncio.run(f())\n\n"
        "class Sync:\n    get = staticmethod(make())\n"
    ),
    "a callable object": (
        "class Sync:\n    class Get:\n        def __call__(self):\n"
        "            return asyncio.run(f())\n    get = Get()\n"
    ),
    "a property": (
        "class Sync:\n    @property\n    def get(self):\n"
        "        asyncio.run(f())\n        return int\n"
    ),
    "by setattr": (
        "class Sync:\n    def __init__(self):\n"
        '        setattr(self, "get", lambda: asyncio.run(f()))\n'
    ),
}


@pytest.mark.parametrize(
    "definition",
    cases(PROXIES),
)
def test_a_test_with_a_proxy_that_drives_stays(definition):
    assert left(
        {
            "app.py": APP,
            "test_it.py": (
                f"import asyncio\n\nfrom app import f\n\n{definition}\n"
                "def test_a():\n    assert Sync().get() != asyncio.run(f(7))\n"
            ),
        }
    )


CALLABLE = (
    "import asyncio\n\n{0}from app import f\n\nclass Run:\n"
    "    def __call__(self, c):\n        return asyncio.run(c)\n\n"
    "{1}\n\ndef test_a():\n    assert run(f()) == asyncio.run(f())\n"
)


def test_a_test_with_a_callable_object_that_drives_stays():
    assert left({"app.py": APP, "test_it.py": CALLABLE.format("", "run = Run()")})


def test_a_callable_object_of_which_the_method_is_kept_is_a_runner():
    before = CALLABLE.format("import pytest\n\n", "run = Run().__call__")
    after = (
        "import pytest\n\nfrom app import f\n\nclass Run:\n    pass\n\n"
        "@pytest.mark.asyncio\nasync def test_a():\n"
        "    assert await f() == await f()\n"
    )
    check({"app.py": APP, "test_it.py": before}, {"test_it.py": after})
