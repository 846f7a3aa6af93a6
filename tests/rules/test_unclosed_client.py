"""AW552: what the examples in the rule itself are too plain to show."""

import pytest

from tests.support import check, reported, source
from tests.traps.support import check as check_project

HEAD = "import httpx\nimport pytest\n\nfrom app import Api, transport\n\n\n"
MARK = "@pytest.mark.asyncio\nasync def test_it(options):\n"


def in_test(*body: str, test: str = MARK) -> str:
    return HEAD + test + "".join(f"    {line}\n" for line in body)


def check_left(text: str) -> list[str]:
    """Assert that nothing changes, whatever is asked for; return what is told."""
    check(text, text, unsafe=True)
    return [each.partition(" ")[2] for each in reported(text)]


MADE = "client = httpx.AsyncClient()"


@pytest.mark.parametrize(
    "body",
    [
        [MADE],
        [MADE, "await client.aclose()"],
        [MADE, "async with client:", "    await client.get('/')"],
        [MADE, "await client.__aenter__()"],
        [MADE, "await client.get('/')", "assert client.is_closed"],
        [MADE, "api = Api(client)", "await client.get('/')"],
        [MADE, "options.client = client", "await client.get('/')"],
        [MADE, "await client.get('/')", "return client"],
        [MADE, "def get():", "    return client.get('/')", "await get()"],
        [MADE, "client = httpx.AsyncClient()", "await client.get('/')"],
        ["options.client = httpx.AsyncClient()", "await options.client.get('/')"],
        ["client = httpx.AsyncClient(**options)", "await client.get('/')"],
        [
            "client = httpx.AsyncClient(transport=transport)",
            "await client.get('/')",
        ],
        ["client = Api()", "await client.get('/')"],
    ],
)
def test_what_may_be_closed(body):
    assert check_left(in_test(*body)) == []


def test_a_client_that_a_sync_function_makes_for_coroutines():
    body = [MADE, "return client.get('/')"]
    assert check_left(in_test(*body, test="def make():\n")) == []


@pytest.mark.parametrize(
    "body",
    [
        ["if options:", f"    {MADE}", "await client.get('/')"],
        [f"{MADE}; x = 1", "await client.get('/')"],
        ["if options:", f"    {MADE}", "    task = make(client.get('/'))"],
        [MADE, "return make(client.get('/'))"],
    ],
)
def test_a_use_that_is_not_one_block(body):
    assert check_left(in_test(*body)) == ["AW552 report"]


def test_without_asking_nothing_changes():
    text = in_test(MADE, "await client.get('/')")
    check(text, text)
    assert reported(text) == ["9:5 AW552 review"]


def test_layout_and_comments_stay():
    before = in_test(
        "# The client.",
        "client = httpx.AsyncClient(  # of today",
        '    base_url="http://test",',
        ")  # for all",
        "",
        "# First.",
        "one = await client.get(",
        '    "/",',
        ")",
        "",
        "two = await client.get('''",
        "  /''')",
        "# Then.",
        "",
        "assert one == two",
    )
    after = in_test(
        "# The client.",
        "async with httpx.AsyncClient(  # of today",
        '    base_url="http://test",',
        ") as client:  # for all",
        "    # First.",
        "    one = await client.get(",
        '        "/",',
        "    )",
        "",
        "    two = await client.get('''",
        "  /''')",
        "# Then.",
        "",
        "assert one == two",
    )
    check(before, after, unsafe=True)


def test_what_may_be_read_below_keeps_the_client_open():
    before = in_test(MADE, "found = client.stream('GET', '/')", "await found.read()")
    after = in_test(
        "async with httpx.AsyncClient() as client:",
        "    found = client.stream('GET', '/')",
        "    await found.read()",
    )
    check(before, after, unsafe=True)


def test_tasks_of_a_client_keep_it_open():
    before = in_test(MADE, "task = make(client.get('/'))", "await task")
    after = in_test(
        "async with httpx.AsyncClient() as client:",
        "    task = make(client.get('/'))",
        "    await task",
    )
    check(before, after, unsafe=True)


def test_what_is_awaited_at_once():
    head = HEAD.replace("import httpx\n", "import asyncio\n\nimport httpx\n")
    before = in_test(
        MADE, "await asyncio.gather(client.get('/'), client.get('/'))", "x = 1"
    )
    after = in_test(
        "async with httpx.AsyncClient() as client:",
        "    await asyncio.gather(client.get('/'), client.get('/'))",
        "x = 1",
    )
    check(before.replace(HEAD, head), after.replace(HEAD, head), unsafe=True)


def test_a_sync_client():
    before = """
        import httpx

        def test_it():
            for path in ("/", "/a"):
                client = httpx.Client()
                if client.get(path).status_code != 200:
                    continue
                client.headers["a"] = "b"
                assert client.get(path).text
                print(path)
    """
    after = """
        import httpx

        def test_it():
            for path in ("/", "/a"):
                with httpx.Client() as client:
                    if client.get(path).status_code != 200:
                        continue
                    client.headers["a"] = "b"
                    assert client.get(path).text
                print(path)
    """
    check(before, after, unsafe=True)


def test_a_test_that_becomes_async_in_the_same_plan():
    before = """
        import asyncio

        import httpx

        from app import app

        def test_it():
            c = httpx.AsyncClient(app=app)
            loop = asyncio.new_event_loop()
            one = loop.run_until_complete(c.get("/"))
            two = loop.run_until_complete(c.get("/"))
            loop.close()
            assert one == two
    """
    after = """
        import httpx
        import pytest

        from app import app

        @pytest.mark.asyncio
        async def test_it():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as c:
                one = await c.get("/")
                two = await c.get("/")
            assert one == two
    """
    check_project(source(before), source(after), unsafe=True)
