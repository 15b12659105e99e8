"""The look of every screen, the settings, the network, the session."""

from verbs import EMAIL, PASSWORD, Keys, looks, row, rows, test


@test("dark by the system, dark by choice, and the choice stays")
def _(page):
    light = page.js("return getComputedStyle(document.documentElement).backgroundColor")
    page.media("dark")
    page.until(lambda: page.js("return getComputedStyle(document.documentElement).backgroundColor") != light, "the system's dark theme is ignored")
    dark = page.js("return getComputedStyle(document.documentElement).backgroundColor")
    page.media("light")
    page.open("/settings")
    page.click(page.find(".segmented span:nth-of-type(3) label"))
    page.until(lambda: page.js("return getComputedStyle(document.documentElement).backgroundColor") == dark, "not dark")
    page.open("/")
    assert page.js("return getComputedStyle(document.documentElement).backgroundColor") == dark
    page.open("/settings")
    page.click(page.find(".segmented span:nth-of-type(1) label"))
    page.until(lambda: page.js("return getComputedStyle(document.documentElement).backgroundColor") == light, "not light again")


def every_screen(width, height, scheme):
    @test(f"every screen at {width} by {height}, {scheme}: readable, named, without sideways scrolling")
    def _(page):
        problems = []
        page.size(width, height)
        page.media(scheme)
        for path, ready in (("/", ".latest"), ("/entries", "table.entries"), ("/import", ".drop"), ("/categories", ".category-tree li"), ("/rules", ".rule"), ("/entries/duplicates", "main h1"), ("/settings", ".settings")):
            page.open(path)
            page.find(ready)
            problems += [f"{path}: {each}" for each in looks(page)]
            page.shot(f"{path.strip('/').replace('/', '-') or 'dashboard'}-{width}-{scheme}")
        page.click(page.button("New entry") if width != 768 else ".side .new-entry")
        page.find("dialog.panel [name=amount]")
        problems += [f"editor: {each}" for each in looks(page)]
        page.shot(f"editor-{width}-{scheme}")
        page.keys(Keys.ESCAPE)
        page.gone("dialog")
        page.size(1280, 900)
        page.media("light")
        assert not problems, "\n    ".join(["", *problems[:20]])


# Each a test of its own: a browser that crashes in one of them is forgiven once.
for width, height in ((1280, 900), (768, 1024), (360, 740)):
    for scheme in ("light", "dark"):
        every_screen(width, height, scheme)


@test("the profile and the book are changed in the settings")
def _(page):
    page.open("/settings")
    page.fill("firstName", "Augusta")
    page.click(page.button("Save profile"))
    page.sees("Augusta", ".side")
    page.fill("name", "The engine’s book")
    page.click(page.button("Save book"))
    page.sees("The engine’s book", ".side")
    page.open("/settings")
    page.sees("The engine’s book", ".side")
    assert page.find("[name=fiscalMonth]").get_attribute("value") == "04"


@test("without the network the page says so, keeps what was typed, and goes on when it is back", expected=["ERR_INTERNET_DISCONNECTED"])
def _(page):
    page.open("/entries?q=Keyboard")
    row(page, "Keyboard")
    page.click(page.button("New entry"))
    page.find("dialog.panel [name=amount]")
    page.fill("amount", "3.33", "dialog.panel")
    page.fill("merchantName", "Keyboard again", "dialog.panel")
    page.offline(True)
    page.click(page.button("Save", "dialog.panel"))
    page.sees("Nothing was saved.", "dialog.panel")
    page.offline(False)
    page.click(page.button("Try again", "dialog.panel"))
    page.gone("dialog.panel")
    row(page, "Keyboard again")
    page.offline(True)
    page.keys("/")
    page.keys(" again", Keys.ENTER)
    page.find("main .banner")
    page.offline(False)
    page.click(page.button("Try again"))
    page.until(lambda: len(rows(page)) == 1, "the list did not come back")


@test("an expired access token is renewed without a word", expected=["401"])
def _(page):
    page.open("/")
    page.find(".cards")
    page.driver.delete_cookie("purser_access")
    page.click("a.place[href='/entries']")
    row(page, "Acme")
    page.driver.delete_cookie("purser_access")
    page.open("/")
    page.find(".cards")


@test("a lost half of the session is explained, and mended by signing in again", expected=["403", "401"])
def _(page):
    page.open("/entries?q=Keyboard")
    row(page, "Keyboard")
    page.driver.delete_cookie("purser_csrf")
    page.click(page.button("New entry"))
    page.find("dialog.panel [name=amount]")
    page.fill("amount", "5.55", "dialog.panel")
    page.fill("merchantName", "Keyboard thrice", "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    page.sees("Sign in again in another tab", "dialog.panel")
    here = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.open("/signin")
    page.fill("email", EMAIL)
    page.fill("password", PASSWORD)
    page.click(page.button("Sign in"))
    page.at("/")
    page.driver.close()
    page.driver.switch_to.window(here)
    page.click(page.button("Save", "dialog.panel"))
    page.gone("dialog.panel")
    row(page, "Keyboard thrice")


@test("an address that is none says so, and leads home", expected=["404"])
def _(page):
    page.open("/nosuch")
    page.sees("There is nothing here", "main h1")
    assert page.js("return performance.getEntriesByType('navigation')[0].responseStatus") == 404
    page.click(page.button("To the dashboard", "main"))
    page.at("/")
    page.find(".cards")


@test("signing out ends the session, and signing in by keyboard begins another", expected=["401"])
def _(page):
    page.open("/settings")
    page.click(page.button("Sign out"))
    page.at("/signin")
    page.open("/entries")
    page.at("/signin")
    assert page.fetch("GET", "/api/v1/users/me")["status"] == 401
    page.until(lambda: page.focused("element.name") == "email", "the address has no focus")
    page.keys(EMAIL, Keys.TAB, PASSWORD, Keys.ENTER)
    page.at("/entries")
    row(page, "Acme")


@test("nothing came from elsewhere, the policy was never broken, the console is clean")
def _(page):
    foreign = page.js("return performance.getEntriesByType('resource').map((each) => each.name).filter((each) => !each.startsWith(location.origin))")
    assert not foreign, foreign
    assert not page.violations(), page.violations()
    assert not page.complaints, "\n    ".join(["", *page.complaints[:10]])
