"""Every trap and every refusal that the patterns name, one test each."""

import pytest

pytest.register_assert_rewrite("tests.traps.support")
