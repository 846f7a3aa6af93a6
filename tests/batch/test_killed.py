"""A batch that is killed is taken up again; the large run is a command of its own."""

from __future__ import annotations

import pytest

from tests.batch import killed


@pytest.mark.slow
def test_killed_and_taken_up_again(monkeypatch: pytest.MonkeyPatch):
    # It sets variables for all that it starts.
    with monkeypatch.context() as patch:
        for name in killed.VARIABLES:
            patch.setenv(name, "")
        assert killed.main(["--repositories", "12", "--kills", "5"]) == 0
