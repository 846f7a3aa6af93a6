"""The page as a browser shows it: filters, keys, small screens, and nothing obeyed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from awaitify.prove import report as prove_report
from awaitify.report import as_html
from tests import reports
from tests.hostile import TEXTS
from tests.prove import proofs

selenium = pytest.importorskip("selenium")
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select  # noqa: E402

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_BROWSER = next(filter(None, map(shutil.which, _BROWSERS)), None)
_DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (_BROWSER and _DRIVER), reason="no Chromium, or no chromedriver, here"
    ),
]

SHOP = "tests/test_shop.py"


class Browser:
    """What the tests ask of a browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, folder: Path, page: bytes) -> None:
        file = folder / "page.html"
        file.write_bytes(page)
        self.driver.get_log("browser")
        self.driver.get(file.as_uri())

    def screen(self, width: int, height: int, *, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {**size, "mobile": width < 600}
        )
        scheme = {
            "name": "prefers-color-scheme",
            "value": "dark" if dark else "light",
        }
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [scheme]}
        )

    def scripts(self, on: bool) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setScriptExecutionDisabled", {"value": not on}
        )

    def ask(self, script: str) -> object:
        return self.driver.execute_script(f"return {script}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def choose(self, menu: str, value: str) -> None:
        Select(self.driver.find_element("id", menu)).select_by_value(value)

    def shown(self) -> list[str]:
        """Return the definitions that the filters let through, and their files."""
        return list(
            self.ask(
                "[...document.querySelectorAll('article')].filter("
                "a => !a.hidden && !a.closest('details').hidden).map("
                "a => a.closest('details').dataset.path + ' ' + a.dataset.name)"
            )
        )

    @property
    def here(self) -> str:
        """Return which definition has the focus."""
        return str(self.ask("document.activeElement.dataset.name"))

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    options = webdriver.ChromeOptions()
    options.binary_location = _BROWSER
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(_DRIVER))
    try:
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture
def browser(started: Browser) -> Iterator[Browser]:
    started.screen(1400, 1000)
    yield started
    started.scripts(on=True)


@pytest.fixture
def shop(browser: Browser, tmp_path: Path) -> Browser:
    browser.open(tmp_path, as_html.render(reports.made(tmp_path)))
    return browser


class TestFilters:
    def test_all_is_shown_at_first(self, shop: Browser):
        assert len(shop.shown()) == 7
        assert shop.ask("document.getElementById('shown').value") == "7 of 7 shown"
        assert not shop.complaints()

    def test_rule(self, shop: Browser):
        shop.choose("rule", "AW101")
        assert shop.shown() == [f"{SHOP} test_order", f"{SHOP} test_left"]

    def test_rule_and_verdict_are_of_the_same_finding(self, shop: Browser):
        shop.choose("verdict", "migrate")
        assert shop.shown() == ["pytest.ini ", f"{SHOP} test_order"]
        shop.choose("rule", "AW101")
        assert shop.shown() == [f"{SHOP} test_order"]
        shop.choose("verdict", "left")
        assert shop.shown() == [f"{SHOP} test_left"]
        shop.choose("rule", "AW341")
        assert shop.shown() == []
        assert shop.driver.find_element("id", "none").is_displayed()
        shop.driver.find_element("id", "clear").click()
        assert len(shop.shown()) == 7
        assert not shop.driver.find_element("id", "none").is_displayed()

    @pytest.mark.parametrize(
        ("typed", "number"), [("HELPERS", 1), ("test_shop left", 1), ("x.py", 0)]
    )
    def test_path_or_test(self, shop: Browser, typed: str, number: int):
        shop.press("/")
        shop.press(typed)
        shop.driver.implicitly_wait(0)
        shop.driver.execute_async_script("setTimeout(arguments[0], 200)")
        assert len(shop.shown()) == number

    def test_verdicts_of_a_proof(self, browser: Browser, tmp_path: Path):
        proof = proofs.worse(tmp_path)
        [one, *_] = [
            test
            for test in proof.comparison.tests.values()
            if test.verdict.value == "flaky since"
        ]
        tests = {f"{SHOP}::test_order[a b]": one}
        proof = replace(proof, comparison=replace(proof.comparison, tests=tests))
        browser.open(
            tmp_path, prove_report.as_html.render(proof, reports.made(tmp_path))
        )
        browser.choose("verdict", "flaky since")
        assert browser.shown() == [f"{SHOP} test_order"]


class TestKeys:
    def test_from_change_to_change(self, shop: Browser):
        shop.press("j", "n")
        assert shop.here == "run"
        shop.press("k")
        assert shop.here == ""
        shop.press("p", "k")
        assert shop.here == ""
        shop.press(*"jjjjjjjjjj")
        assert shop.here == "test_passed_in_vain"

    def test_what_is_hidden_is_passed_over(self, shop: Browser):
        shop.choose("rule", "AW101")
        shop.press(Keys.ESCAPE)
        shop.press("j")
        assert shop.here == "test_order"
        shop.press("j", "j")
        assert shop.here == "test_left"

    def test_files_are_opened_and_closed(self, shop: Browser):
        is_open = "document.querySelectorAll('details.file[open]').length"
        assert shop.ask(is_open) == 4
        shop.press("a")
        assert shop.ask(is_open) == 0
        shop.press("j", "j")
        assert shop.ask(is_open) == 2
        shop.press("o")
        assert shop.ask(is_open) == 1
        shop.press("J")
        path = "document.activeElement.closest('details').dataset.path"
        assert shop.ask(path) == "tests/hooks.py"
        shop.press("K")
        assert shop.ask(path) == "tests/helpers.py"

    def test_help(self, shop: Browser):
        dialog = shop.driver.find_element("id", "help")
        assert not dialog.is_displayed()
        shop.press("?")
        assert dialog.is_displayed() and "next change" in dialog.text
        shop.press(Keys.ESCAPE)
        assert not dialog.is_displayed()

    def test_keys_are_letters_in_a_filter(self, shop: Browser):
        shop.press("/")
        shop.press("jx?")
        assert shop.ask("document.getElementById('path').value") == "jx?"
        shop.press(Keys.ESCAPE)
        shop.press("x")
        assert shop.ask("document.getElementById('path').value") == ""


class TestScreens:
    def test_side_by_side(self, shop: Browser):
        old, new = self.lines(shop)
        assert old["y"] == new["y"] and old["right"] <= new["x"]

    def test_a_phone_has_one_above_the_other(self, shop: Browser):
        shop.screen(390, 800)
        old, new = self.lines(shop)
        assert old["x"] == new["x"] and old["bottom"] <= new["y"]
        assert shop.ask("document.documentElement.scrollWidth") == 390

    @pytest.mark.parametrize("width", [320, 800, 1200, 2000])
    def test_nothing_has_to_be_moved_sideways(self, browser, tmp_path, width: int):
        texts = [*TEXTS.values(), "word" * 500]
        browser.screen(width, 900)
        browser.open(tmp_path, as_html.render(reports.hostile(tmp_path, texts)))
        assert browser.ask("document.documentElement.scrollWidth") <= width

    def test_dark_and_light(self, shop: Browser):
        colours = "getComputedStyle(document.body)"
        light = shop.ask(f"[{colours}.color, {colours}.backgroundColor]")
        shop.screen(1400, 1000, dark=True)
        dark = shop.ask(f"[{colours}.color, {colours}.backgroundColor]")
        assert light[1] == "rgb(255, 255, 255)" != dark[1]
        assert sum(map(int, dark[1][4:-1].split(","))) < 100

    def lines(self, shop: Browser) -> tuple[dict, dict]:
        article = "document.querySelector('[data-name=test_passed_in_vain]')"
        old, new = (
            shop.ask(
                f"[...{article}.querySelectorAll('.{side}')].at(-1)"
                ".getBoundingClientRect().toJSON()"
            )
            for side in "on"
        )
        return old, new


def test_without_scripts_all_can_be_read(browser: Browser, tmp_path: Path):
    browser.scripts(on=False)
    page = as_html.render(reports.made(tmp_path)).replace(b" open>", b">")
    browser.open(tmp_path, page)
    find = browser.driver.find_element
    assert not find("id", "filters").is_displayed()
    order = find("css selector", "[data-name=test_order]")
    assert not order.is_displayed()
    find("css selector", f"[data-path='{SHOP}'] > summary").click()
    assert order.is_displayed() and "asyncio.run() becomes an await" in order.text


class TestNothingIsObeyed:
    def test_hostile_names_and_code(self, browser: Browser, tmp_path: Path):
        report = reports.hostile(tmp_path, [*TEXTS.values(), *proofs.HOSTILE])
        browser.open(
            tmp_path, prove_report.as_html.render(proofs.hostile(tmp_path), report)
        )
        # An alert would end this; the policy would complain of what it stopped.
        assert not browser.complaints()
        assert browser.ask("document.scripts.length") == 1
        assert browser.ask("document.images.length") == 0
        assert browser.ask("performance.getEntriesByType('resource').length") == 0
        browser.press("j", "j", "?", Keys.ESCAPE)
        for menu in ("rule", "verdict"):
            assert browser.ask(
                f"(() => {{ const menu = document.getElementById('{menu}');"
                "const empty = [...menu.options].filter((option) => {"
                "menu.value = option.value;"
                "menu.dispatchEvent(new Event('change'));"
                "return document.getElementById('shown').value.startsWith('0 ');"
                "}); menu.selectedIndex = 0; menu.dispatchEvent(new Event('change'));"
                "return empty.map((option) => option.textContent); })()"
            ) == [], menu  # fmt: skip
        assert not browser.complaints()

    def test_a_script_that_gets_in_does_not_run(self, browser: Browser, tmp_path: Path):
        page = as_html.render(reports.made(tmp_path)).replace(
            b"<main>",
            b"<main><script>window.bad = 1</script><img src=x onerror='bad = 2'>"
            b"<a id=link href='javascript:bad = 3'>a</a>",
        )
        browser.open(tmp_path, page)
        browser.driver.find_element("id", "link").click()
        assert browser.ask("window.bad") is None
        assert browser.complaints()


def test_a_large_page_answers(browser: Browser, tmp_path: Path):
    files = [(f"t_{n}.py", reports.BEFORE, reports.AFTER) for n in range(600)]
    found = [
        replace(each, path=path) for path, _, _ in files for each in reports.FINDINGS
    ]
    browser.open(tmp_path, as_html.render(reports.made(tmp_path, files, found)))
    assert len(browser.shown()) > 1500
    took = browser.ask(
        "(() => { const start = performance.now(); "
        "const menu = document.getElementById('rule'); menu.value = 'AW101'; "
        "menu.dispatchEvent(new Event('change')); document.body.offsetHeight; "
        "return performance.now() - start; })()"
    )
    assert len(browser.shown()) == 1200
    assert took < 5000
