"""Several entries at once, the deleted ones, and what is there twice."""

from verbs import Keys, add_entry, in_menu, month, pick, row, rows, select_row, test, today, wait


@test("several entries are selected by keys, sorted at once, and the result is told")
def _(page):
    page.open("/entries?q=Many%201&sort=merchant")
    page.until(lambda: len(rows(page)) > 10, "no rows")
    page.keys("j", "x")
    page.sees("1 selected", ".bulk-bar")
    page.chord(Keys.SHIFT, Keys.ARROW_DOWN)
    page.chord(Keys.SHIFT, Keys.ARROW_DOWN)
    page.sees("3 selected", ".bulk-bar")
    assert "Department" not in page.words(".bulk-bar"), "a book without departments offers some"
    page.click(page.button("Category", ".bulk-bar"))
    pick(page, "travel")
    page.sees("3 entries changed", "#toasts")
    page.until(lambda: len(rows(page, "Travel")) == 3, "they are not in Travel")
    page.gone(".bulk-bar")
    page.open("/entries?category=travel")
    page.until(lambda: len(rows(page)) == 3, "the server does not know")


@test("a tag and a status are given to several, and taken off again")
def _(page):
    page.open("/entries?category=travel")
    page.until(lambda: len(rows(page)) == 3, "no rows")
    page.click("thead .select-mark")
    page.sees("3 selected", ".bulk-bar")
    page.click(page.button("Tags", ".bulk-bar"))
    pick(page, "holiday")
    page.until(lambda: len(rows(page, "holiday")) == 3, "no tag")
    page.open("/entries?tag=holiday")
    page.until(lambda: len(rows(page)) == 3, "the tag is not found")
    select_row(page, "Many")
    page.click(page.button("Status", ".bulk-bar"))
    pick(page, "pending")
    page.until(lambda: len(rows(page, "pending")) == 1, "not pending")
    page.open("/entries?status=pending&tag=holiday")
    page.until(lambda: len(rows(page)) == 1, "not stored")


@test("what a category cannot take is listed with its reason, and the rest is done")
def _(page):
    page.open(f"/entries?from={month(page, 1)}-28&to={month(page, 1)}-28")
    row(page, "Acme")
    add_entry(page, "4.40", "Mixed one", date=f"{month(page, 1)}-28")
    row(page, "Mixed one")
    select_row(page, "Acme")
    select_row(page, "Mixed one")
    page.click(page.button("Category", ".bulk-bar"))
    pick(page, "shopping")
    page.sees("1 entry was left as before", "dialog")
    page.sees("Acme", "dialog")
    page.click(page.button("All right"))
    page.gone("dialog")
    page.until(lambda: "Shopping" in row(page, "Mixed one").text, "the other was not changed")
    page.sees("1 selected", ".bulk-bar")
    page.keys(Keys.ESCAPE)


@test("several are deleted, come back by the key u, and are found among the deleted ones")
def _(page):
    page.open("/entries?tag=holiday")
    page.until(lambda: len(rows(page)) == 3, "no rows")
    page.click("thead .select-mark")
    page.keys("#")
    page.sees("Deleted 3 entries", "#toasts")
    page.until(lambda: not rows(page), "they are still there")
    page.keys("u")
    page.until(lambda: len(rows(page)) == 3, "they did not come back")
    page.keys("j", "#")
    page.until(lambda: len(rows(page)) == 2, "still three")
    page.open("/entries")
    page.click("[aria-label=More][aria-haspopup=menu].bordered")
    in_menu(page, "Deleted entries")
    page.sees("Deleted entries", "h1")
    row(page, "Many 1")
    page.keys("/")
    page.keys("Many 1", Keys.ENTER)
    page.until(lambda: rows(page) and all("Many 1" in each.text for each in rows(page)), "other rows")
    page.keys(Keys.ESCAPE)
    page.keys("j", "u")
    page.sees("Nothing deleted", "main")
    page.open("/entries?tag=holiday")
    page.until(lambda: len(rows(page)) == 3, "it was not restored")


@test("the list is kept as a file, filtered as it stands")
def _(page):
    answer = page.fetch("GET", "/api/v1/entries/export?format=csv&tag=holiday")
    assert answer["status"] == 200 and answer["text"].count("Many 1") == 3, answer["text"][:400]


@test("what looks as if it were there twice is shown, and kept or deleted")
def _(page):
    page.open("/entries")
    for merchant in ("Twin shop", "Twin shop", "Twin bar", "Twin bar"):
        add_entry(page, "19.90", merchant, date=today(page))
    page.open("/entries/duplicates")
    page.sees("Twin shop", ".twins")
    page.js("[...document.querySelectorAll('.twin')].find((each) => each.innerText.includes('Twin bar')).querySelector('header button').click()")
    page.lacks("Twin bar", ".twins")
    page.js("[...document.querySelectorAll('.twin')].find((each) => each.innerText.includes('Twin shop')).querySelector('.danger-text').click()")
    page.lacks("Twin shop", "main")
    page.open("/entries?q=Twin")
    page.until(lambda: len(rows(page)) == 3, "not one of four was deleted")
    page.open("/entries/duplicates")
    wait(lambda: not page.all("main [aria-busy]"), "still loading")
    page.lacks("Twin", "main")
