import unittest

from app import two


class Hole(unittest.IsolatedAsyncioTestCase):
    async def test_never_runs(self):
        self.assertEqual(await two(), 3)      # wrong, and nobody notices

    async def test_never_runs_but_right(self):
        self.assertEqual(await two(), 2)
