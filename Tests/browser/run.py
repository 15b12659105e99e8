#!/usr/bin/env python3
"""Drives the page in a real browser: Tests/browser/run.py --url http://127.0.0.1:8080

The tests run in order, as one person's first day: each goes on where the one before it stopped.
The last line is "N passed, N failed"; the exit status is 1 when anything failed.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, "..", "..", ".build", "browser-venv", "bin", "python")
try:
    import selenium  # noqa: F401
except ImportError:
    if os.path.exists(VENV) and not os.environ.get("PURSER_BROWSER_VENV"):
        os.environ["PURSER_BROWSER_VENV"] = "1"
        os.execv(VENV, [VENV, *sys.argv])
    raise SystemExit("selenium is missing: run Tests/browser/setup.sh")

from harness import Browser, Keys, wait  # noqa: E402

TESTS = []
EMAIL = f"ada.{os.getpid()}.{int(time.time())}@example.org"
PASSWORD = "correct horse battery"
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
# Something is drawn when the picture is not the one of an untouched canvas of that size.
CHARTS_ARE_DRAWN = """
return [...document.querySelectorAll("canvas")].every((drawn) => {
    const blank = document.createElement("canvas");
    [blank.width, blank.height] = [drawn.width, drawn.height];
    return drawn.width > 0 && drawn.toDataURL() !== blank.toDataURL();
});
"""
LOOKS = open(os.path.join(HERE, "looks.js"), encoding="utf-8").read()


def test(name, *, expected=()):
    def add(body):
        TESTS.append((name, body, expected))
        return body
    return add


# MARK: verbs of this page

def today(page):
    return page.js("return new Intl.DateTimeFormat('en-CA').format(new Date())")


def month(page, back=0):
    year, number = map(int, today(page)[:7].split("-"))
    index = year * 12 + number - 1 - back
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def shows_amount(page, amount, within):
    """The amount as this browser writes it, in euros."""
    text = page.js("return new Intl.NumberFormat(undefined, {style: 'currency', currency: 'EUR', currencyDisplay: 'narrowSymbol'}).format(arguments[0])", amount)
    page.sees(text, within)


def add_entry(page, amount, merchant, *, kind="expense", category=None, date=None, close=True):
    page.click(page.button("New entry"))
    page.find("dialog.panel [name=amount]")
    if kind == "income":
        page.click("dialog.panel .segmented span:nth-of-type(2) label")
        page.sees("From", "dialog.panel")
    page.fill("amount", amount, "dialog.panel")
    page.fill("merchantName", merchant, "dialog.panel")
    if category:
        page.fill("categoryId", category_id(page, category), "dialog.panel")
    if date:
        page.fill("transactionDate", date, "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    if close:
        page.gone("dialog.panel")


def category_id(page, name):
    return page.js("return [...document.querySelector('dialog.panel [name=categoryId]').options].find((each) => each.text.trim().startsWith(arguments[0]))?.value ?? ''", name)


def row(page, merchant):
    return wait(lambda: next(iter(rows(page, merchant)), None), f"no row for {merchant}")


def rows(page, text=""):
    return page.js("return [...document.querySelectorAll('table.entries tbody tr')].filter((each) => each.checkVisibility() && each.innerText.includes(arguments[0]))", text)


def card(page, title):
    return {"Income": ".card:nth-child(1)", "Spending": ".card:nth-child(2)", "Net": ".card:nth-child(3)", "Saved": ".card:nth-child(4)"}[title]


def statement(page):
    """A German-looking statement: semicolons, decimal commas, day first, one broken line."""
    months = [month(page, back) for back in (1, 2)]
    lines = ["Buchungstag;Empfänger;Verwendungszweck;Betrag"]
    for index in range(30):
        year, number = months[index % 2].split("-")
        who = ["Edeka", "Stadtwerke", "Deutsche Bahn", HOSTILE.replace('"', "'"), "Bäckerei Grün"][index % 5]
        lines.append(f"{index % 27 + 1:02d}.{number}.{year};{who};Ref {index};-{10 + index},{index % 90 + 10}")
    year, number = months[0].split("-")
    lines.append(f"28.{number}.{year};Acme GmbH;Gehalt;3.100,00")
    lines.append(f"99.99.{year};Nobody;Broken;-1,00")
    return "\n".join(lines) + "\n"


def choose_file(page, name, text):
    path = os.path.join(tempfile.mkdtemp(), name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    page.open("/import")
    wait(lambda: page.all("#file"), "no file field")
    page.all("#file")[0].send_keys(path)


def looks(page):
    page.driver.execute_async_script("const done = arguments[0]; setTimeout(done, 250)")
    return page.js(LOOKS)


# MARK: the first day

@test("signing up says beside the field what is wrong, and puts the focus there")
def _(page):
    page.open("/signup")
    page.fill("email", "nobody")
    page.fill("password", "short")
    page.click("button[type=submit]")
    page.sees("Enter an e-mail address.", "[data-field=email]")
    page.sees("at least 8 characters", "[data-field=password]")
    assert page.focused("element.name") == "email"
    assert page.find("[name=email]").get_attribute("aria-invalid") == "true"


@test("signing up opens a book, and an empty dashboard says what to do next")
def _(page):
    page.open("/signup")
    page.fill("name", "Ada Lovelace")
    page.fill("email", EMAIL)
    page.fill("password", PASSWORD)
    page.click("button[type=submit]")
    page.sees("Set up your book")
    page.fill("name", "Ada’s money")
    page.fill("currency", "EUR")
    page.fill("fiscalMonth", "04")
    page.click(page.button("Open the book"))
    page.at("/")
    page.sees("Ada’s money", ".side")
    page.sees("Import a statement", "main")


@test("the same address cannot sign up twice", expected=["409"])
def _(page):
    page.fetch("POST", "/api/v1/auth/logout", {})
    page.driver.delete_all_cookies()
    page.open("/signup")
    page.fill("email", EMAIL)
    page.fill("password", PASSWORD)
    page.click("button[type=submit]")
    wait(lambda: [each for each in page.all(".field-error, .banner") if each.is_displayed() and each.text], "no message")
    page.at("/signup")


@test("after too many wrong passwords it says how long to wait, in words", expected=["401", "429"])
def _(page):
    page.open("/signin")
    page.fill("email", f"nobody.{EMAIL}")
    for attempt in range(6):
        page.fill("password", f"wrong password {attempt}")
        page.click(page.button("Sign in"))
        page.until(lambda: page.words(".form-banner") and not page.all("form[aria-busy]"), "no message")
    page.sees("Too many failed attempts to sign in. Try again in 15 minutes.", ".form-banner")
    assert not page.all(".form-banner button")


@test("a wrong password says so, and nothing more", expected=["401"])
def _(page):
    page.open("/signin?next=%2Fentries")
    page.fill("email", EMAIL)
    page.fill("password", "not the password")
    page.click("button[type=submit]")
    wait(lambda: page.text(".banner, .field-error:not([hidden])"), "no message")
    page.at("/signin")


@test("signing in leads to where one wanted to go")
def _(page):
    page.fill("password", PASSWORD)
    page.click("button[type=submit]")
    page.at("/entries")
    page.sees("No entries yet", "main")


@test("an entry that is added is seen in the list and on the dashboard")
def _(page):
    page.open("/entries")
    add_entry(page, "12.50", "Blue Bottle", category="Food")
    row(page, "Blue Bottle")
    add_entry(page, "1000", "Acme", kind="income")
    row(page, "Acme")
    page.click("a.place[href='/']")
    page.at("/")
    shows_amount(page, "12.50", card(page, "Spending"))
    shows_amount(page, "1000", card(page, "Income"))
    shows_amount(page, "987.50", card(page, "Net"))
    page.sees("Blue Bottle", ".latest")
    page.sees("Food", ".by-category")
    page.until(lambda: page.js(CHARTS_ARE_DRAWN), "the charts are empty")
    page.shot("dashboard-first")


@test("what is missing in an entry is said at its field, and nothing is sent")
def _(page):
    page.click(page.button("New entry"))
    page.find("dialog.panel [name=amount]")
    page.click(page.button("Save", "dialog.panel"))
    page.sees("Enter an amount.", "dialog.panel [data-field=amount]")
    page.fill("amount", "1.234", "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    page.sees("2 decimal places", "dialog.panel [data-field=amount]")
    page.fill("amount", "0", "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    page.sees("above zero", "dialog.panel [data-field=amount]")
    page.keys(Keys.ESCAPE)
    page.click(page.button("Discard"))
    page.gone("dialog")


@test("amounts are exact, from ten cents to billions")
def _(page):
    page.open("/entries")
    add_entry(page, "0.10", "Exact one")
    add_entry(page, "0.20", "Exact two")
    add_entry(page, "4000000000.01", "Exact big")
    row(page, "Exact big")
    page.open("/")
    shows_amount(page, "4000000012.81", card(page, "Spending"))
    page.open("/entries?q=Exact%20big")
    page.click(row(page, "Exact big"))
    page.click(page.button("Delete", "dialog.panel"))
    page.gone("dialog.panel")
    page.click("a.place[href='/']")
    page.lacks("4,000,000", "main")
    shows_amount(page, "12.80", card(page, "Spending"))


@test("a merchant that is a script stays text, everywhere")
def _(page):
    page.open("/entries")
    add_entry(page, "6.66", HOSTILE)
    assert HOSTILE in row(page, "onerror").text
    page.click(row(page, "onerror"))
    page.find("dialog.panel")
    assert page.find("dialog.panel [name=merchantName]").get_attribute("value") == HOSTILE
    page.keys(Keys.ESCAPE)
    page.gone("dialog.panel")
    page.open("/")
    page.sees(HOSTILE, ".latest")
    assert page.js("return window.hacked === undefined && !document.querySelector('main script, main img')")


@test("an entry is edited in the panel")
def _(page):
    page.open("/entries?q=Blue")
    page.click(row(page, "Blue Bottle"))
    page.find("dialog.panel [name=amount]")
    page.fill("amount", "13.75", "dialog.panel")
    page.click("dialog.panel summary")
    page.fill("notes", "with Grace", "dialog.panel")
    page.fill("tags", "coffee, work", "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    page.gone("dialog.panel")
    page.sees("with Grace", "table.entries")
    shows_amount(page, "13.75", "table.entries")
    page.open("/entries?q=Blue")
    page.sees("with Grace", "table.entries")
    page.sees("coffee", "table.entries")


@test("a category is changed in its row")
def _(page):
    page.open("/entries?q=Blue")
    row(page, "Blue Bottle").find_element("css selector", ".category").click()
    choice = page.find(".category-choice")
    page.js("const [select] = arguments; select.value = [...select.options].find((each) => each.text.includes('Travel') || each.text.includes('Entertainment')).value; select.dispatchEvent(new Event('change', {bubbles: true}))", choice)
    wait(lambda: "Food" not in row(page, "Blue Bottle").text, "the category is still Food")
    page.open("/entries?q=Blue")
    assert "Food" not in row(page, "Blue Bottle").text


@test("an edit of something that changed meanwhile offers the present version", expected=["409"])
def _(page):
    page.open("/entries?q=Blue")
    page.click(row(page, "Blue Bottle"))
    page.find("dialog.panel [name=amount]")
    listed = json.loads(page.fetch("GET", "/api/v1/expenses?q=Blue")["text"])["data"][0]
    changed = page.fetch("PUT", f"/api/v1/expenses/{listed['id']}", {**listed, "merchantName": "Blue Bottle, Mitte"})
    assert changed["status"] == 200, changed
    page.fill("amount", "99", "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    page.click(page.button("Load the present version", "dialog.panel"))
    wait(lambda: page.find("dialog.panel [name=merchantName]").get_attribute("value") == "Blue Bottle, Mitte", "not the present version")
    page.fill("amount", "14", "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    page.gone("dialog.panel")
    shows_amount(page, "14.00", "table.entries")


@test("a deleted entry comes back by Undo, and goes for good without it")
def _(page):
    page.open("/entries?q=Exact%20one")
    row(page, "Exact one")
    page.keys("j", "d")
    page.sees("Deleted Exact one.", "#toasts")
    page.until(lambda: not rows(page), "the row is still shown")
    page.sees("0 entries", ".count")
    page.click(page.button("Undo"))
    row(page, "Exact one")
    page.sees("1 entry", ".count")
    page.keys("d")
    page.until(lambda: not rows(page), "the row is still shown")
    page.click("a.place[href='/']")
    page.at("/")
    page.open("/entries?q=Exact%20one")
    page.sees("Nothing matches", "main")


@test("a statement is previewed: what is new, what is refused and why")
def _(page):
    choose_file(page, "umsatz.csv", statement(page))
    page.sees("31 new", ".import-counts")
    page.sees("1 rejected", ".import-counts")
    page.sees("Edeka", ".import-rows")
    shows_amount(page, "3100.00", ".import-rows")
    page.click(".count-tab[data-kind=rejected]")
    page.sees("99.99.", ".import-rows")
    page.sees("33", ".import-rows")
    page.shot("import-preview")


@test("the columns that were detected can be corrected")
def _(page):
    page.click(".count-tab[data-kind=new]")
    page.click("details.mapping summary")
    before = page.find("[name=map-payee]").get_attribute("value")
    assert page.js("const select = document.querySelector('[name=map-payee]'); return select.options[select.selectedIndex].text") == "Empfänger"
    memo = page.js("return [...document.querySelector('[name=map-payee]').options].find((each) => each.text === 'Verwendungszweck').value")
    page.fill("map-payee", memo)
    page.until(lambda: page.js("return document.querySelector('.payee .name')?.textContent ?? ''").startswith("Ref "), "the payees did not change")
    page.fill("map-payee", before)
    page.until(lambda: not page.js("return document.querySelector('.payee .name')?.textContent ?? 'Ref '").startswith("Ref "), "the payees did not change back")
    page.fill("map-negate", "true")
    page.until(lambda: page.js("return document.querySelector('.import-rows td[data-type]')?.dataset.type") == "income", "the signs did not turn round")
    page.fill("map-negate", "false")
    page.until(lambda: page.js("return document.querySelector('.import-rows td[data-type]')?.dataset.type") == "expense", "the signs did not turn back")


@test("the statement is imported, and its entries are there")
def _(page):
    page.click(page.button("Import 31 entries"))
    page.sees("31 entries imported", ".import-result")
    page.sees("1 line rejected", ".import-result")
    page.sees("umsatz.csv", ".past-imports")
    page.click(page.button("See the entries"))
    page.at("/entries")
    row(page, "Acme GmbH")
    row(page, "Bäckerei Grün")
    assert page.js("return window.hacked === undefined")


@test("importing it again finds only duplicates")
def _(page):
    choose_file(page, "umsatz.csv", statement(page))
    page.sees("0 new", ".import-counts")
    page.sees("31 already there", ".import-counts")
    assert not page.button("Nothing new to import").is_enabled()


@test("dates that can be read in two ways are asked about before anything is imported")
def _(page):
    choose_file(page, "us.csv", "Date,Payee,Amount\n03/04/2026,Coffee Bar,-4.50\n05/06/2026,Grocery,-82.10\n")
    page.sees("2 new", ".import-counts")
    assert not page.button("Choose the order of the dates first").is_enabled()
    page.click(page.button("Month first"))
    page.until(lambda: page.button("Import 2 entries").is_enabled(), "the import is not offered")
    page.sees(page.js("return new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeZone: 'UTC'}).format(new Date('2026-03-04T12:00:00Z'))"), ".import-rows")


@test("columns that were not recognised can be named by hand", expected=["422"])
def _(page):
    choose_file(page, "odd.csv", "when;who;what\nsoon;Foo;12,50\n")
    page.sees("Say which columns they are", ".import-stage")
    assert not page.button("Nothing to import").is_enabled()
    page.fill("map-date", "0")
    page.fill("map-amount", "2")
    page.sees("is not a date", ".import-rows")


@test("a file that is no statement is refused in words", expected=["422", "400", "415"])
def _(page):
    choose_file(page, "picture.csv", "\x00\x01\x02 not a statement at all \x00")
    wait(lambda: page.text(".banner"), "no message")
    page.find(".drop")


@test("entries are found by text, type, dates and amount")
def _(page):
    page.open("/entries")
    row(page, "Acme")
    page.keys("/")
    assert page.focused("element.type") == "search"
    page.keys("grün")
    page.until(lambda: rows(page) and all("Grün" in each.text for each in rows(page)), "the search shows other rows")
    assert page.path.startswith("/entries?q=")
    page.click(page.button("Clear"))
    row(page, "Acme")
    page.js("const select = document.querySelector('select[aria-label=Type]'); select.value = 'income'; select.dispatchEvent(new Event('change'))")
    page.until(lambda: rows(page) and all(each.get_attribute("data-type") == "income" for each in rows(page)), "not only income")
    page.open(f"/entries?from={month(page, 1)}-01&to={month(page, 1)}-28&max=20")
    page.until(lambda: rows(page) and all(each.get_attribute("data-day").startswith(month(page, 1)) for each in rows(page)), "other days")
    page.open("/entries?q=zzzzzz")
    page.sees("Nothing matches", "main")
    page.click(page.button("Clear the filters"))
    row(page, "Acme")


@test("a long list arrives page by page while one scrolls")
def _(page):
    lines = "date,amount,payee\n" + "".join(f"{month(page, 3)}-{index % 28 + 1:02d},-{index + 1}.01,Many {index}\n" for index in range(180))
    choose_file(page, "many.csv", lines)
    page.click(page.button("Import 180 entries"))
    page.sees("180 entries imported")
    page.open("/entries?q=Many")
    page.until(lambda: len(rows(page)) >= 50, "no first page")
    def scrolled():
        page.js("scrollTo(0, document.documentElement.scrollHeight)")
        return len(rows(page)) == 180
    wait(scrolled, "not all rows arrived", 20)
    ids = page.js("return [...document.querySelectorAll('table.entries tbody tr')].map((each) => each.dataset.id)")
    days = page.js("return [...document.querySelectorAll('table.entries tbody tr')].map((each) => each.dataset.day)")
    assert len(set(ids)) == 180 and days == sorted(days, reverse=True)


@test("the dashboard moves from month to month")
def _(page):
    page.open("/")
    page.find(".cards")
    page.click("[aria-label='Month before']")
    page.until(lambda: page.path == f"/?month={month(page, 1)}", f"at {page.path}")
    shows_amount(page, "3100.00", card(page, "Income"))
    page.driver.back()
    shows_amount(page, "1000.00", card(page, "Income"))
    page.keys("[")
    shows_amount(page, "3100.00", card(page, "Income"))
    page.keys("]")
    shows_amount(page, "1000.00", card(page, "Income"))


@test("a month without entries says where there are some")
def _(page):
    page.open(f"/?month={month(page, -2)}")
    page.sees("There are no entries in", ".banner")
    page.click(".banner button")
    page.at("/")
    shows_amount(page, "1000.00", card(page, "Income"))
    page.gone(".banner")


@test("everything can be done from the keyboard")
def _(page):
    page.open("/")
    page.find(".cards")
    page.keys(Keys.TAB)
    assert page.focused("element.className") == "skip"
    page.keys("g", "e")
    page.at("/entries")
    row(page, "Acme")
    page.keys("n")
    page.find("dialog.panel [name=amount]")
    page.until(lambda: page.focused("element.name") == "amount", "the amount has no focus")
    page.keys("7.25", Keys.TAB, "Keyboard", Keys.TAB)
    assert page.focused("element.name") == "categoryId"
    page.chord(Keys.CONTROL, Keys.ENTER)
    page.gone("dialog.panel")
    row(page, "Keyboard")
    page.keys("/")
    page.keys("Keyboard", Keys.ENTER)
    page.until(lambda: len(rows(page)) == 1, "the search shows other rows")
    page.keys(Keys.ESCAPE)
    page.keys("j")
    page.until(lambda: page.focused("element.tagName") == "TR", "no row has the focus")
    page.keys("e")
    page.find("dialog.panel [name=amount]")
    page.until(lambda: page.focused("element.name") == "amount", "the amount has no focus")
    page.keys("8.25", Keys.ENTER)
    page.gone("dialog.panel")
    shows_amount(page, "8.25", "table.entries")
    page.until(lambda: page.focused("element.tagName") == "TR", "the focus did not come back to the row")
    page.keys("?")
    page.sees("Keyboard shortcuts", "dialog.help")
    page.keys(Keys.ESCAPE)
    page.gone("dialog")
    page.keys("g", "d")
    page.at("/")


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


@test("every screen, wide and narrow, light and dark: readable, named, without sideways scrolling")
def _(page):
    problems = []
    for width, height in ((1280, 900), (768, 1024), (360, 740)):
        page.size(width, height)
        for scheme in ("light", "dark"):
            page.media(scheme)
            for path, ready in (("/", ".latest"), ("/entries", "table.entries"), ("/import", ".drop"), ("/settings", ".settings")):
                page.open(path)
                page.find(ready)
                problems += [f"{path} {width} {scheme}: {each}" for each in looks(page)]
                page.shot(f"{path.strip('/') or 'dashboard'}-{width}-{scheme}")
            page.click(page.button("New entry") if width != 768 else ".side .new-entry")
            page.find("dialog.panel [name=amount]")
            problems += [f"editor {width} {scheme}: {each}" for each in looks(page)]
            page.shot(f"editor-{width}-{scheme}")
            page.keys(Keys.ESCAPE)
            page.gone("dialog")
    page.size(1280, 900)
    page.media("light")
    assert not problems, "\n    ".join(["", *problems[:20]])


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
    page.find(".banner")
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--screenshots", metavar="DIR", help="keep pictures of the screens here, and one of each failure")
    arguments = parser.parse_args()
    page = Browser(arguments.url, arguments.screenshots)
    passed = failed = 0
    try:
        for name, body, expected in TESTS:
            begun = time.monotonic()
            try:
                body(page)
                passed += 1
                print(f"ok    {name} ({time.monotonic() - begun:.1f} s)", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAIL  {name}\n    {type(error).__name__}: {str(error).splitlines()[0] if not isinstance(error, AssertionError) else error}", flush=True)
                frames = traceback.extract_tb(error.__traceback__)
                print(f"    at {[f'{os.path.basename(each.filename)}:{each.lineno}' for each in frames if HERE in each.filename]}, {page.path}", flush=True)
                page.shot(f"failed-{failed}")
                page.offline(False)
                page.media("light")
                page.size(1280, 900)
            finally:
                page.drain(expected)
    finally:
        page.quit()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
