import asyncio
import unittest

from app import Conn


class ConnTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.loop = asyncio.get_running_loop()
        self.conn = Conn(loop=self.loop)
        await self.conn.open()

    async def asyncTearDown(self):
        await self.conn.close()

    async def test_query(self):
        res = await self.conn.query("a")
        self.assertEqual(res, "A")

    def test_plain(self):
        self.assertTrue(self.conn.opened)

    async def test_nested(self):
        async def go():
            self.assertEqual(await self.conn.query("b"), "B")

        await go()
