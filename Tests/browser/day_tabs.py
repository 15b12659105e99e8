"""Two tabs of one browser, of which one gets a new session while the other asks for something."""

import contextlib
from urllib.parse import urlsplit

from day_confirm import DATA, LAST, asked, grow_stale
from day_signin_passkeys import sign_in
from verbs import PASSWORD, test

ACCESS, REFRESH, CSRF = "purser_access", "purser_refresh", "purser_csrf"
LIST = "table.entries tbody tr, .list-holder .empty"
# Notes what the page asks for; what `hold` names waits for window.go(), before it is sent or after it was answered.
WATCH = """
    window.calls = [];
    const real = window.fetch;
    let held = false;
    window.fetch = async (path, options) => {
        const call = `${options?.method ?? "GET"} ${path}`;
        window.calls.push(call);
        const waits = !held && call === arguments[0];
        held ||= waits;
        const wait = () => new Promise((go) => { window.go = go; });
        if (waits && arguments[1] === "before") await wait();
        const answer = await real(path, options);
        if (waits && arguments[1] === "after") await wait();
        return answer;
    };
"""


def watch(page, hold=None, when="before"):
    page.js(WATCH, hold, when)


def calls(page, path):
    return [each for each in page.js("return window.calls") if each.endswith(path)]


@contextlib.contextmanager
def other_tab(page, path):
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    second = page.driver.current_window_handle
    page.open(path)
    page.find("main h1")

    def go(window):
        page.driver.switch_to.window(window)
    try:
        yield lambda: go(first), lambda: go(second)
    finally:
        go(second)
        page.driver.close()
        go(first)


def cookies(page):
    host = urlsplit(page.base).hostname
    return {each["name"]: each for each in page.cdp("Storage.getCookies")["cookies"] if each["domain"] == host}


def put(page, jar, *names):
    page.cdp("Storage.setCookies", cookies=[jar[name] for name in names])


def forget(page, *names):
    for name in names:
        page.cdp("Network.deleteCookies", name=name, url=page.base + ("/api" if name == REFRESH else "/"))


def prove(page):
    page.fill("password", PASSWORD, LAST)
    page.click(page.button("Go on", LAST))


if DATA:
    @test("while one tab shows that it is you, another waits for the new tokens", expected=["401", "403"])
    def _(page):
        page.open("/signin")
        page.fetch("POST", "/api/v1/auth/logout", {})
        page.driver.delete_all_cookies()
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        sign_in(page)
        page.at("/settings/security")
        page.find("#codes button")
        with other_tab(page, "/rules") as (first, second):
            grow_stale()
            first()
            page.click(page.button("Set up an authenticator app"))
            asked(page)
            watch(page, "POST /api/v1/auth/reauthenticate")
            prove(page)
            page.until(lambda: page.js("return Boolean(window.go)"), "nothing was sent")
            # As when the quarter of an hour is over that it holds: the proof itself needs a new one.
            forget(page, ACCESS)
            second()
            watch(page)
            page.click("a[href='/entries']")
            page.until(lambda: page.js("return window.calls.length > 0"), "nothing was asked for")
            first()
            page.js("window.go()")
            page.find("dialog img.qr")
            page.click("dialog [aria-label=Close]")
            second()
            page.find(LIST)
            page.at("/entries")
            assert not calls(page, "/auth/refresh"), page.js("return window.calls")

    @test("a tab whose tokens ended meanwhile goes on with those of the other tab", expected=["401", "403"])
    def _(page):
        page.open("/settings/security")
        page.find("#codes button")
        with other_tab(page, "/rules") as (first, second):
            old = cookies(page)
            grow_stale()
            first()
            page.click(page.button("Set up an authenticator app"))
            asked(page)
            prove(page)
            page.find("dialog img.qr")
            page.click("dialog [aria-label=Close]")
            new = cookies(page)
            assert new[CSRF]["value"] != old[CSRF]["value"], "the session is the same"
            # The other tab has sent what it had before the new ones came.
            second()
            forget(page, ACCESS)
            put(page, old, REFRESH, CSRF)
            watch(page, "POST /api/v1/auth/refresh", "after")
            page.click("a[href='/entries']")
            page.until(lambda: page.js("return Boolean(window.go)"), "nothing was refreshed")
            put(page, new, ACCESS, REFRESH)
            page.js("window.go(); setTimeout(() => { document.cookie = arguments[0]; }, 300)", f"{CSRF}={new[CSRF]['value']}; path=/; max-age=3600; samesite=lax")
            page.find(LIST)
            page.at("/entries")
            assert len(calls(page, "/auth/refresh")) == 1, page.js("return window.calls")

    @test("a tab whose session is over, and that no other tab helps, leads to the sign-in once", expected=["401"])
    def _(page):
        page.open("/rules")
        page.find("main h1")
        forget(page, ACCESS, REFRESH)
        watch(page)
        page.click("a[href='/entries']")
        page.at("/signin")
        page.find("[name=password]")
        count = len(calls(page, "/auth/refresh"))
        assert 1 <= count <= 3, page.js("return window.calls")
        page.driver.execute_async_script("setTimeout(arguments[0], 2500)")
        assert len(calls(page, "/auth/refresh")) == count, page.js("return window.calls")
        page.at("/signin")
        sign_in(page)
        page.at("/entries")
