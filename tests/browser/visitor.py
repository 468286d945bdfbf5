"""A person with a browser, who reads and clicks what is on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.common.exceptions import (
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.waiting import until


class Visitor:
    """`visitor.go("/basket/"); visitor.press("Check out"); visitor.sees("One last look")`."""

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self.browser, self.url = browser, url

    def go(self, path: str) -> None:
        self.browser.get(self.url + path)

    @property
    def path(self) -> str:
        return self.browser.current_url.removeprefix(self.url)

    def find(self, css: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def press(self, words: str) -> None:
        """Click the button or link that says this, to the eye or to a screen reader."""
        said = f"contains(normalize-space(.), '{words}') or contains(@aria-label, '{words}')"
        self.browser.find_element(By.XPATH, f"//main//*[self::a or self::button][{said}]").click()

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            field = self.find(f"main [name={name}]")
            field.clear()
            field.send_keys(text)

    def reads(self, words: str, css: str) -> bool:
        try:
            return words in self.find(css).text
        except WebDriverException as error:
            if not _is_being_replaced(error):
                raise
            return False

    def sees(self, words: str, css: str = "main", *, seconds: float = 30) -> None:
        """Wait until the page says this."""
        until(
            lambda: self.reads(words, css),
            seconds=seconds,
            otherwise=lambda: f"no {words!r} at {self.path}:\n{self.find('main').text}",
        )

    def register(self, email: str, full_name: str = "Vera Visitor") -> None:
        self.go("/register/")
        self.fill(full_name=full_name, email=email, password="a-long-secret-7")
        self.press("Register")
        self.sees("Thank you")

    def log_in(self, username: str, password: str) -> None:
        self.go("/login/")
        self.fill(username=username, password=password)
        self.press("Log in")
        self.sees("Log out", "header")

    def buy(self, product: str, card_ending_in: str = "4242") -> None:
        """Order one piece; ends at the order's page."""
        self.go("/?q=" + product.replace(" ", "+"))
        self.press(f"Put {product} into the basket")
        self.sees(f"{product} is in your basket", ".messages")
        self.go("/checkout/")
        self.browser.find_element(By.XPATH, f"//label[contains(., 'ending in {card_ending_in}')]").click()
        self.press("Place the order")
        self.sees("What is in it")

    @contextmanager
    def without_javascript(self) -> Iterator[None]:
        self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        try:
            yield
        finally:
            self.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    @contextmanager
    def on_a_phone(self, width: int = 360, height: int = 740) -> Iterator[None]:
        phone = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        try:
            yield
        finally:
            self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def complaints(self) -> list[str]:
        """What the browser has said against the pages since it was last asked."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


def _is_being_replaced(error: WebDriverException) -> bool:
    """Whether the page changed between finding an element and reading it; Chromium says so in two ways."""
    gone = isinstance(error, NoSuchElementException | StaleElementReferenceException)
    return gone or "does not belong to the document" in str(error)
