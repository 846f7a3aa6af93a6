"""AW306: where the fixture stands, and how it is spelled."""

from tests.support import check

STAYING = "def test_g(benchmark):\n    asyncio.get_event_loop()\n    benchmark(f)\n"


def test_the_file_spells_its_imports_its_way():
    head = (
        "import asyncio as aio\nfrom pytest import fixture, mark\n\nfrom app import f\n"
    )
    body = "def test_g(benchmark):\n    aio.get_event_loop()\n    benchmark(f)\n"
    drive = "def test_f():\n    aio.get_event_loop().run_until_complete(f())\n"
    check(
        f"{head}\n\n{body}\n\n{drive}",
        f'{head}\n\n@fixture(scope="session")\ndef _sync_loop():\n'
        "    loop = aio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
        "@fixture(autouse=True)\ndef _current_loop(_sync_loop):\n"
        "    # Async tests leave no current event loop; sync tests need one.\n"
        f"    aio.set_event_loop(_sync_loop)\n\n\n{body}\n\n"
        "@mark.asyncio\nasync def test_f():\n    await f()\n",
    )


def test_it_stands_above_the_definitions_and_below_the_constants():
    head = "import asyncio\n\nimport pytest\n\nfrom app import f\n\nNUMBER = 1\n"
    drive = "def test_f():\n    asyncio.get_event_loop().run_until_complete(f())\n"
    check(
        f"{head}\n\n# Of g.\n{STAYING}\n\n{drive}",
        f'{head}\n\n@pytest.fixture(scope="session")\ndef _sync_loop():\n'
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
        "@pytest.fixture(autouse=True)\ndef _current_loop(_sync_loop):\n"
        "    # Async tests leave no current event loop; sync tests need one.\n"
        f"    asyncio.set_event_loop(_sync_loop)\n\n\n# Of g.\n{STAYING}\n\n"
        "@pytest.mark.asyncio\nasync def test_f():\n    await f()\n",
    )
