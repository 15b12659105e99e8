"""The list of entries, the dashboard, the keys."""

from verbs import Keys, card, choose_file, month, pick, row, rows, shows_amount, test, wait


@test("entries are found by text, type, dates and amount")
def _(page):
    page.open("/entries")
    row(page, "Acme")
    page.keys("/")
    assert page.focused("element.type") == "search"
    page.keys("grün")
    page.until(lambda: rows(page) and all("Grün" in each.text for each in rows(page)), "the search shows other rows")
    assert page.path.startswith("/entries?q=")
    page.keys(Keys.ESCAPE)
    page.gone(".completion")
    page.click(page.button("Clear"))
    row(page, "Acme")
    page.click("[data-filter=type] button")
    pick(page, "income")
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
    seen = {}

    def scrolled():
        for identity, day in page.js("scrollBy(0, 700); return [...document.querySelectorAll('table.entries tbody tr')].map((each) => [each.dataset.id, each.dataset.day])"):
            seen.setdefault(identity, day)
        return len(seen) == 180
    wait(scrolled, lambda: f"only {len(seen)} rows arrived", 20)
    days = page.js("scrollTo(0, document.documentElement.scrollHeight); return [...document.querySelectorAll('table.entries tbody tr')].map((each) => each.dataset.day)")
    assert days == sorted(days, reverse=True) and sorted(seen.values())[0] == days[-1]
    page.until(lambda: len(page.all("table.entries tbody tr")) < 180, "rows far from sight are still drawn")
    page.js("scrollTo(0, 0)")
    page.until(lambda: page.js("return document.elementFromPoint(innerWidth / 2, innerHeight - 40)?.closest('tbody tr')") is not None, "the first rows did not come back")


@test("a column sorts by its heading, and says so")
def _(page):
    page.open("/entries?q=Many")
    page.until(lambda: len(rows(page)) >= 50, "no first page")
    page.click(page.button("Amount", "table.entries thead"))
    page.until(lambda: "Many 179" in page.words("table.entries tbody tr:first-child"), "not the largest first")
    assert page.find("th.c-amount").get_attribute("aria-sort") == "descending"
    page.click(page.button("Amount", "table.entries thead"))
    page.until(lambda: "Many 0" in page.words("table.entries tbody tr:first-child"), "not the smallest first")
    assert "sort=amount" in page.path and "order=asc" in page.path


@test("the search completes merchants, and finds what is spelled almost so")
def _(page):
    page.open("/entries")
    row(page, "Acme")
    page.keys("/")
    page.keys("bäck")
    page.sees("Bäckerei Grün", ".completion")
    page.keys(Keys.ARROW_DOWN, Keys.ENTER)
    page.until(lambda: rows(page) and all("Bäckerei" in each.text for each in rows(page)), "other rows")
    assert "merchant=" in page.path
    page.open("/entries?q=B%C3%A4kerei")
    page.sees("This is similar", "main")
    row(page, "Bäckerei Grün")
    page.sees(f"{len(rows(page))} similar", ".count")


@test("filters are set from their chips, say what they are, and are cleared one by one")
def _(page):
    page.open("/entries")
    row(page, "Acme")
    page.click("[data-filter=amount] button")
    page.find("[aria-label='Smallest amount']")
    page.keys("100", Keys.TAB, "3200", Keys.ENTER)
    page.until(lambda: "min=100" in page.path, f"at {page.path}")
    page.until(lambda: rows(page) and not rows(page, "Grün"), "small amounts are still there")
    page.click("[data-filter=category] button")
    pick(page, "salary")
    page.until(lambda: rows(page) and all("Salary" in each.text for each in rows(page)), "other categories")
    page.click("[aria-label='Remove the filter Category']")
    page.click("[aria-label='Remove the filter Amount']")
    row(page, "Grün")
    assert page.path == "/entries"
    page.click("[data-filter=dates] button")
    page.click(page.button("Last month", ".popover"))
    page.until(lambda: rows(page) and all(each.get_attribute("data-day").startswith(month(page, 1)) for each in rows(page)), "other days")


@test("the dashboard moves from month to month")
def _(page):
    page.open("/")
    page.find(".cards")
    page.click("[aria-label='Period before']")
    page.until(lambda: page.path == f"/?month={month(page, 1)}", f"at {page.path}")
    shows_amount(page, "3100.00", card(page, "Income"))
    page.driver.back()
    shows_amount(page, "1000.00", card(page, "Income"))
    page.keys("[")
    shows_amount(page, "3100.00", card(page, "Income"))
    page.keys("]")
    shows_amount(page, "1000.00", card(page, "Income"))


@test("the dashboard shows a year, what changed, and who got the most")
def _(page):
    page.open(f"/?month={month(page, 1)}")
    page.sees("Edeka", ".merchants")
    page.sees("Transportation", ".changes")
    page.click(".period-name")
    page.click(page.button(month(page, 1)[:4], ".period-choice"))
    page.until(lambda: page.path == f"/?year={month(page, 1)[:4]}", f"at {page.path}")
    page.find(".cards")
    page.click(".merchants a")
    page.at("/entries")
    assert "merchant=" in page.path


@test("a month without entries says where there are some")
def _(page):
    page.open(f"/?month={month(page, -2)}")
    page.sees("There are no entries in", "main .banner")
    page.click("main .banner button")
    page.at("/")
    shows_amount(page, "1000.00", card(page, "Income"))
    page.gone("main .banner")


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
