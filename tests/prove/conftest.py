"""What several tests of the proof need, made once."""

import pytest

from tests.prove.environments import Environments


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    return Environments(tmp_path_factory.mktemp("environments"))
