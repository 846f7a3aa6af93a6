import pytest

from helpers import open_shop, run_async
from shop import OutOfStock


def test_order():
    shop = open_shop(tea=3)
    assert run_async(shop.order("tea", 2)) == {"item": "tea", "count": 2}
    assert shop.stock == {"tea": 1}


def test_several_orders():
    shop = open_shop(tea=2, coffee=1)
    counts = [run_async(shop.order(item))["count"] for item in ("tea", "tea", "coffee")]
    assert sum(counts) == 3


def test_out_of_stock():
    shop = open_shop()
    pytest.raises(OutOfStock, run_async, shop.order("tea"))


class TestClosing:
    def test_close(self):
        shop = open_shop()
        run_async(shop.close())
        assert not shop.is_open
