"""Entries by hand: made, changed, refused, deleted."""

import json

from verbs import CHARTS_ARE_DRAWN, HOSTILE, Keys, add_entry, card, row, rows, shows_amount, test, pick, wait


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
    page.js("arguments[0].focus()", row(page, "onerror"))
    page.keys("e")
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


@test("a category is changed in its row, from a list that one types into")
def _(page):
    page.open("/entries?q=Blue")
    row(page, "Blue Bottle").find_element("css selector", ".category").click()
    pick(page, "entertain")
    wait(lambda: "Entertainment" in row(page, "Blue Bottle").text, "the category is still Food")
    page.open("/entries?q=Blue")
    assert "Food" not in row(page, "Blue Bottle").text


@test("an entry is changed where it stands, and Escape forgets the change")
def _(page):
    page.open("/entries?q=Blue")
    row(page, "Blue Bottle")
    page.keys("j", Keys.ENTER)
    page.until(lambda: page.focused("element.getAttribute('aria-label')") == "Merchant", "the merchant has no focus")
    page.chord(Keys.CONTROL, "a")
    page.keys("Blue Bottle Coffee", Keys.TAB, Keys.TAB)
    assert page.focused("element.getAttribute('aria-label')").startswith("Amount")
    page.keys("nothing", Keys.ENTER)
    page.sees("Enter an amount", ".cell-problem")
    page.chord(Keys.CONTROL, "a")
    page.keys("13.99", Keys.ENTER)
    page.gone("tr[data-editing]")
    shows_amount(page, "13.99", "table.entries")
    page.until(lambda: page.focused("element.tagName") == "TR", "the focus did not come back to the row")
    page.keys(Keys.ENTER)
    page.find("tr[data-editing]")
    page.keys("Something else", Keys.ESCAPE)
    page.gone("tr[data-editing]")
    page.open("/entries?q=Blue")
    row(page, "Blue Bottle Coffee")
    shows_amount(page, "13.99", "table.entries")
    page.keys("j", Keys.ENTER)
    page.find("tr[data-editing]")
    page.chord(Keys.CONTROL, "a")
    page.keys("Blue Bottle", Keys.ENTER)
    page.gone("tr[data-editing]")


@test("the details tell the history, take a place, and make a copy")
def _(page):
    page.open("/entries?q=Blue")
    row(page, "Blue Bottle")
    page.keys("j", "e")
    page.find("dialog.panel [name=amount]")
    page.fill("place", "Berlin Mitte", "dialog.panel")
    page.fill("position", "52.52; 13.405", "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    page.gone("dialog.panel")
    page.keys("e")
    page.find("dialog.panel [name=place]")
    assert page.find("dialog.panel [name=place]").get_attribute("value") == "Berlin Mitte"
    page.js("[...document.querySelectorAll('dialog.panel summary')].find((each) => each.innerText.includes('History')).click()")
    page.sees("Added", ".history")
    page.sees("13.99", ".history")
    page.click(page.button("Duplicate", "dialog.panel"))
    page.gone("dialog.panel")
    page.until(lambda: len(rows(page, "Blue Bottle")) == 2, "there is no copy")
    page.keys("j")
    page.until(lambda: page.focused("element.tagName") == "TR", "no row has the focus")
    page.keys("#")
    page.until(lambda: len(rows(page, "Blue Bottle")) == 1, "the copy is still there")


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
    page.sees("0 entries", ".count")
    assert not rows(page, "Exact one")
