"""A browser to drive, and the few verbs the tests are written in."""

import base64
import email
import email.policy
import os
import re
import shutil
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

PATIENCE = 10.0

# Violations of the content security policy are noted from the first script on, across reloads.
WATCH = """
document.addEventListener("securitypolicyviolation", (event) => {
    const noted = JSON.parse(sessionStorage.getItem("violations") || "[]");
    noted.push(event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile);
    sessionStorage.setItem("violations", JSON.stringify(noted));
});
"""


def chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise SystemExit("chromium is missing: apt-get install chromium chromium-driver")


class BrowserCrashed(Exception):
    """The browser's own failure, not the page's: a tab of it died, or it answers no more."""


class Browser:
    def __init__(self, base, shots=None):
        self.base, self.shots = base.rstrip("/"), shots
        self.complaints, self.cookies = [], []
        self.start()

    def start(self):
        options = webdriver.ChromeOptions()
        options.binary_location = chromium()
        flags = ["--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        for flag in flags:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = shutil.which("chromedriver") or "/usr/bin/chromedriver"
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        # A command that takes longer finds a browser that hangs.
        self.driver.command_executor.client_config.timeout = 60
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.size(1280, 900)
        self.media("light")

    def remember(self):
        """Notes the cookies, so that another browser could go on from here."""
        self.cookies = self.cdp("Storage.getCookies")["cookies"]

    def renew(self):
        """Another browser goes on, signed in as the last one was when it was remembered."""
        try:
            self.driver.quit()
        except Exception:  # it is gone, in whichever way
            self.driver.service.stop()
        self.start()
        self.cdp("Storage.setCookies", cookies=self.cookies)

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.cdp("Emulation.setEmulatedMedia", features=features)
        # The command answers before the page is drawn anew: a colour read right after it may be of the scheme before.
        script = "const done = arguments[1]; requestAnimationFrame(() => done(matchMedia(`(prefers-color-scheme: ${arguments[0]})`).matches))"
        wait(lambda: self.driver.execute_async_script(script, scheme), f"the system's scheme did not become {scheme}")

    def offline(self, on):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=on, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    # Going and looking

    def open(self, path):
        self.driver.get(self.base + path)

    @property
    def path(self):
        return self.js("return location.pathname + location.search")

    def js(self, script, *values):
        return self.driver.execute_script(script, *values)

    def fetch(self, method, path, body=None):
        """A request by the page's own session, past the page's code."""
        return self.driver.execute_async_script(
            """
            const [method, path, body, done] = arguments;
            const token = document.cookie.split("; ").find((part) => part.startsWith("purser_csrf="));
            fetch(path, {method, body: body === null ? undefined : JSON.stringify(body), headers: {
                "Content-Type": "application/json", "X-CSRF-Token": token ? decodeURIComponent(token.slice(12)) : ""}})
                .then(async (response) => done({status: response.status, text: await response.text()}), (error) => done({status: 0, text: String(error)}));
            """, method, path, body)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector):
        return self.lasting(lambda: wait(lambda: next((each for each in self.all(selector) if each.is_displayed()), None), f"no {selector}"))

    def lasting(self, look):
        """The element, which knows how to be found again when the page has drawn it anew."""
        element = look()
        element.again = look
        return element

    def text(self, selector):
        return self.find(selector).text

    def button(self, text, within=""):
        # In one go: a list has hundreds of buttons, and asking each costs a round trip.
        search = """
            return [...document.querySelectorAll(arguments[0])].find((each) =>
                each.innerText.trim() === arguments[1] && each.checkVisibility({visibilityProperty: true})) ?? null"""
        return self.lasting(lambda: wait(lambda: self.js(search, f"{within} button, {within} a".strip(), text), f"no button “{text}”"))

    def click(self, target):
        element = self.find(target) if isinstance(target, str) else target
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.js("arguments[0].scrollIntoView({block: 'center'})", element)
                return element.click()
            except StaleElementReferenceException:
                if not hasattr(element, "again") or time.monotonic() > end:
                    raise
                element = element.again()

    def words(self, within="body"):
        return " ".join((self.js("return document.querySelector(arguments[0])?.innerText ?? ''", within)).split())

    def sees(self, text, within="body"):
        wait(lambda: text in self.words(within), lambda: f"“{text}” does not appear in {within}, which says “{self.words(within)[:400]}”")

    def lacks(self, text, within="body"):
        wait(lambda: text not in self.words(within), f"“{text}” is still in {within}")

    def at(self, path):
        wait(lambda: self.js("return location.pathname") == path, lambda: f"not at {path} but {self.path}")

    def gone(self, selector):
        wait(lambda: not [each for each in self.all(selector) if each.is_displayed()], f"{selector} is still there")

    # Typing

    def fill(self, name, value, within=""):
        field = self.find(f"{within} [name='{name}']".strip())
        if field.tag_name == "select":
            self.js("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('change', {bubbles: true})); arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", field, value)
        elif field.get_attribute("type") == "date":
            self.js("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true})); arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", field, value)
        else:
            field.send_keys(Keys.CONTROL, "a")
            field.send_keys(Keys.DELETE)
            field.send_keys(value)

    def keys(self, *keys):
        chain = ActionChains(self.driver)
        for key in keys:
            chain.send_keys(key).pause(0.03)
        chain.perform()

    def chord(self, modifier, key):
        ActionChains(self.driver).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def focused(self, script):
        return self.js(f"const element = document.activeElement; return {script}")

    def until(self, body, problem):
        return wait(body, problem)

    # Complaints

    def drain(self, expected=()):
        """Collects what the console says; `expected` are parts of messages that this test provoked."""
        for line in self.driver.get_log("browser"):
            message = line["message"]
            if line["level"] in ("SEVERE", "WARNING") and not any(part in message for part in expected):
                self.complaints.append(f"{line['level']}: {message}")

    def violations(self):
        return self.js("return JSON.parse(sessionStorage.getItem('violations') || '[]')")

    def loading(self):
        """What the page has loaded, and what it still waits for."""
        return self.js("""
            const all = performance.getEntriesByType("resource");
            const open = all.filter((each) => !each.responseEnd).map((each) => each.name);
            return `${document.readyState}, ${all.length} files, waiting for: ${open.join(" ") || "none"}`""")

    def shot(self, name):
        if self.shots:
            os.makedirs(self.shots, exist_ok=True)
            with open(os.path.join(self.shots, f"{name}.png"), "wb") as file:
                file.write(base64.b64decode(self.cdp("Page.captureScreenshot", format="png")["data"]))

    def quit(self):
        self.driver.quit()


# The letters, out of the folder that they go to without a mail server


def letters(to):
    """The letters to an address, oldest first; without the folder there are none to be read."""
    folder = os.environ.get("MAIL_FOLDER", "")
    found = []
    # What has another ending is still being written, and called so in a moment.
    for name in sorted(each for each in os.listdir(folder) if each.endswith(".eml")) if os.path.isdir(folder) else []:
        try:
            with open(os.path.join(folder, name), "rb") as file:
                letter = email.message_from_binary_file(file, policy=email.policy.default)
        except FileNotFoundError:  # the folder keeps the newest only
            continue
        if to in letter["to"]:
            found.append(letter)
    return found


def link(to, path, since=0):
    """Where the newest letter with a link to that screen leads, waiting for it. `since`: as many letters are older."""
    def newest():
        for letter in reversed(letters(to)[since:]):
            match = re.search(r"https?://[^\s/]+(" + re.escape(path) + r"#token=\S+)", letter.get_body(("plain",)).get_content())
            if match:
                return match.group(1)
        return None
    return wait(newest, f"no letter to {to} with a link to {path}", 15)


def is_crash(error):
    # urllib3's timeouts are of a browser that hangs.
    return isinstance(error, BrowserCrashed) or type(error).__name__ in ("ReadTimeoutError", "MaxRetryError", "InvalidSessionIdException") or "tab crashed" in str(error)


def wait(body, problem, patience=PATIENCE):
    """What `body` returns, once that is true. `problem` may be a function, asked only when it never was."""
    end = time.monotonic() + patience
    while True:
        cause = None
        try:
            if value := body():
                return value
        except WebDriverException as error:  # an element may go stale while it is looked at
            if is_crash(error):
                raise BrowserCrashed() from error
            cause = error
        if time.monotonic() > end:
            raise AssertionError(problem() if callable(problem) else problem) from cause
        time.sleep(0.05)
