"""Imports: names that go, statements that come."""

from __future__ import annotations

import pytest

from tests.transform.edited import check, edited, source


def drop(*indexes: int, kind: str = "ImportFrom"):
    return (kind, 0, "drop-names", {"indexes": list(indexes)})


def add(code: str, **arguments: object):
    return ("Module", 0, "add-import", {"code": code, **arguments})


DROPPED = {
    "one": ([drop(0, kind="Import")], "import a, b as c\n", "import b as c\n"),
    "last": ([drop(1)], "from m import a, b\n", "from m import a\n"),
    "middle": ([drop(1)], "from m import a, b, c\n", "from m import a, c\n"),
    "in two edits": (
        [drop(0), drop(2)],
        "from m import a, b, c\n",
        "from m import b\n",
    ),
    "all": ([drop(0, 1)], "from m import a, b\nx = 1\n", "x = 1\n"),
    "all, in two edits": ([drop(0), drop(1)], "from m import a, b\nx = 1\n", "x = 1\n"),
    "star": ([drop(0)], "from m import *\nx = 1\n", "x = 1\n"),
    "in lines": (
        [drop(1)],
        """
        from m import (
            a,  # a
            b,  # b
            c,  # c
        )
        """,
        """
        from m import (
            a,  # a
            c,  # c
        )
        """,
    ),
    "first of lines": (
        [drop(0)],
        """
        from m import (
            a,  # a
            b,
            c,
        )
        """,
        """
        from m import (
            b,
            c,
        )
        """,
    ),
    "last of lines": (
        [drop(2)],
        """
        from m import (
            a,
            b,  # b
            c,  # c
        )
        """,
        """
        from m import (
            a,
            b,  # b
        )
        """,
    ),
    "last of lines, no comma": (
        [drop(2)],
        """
        from m import (
            a,
            b,  # b
            c  # c
        )
        """,
        """
        from m import (
            a,
            b  # b
        )
        """,
    ),
    "comment on its own line": (
        [drop(0)],
        """
        from m import (
            a,
            # b
            b,
            c,
        )
        """,
        """
        from m import (
            # b
            b,
            c,
        )
        """,
    ),
    "several on a line": (
        [drop(1)],
        """
        from m import (a, b,
                       c, d)
        """,
        """
        from m import (a,
                       c, d)
        """,
    ),
    "one is left": (
        [drop(0, 2)],
        """
        from m import (
            a,
            b,
            c,
        )
        """,
        """
        from m import b
        """,
    ),
    "one is left with its comment": (
        [drop(0)],
        """
        from m import (
            a,
            b,  # b
        )
        """,
        """
        from m import (
            b,  # b
        )
        """,
    ),
}

PYTEST = add("import pytest")

ADDED = {
    "there": ([PYTEST], "import pytest\n", "import pytest\n"),
    "there among others": ([PYTEST], "import os, pytest\n", "import os, pytest\n"),
    "there under another name": (
        [PYTEST],
        "import pytest as p\n",
        "import pytest\nimport pytest as p\n",
    ),
    "not really there": (
        [PYTEST],
        """
        import os

        if x:
            import pytest
        """,
        """
        import os

        import pytest

        if x:
            import pytest
        """,
    ),
    "no imports": (
        [PYTEST],
        """
        def f():
            pass
        """,
        """
        import pytest


        def f():
            pass
        """,
    ),
    "comment on the file": (
        [PYTEST],
        """
        #!/usr/bin/env python
        # -*- coding: utf-8 -*-
        x = 1
        """,
        """
        #!/usr/bin/env python
        # -*- coding: utf-8 -*-

        import pytest

        x = 1
        """,
    ),
    "comment on the function": (
        [PYTEST],
        """
        # Licence.

        # why
        def f():
            pass
        """,
        """
        # Licence.

        import pytest


        # why
        def f():
            pass
        """,
    ),
    "docstring": (
        [PYTEST],
        '''
        """Tests."""

        x = 1
        ''',
        '''
        """Tests."""

        import pytest

        x = 1
        ''',
    ),
    "docstring and future": (
        [PYTEST],
        '''
        """Tests."""
        from __future__ import annotations


        def f():
            pass
        ''',
        '''
        """Tests."""
        from __future__ import annotations

        import pytest


        def f():
            pass
        ''',
    ),
    "below the standard library": (
        [PYTEST],
        """
        import asyncio
        import os


        def f():
            pass
        """,
        """
        import asyncio
        import os

        import pytest


        def f():
            pass
        """,
    ),
    "between standard library and project": (
        [PYTEST],
        """
        import asyncio

        from client import Client
        """,
        """
        import asyncio

        import pytest

        from client import Client
        """,
    ),
    "among third-party modules": (
        [PYTEST],
        """
        import asyncio

        import aiohttp
        import yarl
        from aiohttp import web

        from . import client
        """,
        """
        import asyncio

        import aiohttp
        import pytest
        import yarl
        from aiohttp import web

        from . import client
        """,
    ),
    "first among third-party modules": (
        [PYTEST],
        """
        import asyncio

        import yarl
        """,
        """
        import asyncio

        import pytest
        import yarl
        """,
    ),
    "above from-imports": (
        [PYTEST],
        """
        import asyncio

        from aiohttp import web
        """,
        """
        import asyncio

        import pytest
        from aiohttp import web
        """,
    ),
    "the project's own modules are known": (
        [add("import pytest", local=["app"])],
        """
        import asyncio

        import strange

        import app
        """,
        """
        import asyncio

        import pytest
        import strange

        import app
        """,
    ),
    "above the project's own": (
        [add("import pytest", local=["app"])],
        """
        from app import x
        """,
        """
        import pytest

        from app import x
        """,
    ),
    "above relative imports": (
        [PYTEST],
        """
        from . import x
        """,
        """
        import pytest

        from . import x
        """,
    ),
    "mixed": (
        [PYTEST],
        """
        import asyncio
        import unittest
        from aiohttp import web
        from unittest import mock
        """,
        """
        import asyncio
        import pytest
        import unittest
        from aiohttp import web
        from unittest import mock
        """,
    ),
    "standard library, sorted": (
        [add("import asyncio")],
        """
        import abc
        import os
        from json import x

        import pytest
        """,
        """
        import abc
        import asyncio
        import os
        from json import x

        import pytest
        """,
    ),
    "standard library, first": (
        [add("import asyncio")],
        """
        # Tests.

        # why
        import os
        """,
        """
        # Tests.

        import asyncio
        # why
        import os
        """,
    ),
    "standard library, first below a heading": (
        [add("import asyncio")],
        """
        # Tests.

        # Standard library
        import os
        """,
        """
        # Tests.

        # Standard library
        import asyncio
        import os
        """,
    ),
    "standard library, a block of its own": (
        [add("import asyncio")],
        """
        import pytest


        x = 1
        """,
        """
        import asyncio

        import pytest


        x = 1
        """,
    ),
    "from": (
        [add("from unittest.mock import AsyncMock")],
        """
        import os
        from typing import Any
        """,
        """
        import os
        from typing import Any
        from unittest.mock import AsyncMock
        """,
    ),
    "joins a from-import": (
        [add("from unittest.mock import AsyncMock")],
        "from unittest.mock import ANY, Mock, patch\n",
        "from unittest.mock import ANY, AsyncMock, Mock, patch\n",
    ),
    "joins a from-import at its end": (
        [add("from m import z")],
        "from m import a\n",
        "from m import a, z\n",
    ),
    "joins a from-import in lines": (
        [add("from m import z")],
        """
        from m import (
            a,  # a
            b,  # b
        )
        """,
        """
        from m import (
            a,  # a
            b,  # b
            z,
        )
        """,
    ),
    "joins a from-import in lines, first": (
        [add("from m import A")],
        """
        from m import (
            b,  # b
            c,
        )
        """,
        """
        from m import (
            A,
            b,  # b
            c,
        )
        """,
    ),
    "the only import goes": (
        [PYTEST, ("Import", 0, "remove")],
        """
        import asyncio


        def f():
            pass
        """,
        """
        import pytest


        def f():
            pass
        """,
    ),
    "statement below": (
        [("Module", 0, "insert-after-imports", {"code": "pytestmark = x"}), PYTEST],
        """
        import os

        try:
            import a
        except ImportError:
            a = None


        def f():
            import b
        """,
        """
        import os

        import pytest

        try:
            import a
        except ImportError:
            a = None

        pytestmark = x


        def f():
            import b
        """,
    ),
    "statement below, others follow": (
        [("Module", 0, "insert-after-imports", {"code": "pytestmark = x"})],
        """
        import os
        y = 1
        """,
        """
        import os

        pytestmark = x

        y = 1
        """,
    ),
    "statement there": (
        [("Module", 0, "insert-after-imports", {"code": "pytestmark = x"})],
        "import os\n\npytestmark = x\n",
        "import os\n\npytestmark = x\n",
    ),
}


@pytest.mark.parametrize("name", [*DROPPED, *ADDED])
def test_case(name: str):
    edits, before, after = (DROPPED | ADDED)[name]
    check(before, edits, after)


@pytest.mark.parametrize("name", ADDED)
def test_added_once(name: str):
    edits, _, after = ADDED[name]
    again = [edit for edit in edits if edit[0] == "Module"]
    assert edited(source(after), *again) == source(after)
