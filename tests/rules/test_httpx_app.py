"""AW551: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, check_unchanged, reported
from tests.traps.support import check as check_project
from tests.traps.support import left

HEAD = "import httpx\nimport pytest\n\nfrom app import app\n\n\n"


def in_test(*body: str, head: str = HEAD, mark: str = "@pytest.mark.asyncio\n") -> str:
    """Return a module with one coroutine test."""
    lines = "".join(f"    {line}\n" for line in body)
    return f"{head}{mark}async def test_it(options, request):\n{lines}"


@pytest.mark.parametrize(
    "call",
    [
        "httpx.AsyncClient(app=app, transport=options)",
        "httpx.AsyncClient(transport=httpx.ASGITransport(app=app))",
        "httpx.AsyncClient(**options)",
        "partial(httpx.AsyncClient, app=app)",
        "TestClient(app)",
        "TestClient(app=app)",
        "own.AsyncClient(app=app)",
        "(httpx.AsyncClient if request else own.Client)(app=app)",
        "Own(app=app)",
        "Made(app=app)",
    ],
)
def test_what_takes_an_app_or_none(call):
    own = (
        "class Own(httpx.AsyncClient):\n    def __init__(self, app):\n"
        "        super().__init__(base_url=app.url)\n\n\n"
        "class Made(httpx.AsyncClient, metaclass=own.Meta):\n    pass\n\n\n"
    )
    head = (
        "from functools import partial\n\nfrom fastapi.testclient import TestClient\n"
    )
    head += HEAD.replace("import app\n", "import app, own\n")
    assert check_unchanged(in_test(f"client = {call}", head=head + own)) == []


@pytest.mark.parametrize(
    "body",
    [
        ["with pytest.raises(TypeError):", "    httpx.AsyncClient(app=app)"],
        ["try:", "    httpx.AsyncClient(app=app)", "except TypeError:", "    pass"],
        [
            "try:",
            "    make(app)",
            "except AttributeError:",
            "    httpx.AsyncClient(app=app)",
        ],
        ["if httpx.__version__ < '0.28':", "    httpx.AsyncClient(app=app)"],
        ["if not hasattr(httpx, 'A'):", "    httpx.AsyncClient(app=app)"],
        ["with pytest.warns(DeprecationWarning):", "    httpx.AsyncClient(app=app)"],
    ],
    ids=["raises", "try", "except", "version", "hasattr", "warns"],
)
def test_code_that_knows_of_both(body):
    source = in_test(*body)
    assert check_unchanged(source) == ["unknown-value"]


def test_a_test_that_is_expected_to_fail():
    mark = "@pytest.mark.xfail(strict=True)\n@pytest.mark.asyncio\n"
    source = in_test("httpx.AsyncClient(app=app)", mark=mark)
    assert check_unchanged(source) == ["unknown-value"]


def test_a_client_that_a_test_replaces():
    body = [
        'with patch("httpx.AsyncClient") as client:',
        "    httpx.AsyncClient(app=app)",
        "    client.assert_called_with(app=app)",
    ]
    source = in_test(*body, head="from unittest.mock import patch\n" + HEAD)
    assert check_unchanged(source) == ["runner-patched"]


def test_options_that_may_have_a_transport():
    head = HEAD + "def connect(**options):\n"
    head += "    return httpx.AsyncClient(app=app, **options)\n\n\n"
    test = in_test("async with connect(transport=options):", "    pass", head=head)
    assert check_unchanged(test) == ["unknown-value"]


def test_a_name_that_means_something_else():
    head = HEAD.replace("import httpx\n", "from httpx import AsyncClient\n")
    head = head.replace("import app\n", "import app\nfrom own import ASGITransport\n")
    source = in_test("client = AsyncClient(app=app), ASGITransport", head=head)
    assert check_unchanged(source) == ["name-taken"]


@pytest.mark.parametrize(
    "spread",
    ['{"app": app}', "dict(app=app)", "kept"],
)
def test_an_app_that_is_spread_is_reported(spread):
    source = in_test("kept = dict(app=app)", f"made = httpx.Client(**{spread})")
    assert reported(source) == ["10:27 AW551 report"]


def test_an_assertion():
    assert check_unchanged(in_test("assert httpx.Client(app=app)")) == ["unknown-value"]


def test_what_a_test_is_given():
    mark = '@pytest.mark.parametrize("request", [httpx.Client(app=app)])\n'
    mark += "@pytest.mark.asyncio\n"
    assert check_unchanged(in_test("assert request", mark=mark)) == ["unknown-value"]


def test_code_that_is_no_test_code():
    code = "import httpx\n\n\ndef make(app):\n    return httpx.AsyncClient(app=app)\n"
    project = {"app.py": code, "test_it.py": "import app\n"}
    assert left(project, selected=frozenset({"test_it.py"})) == []


@pytest.mark.parametrize(
    "before, after",
    [
        (
            "httpx.AsyncClient(app=app)",
            "httpx.AsyncClient(transport=httpx.ASGITransport(app=app))",
        ),
        (
            "httpx.Client(app=app)",
            "httpx.Client(transport=httpx.WSGITransport(app=app))",
        ),
        (
            'httpx.AsyncClient(root_path="/v1", app=app, timeout=1, client=("h", 1))',
            "httpx.AsyncClient(transport=httpx.ASGITransport("
            'app=app, root_path="/v1", client=("h", 1)), timeout=1)',
        ),
        (
            "httpx.Client(app=make(app=app), **options)",
            "httpx.Client(transport=httpx.WSGITransport(app=make(app=app)), **options)",
        ),
    ],
)
def test_the_transport_is_said_as_the_client_is(before, after):
    check(in_test(f"client = {before}"), in_test(f"client = {after}"))


def test_layout_and_comments_stay():
    body = [
        "return httpx.AsyncClient(",
        "    # The whole of it.",
        "    app=app,  # not a part",
        '    base_url="http://test",',
        ")",
    ]
    done = [
        each.replace("app=app", "transport=httpx.ASGITransport(app=app)")
        for each in body
    ]
    check(in_test(*body), in_test(*done))


@pytest.mark.parametrize(
    "imports, done, name",
    [
        (
            "from httpx import AsyncClient as Client\n",
            "from httpx import ASGITransport, AsyncClient as Client\n",
            "ASGITransport",
        ),
        (
            "from httpx import ASGITransport as Asgi, AsyncClient as Client\n",
            "from httpx import ASGITransport as Asgi, AsyncClient as Client\n",
            "Asgi",
        ),
    ],
)
def test_names_of_a_file(imports, done, name):
    head = HEAD.replace("import httpx\n", imports)
    after = HEAD.replace("import httpx\n", done)
    transport = f"transport={name}(app=app)"
    check(
        in_test("client = Client(app=app)", head=head),
        in_test(f"client = Client({transport})", head=after),
    )


def test_an_import_in_a_function_stays_there():
    head = HEAD.replace("import httpx\n", "")
    before = ["from httpx import AsyncClient", "client = AsyncClient(app=app)"]
    after = [
        before[0],
        "from httpx import ASGITransport",
        "client = AsyncClient(transport=ASGITransport(app=app))",
    ]
    check(in_test(*before, head=head), in_test(*after, head=head))


def test_a_class_of_clients():
    own = "class Own(httpx.AsyncClient):\n    def login(self): ...\n\n\n"
    made = (
        "class Made(httpx.AsyncClient):\n    def __init__(self, app):\n"
        "        super().__init__(app=app)\n\n\n"
    )
    done = made.replace("(app=app)", "(transport=httpx.ASGITransport(app=app))")
    call = "made = Made(app), Own(app=app)"
    after = "made = Made(app), Own(transport=httpx.ASGITransport(app=app))"
    check(in_test(call, head=HEAD + own + made), in_test(after, head=HEAD + own + done))


def test_an_application_that_is_awaited_in_the_same_plan():
    before = """
        import asyncio

        import httpx

        from app import make

        def test_it():
            loop = asyncio.new_event_loop()
            client = httpx.AsyncClient(app=loop.run_until_complete(make()))
            loop.run_until_complete(client.aclose())
            loop.close()
    """
    after = """
        import httpx
        import pytest

        from app import make

        @pytest.mark.asyncio
        async def test_it():
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app=await make()))
            await client.aclose()
    """
    check_project(before, after)
