"""From a file to entries."""

from verbs import choose_file, choose_files, in_menu, month, pick, row, rows, shows_amount, statement, test, wait


@test("a statement is previewed: what is new, what is refused and why")
def _(page):
    choose_file(page, "umsatz.csv", statement(page))
    page.sees("31 new", ".import-counts")
    page.sees("1 rejected", ".import-counts")
    page.sees("Edeka", ".import-rows")
    shows_amount(page, "3100.00", ".import-rows")
    assert not page.all(".import-department"), "a book without departments offers some"
    page.click(".count-tab[data-kind=rejected]")
    page.sees("99.99.", ".import-rows")
    page.sees("33", ".import-rows")
    page.shot("import-preview")


def column(page, name):
    return page.js("return [...document.querySelectorAll('table.columns th')].findIndex((each) => each.querySelector('.column-name').textContent === arguments[0])", name)


def first_payee(page):
    return page.js("return document.querySelector('.payee .name')?.textContent ?? ''")


@test("the columns that were detected can be corrected by pressing their headings")
def _(page):
    page.click(".count-tab[data-kind=new]")
    page.click("details.mapping summary")
    page.sees("Payee", f"table.columns th:nth-child({column(page, 'Empfänger') + 1})")
    page.click(f"[name=column-{column(page, 'Verwendungszweck')}]")
    pick(page, "payee")
    page.until(lambda: first_payee(page).startswith("Ref "), "the payees did not change")
    page.click(f"[name=column-{column(page, 'Empfänger')}]")
    pick(page, "payee")
    page.until(lambda: first_payee(page) and not first_payee(page).startswith("Ref "), "the payees did not change back")
    page.fill("map-negate", "true")
    page.until(lambda: page.js("return document.querySelector('.import-rows td[data-type]')?.dataset.type") == "income", "the signs did not turn round")
    page.fill("map-negate", "false")
    page.until(lambda: page.js("return document.querySelector('.import-rows td[data-type]')?.dataset.type") == "expense", "the signs did not turn back")


@test("a category chosen while looking holds for all of that payee, and becomes a rule")
def _(page):
    page.click(".pick-category[data-payee='Edeka']")
    pick(page, "gifts")
    page.sees("1 choice made here will be remembered", ".import-rows")
    assert page.js("return [...document.querySelectorAll('.pick-category[data-payee=Edeka]')].every((each) => each.innerText.includes('Gifts'))")


@test("the statement is imported, and its entries are there")
def _(page):
    page.click(page.button("Import 31 entries"))
    page.sees("31 entries imported", ".import-result")
    page.sees("1 line rejected", ".import-result")
    page.sees("1 rule added", ".import-result")
    page.sees("umsatz.csv", ".past-imports")
    page.click(page.button("See the entries"))
    page.at("/entries")
    row(page, "Acme GmbH")
    row(page, "Bäckerei Grün")
    assert "Gifts" in row(page, "Edeka").text
    assert page.path.startswith("/entries?import=")
    page.sees("31 entries", ".count")
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
    page.sees("Say which column has the date", ".import-stage")
    assert not page.button("Say which columns are which first").is_enabled()
    page.click("[name=column-0]")
    pick(page, "date")
    page.click("[name=column-2]")
    pick(page, "amount")
    page.sees("is not a date", ".import-rows")


@test("several files are looked at together, and those that are clear are imported")
def _(page):
    january = f"{month(page, 4)}-"
    choose_files(page, one_csv=f"date,amount,payee\n{january}02,-1.50,Kiosk one\n{january}03,-2.50,Kiosk two\n", two_csv=f"date,amount,payee\n{january}04,-3.50,Kiosk three\n", us_csv="Date,Payee,Amount\n03/04/2026,Coffee Bar,-4.50\n05/06/2026,Grocery,-82.10\n")
    page.sees("Choose the order of the dates", ".file-list")
    page.click(page.button("Import 3 entries from 2 files"))
    page.sees("3 entries imported", ".import-result")
    page.sees("one.csv", ".import-stage")


@test("what was corrected is remembered under a name, and recognised the next time")
def _(page):
    lines = f"{month(page, 5)}-11|Kiosk A|7,10|x\n{month(page, 5)}-12|Kiosk B|8,20|y\n"
    choose_file(page, "bars.csv", "Tag|Wer|Was|Zu\n" + lines)
    page.sees("2 new", ".import-counts")
    page.click("details.mapping summary")
    page.fill("map-negate", "true")
    page.until(lambda: page.js("return document.querySelector('.import-rows td[data-type]')?.dataset.type") == "expense", "the signs did not turn round")
    page.fill("profile-name", "Bar bank")
    page.click(".import-go")
    page.sees("2 entries imported", ".import-result")
    choose_file(page, "again.csv", "Tag|Wer|Was|Zu\n" + lines.replace("Kiosk A", "Kiosk C"))
    page.sees("1 new", ".import-counts")
    page.sees("Bar bank", ".import-recognised")
    assert page.js("return document.querySelector('.import-rows td[data-type]').dataset.type") == "expense"
    page.open("/settings")
    page.sees("Bar bank", "#profiles")


@test("an import is undone, and can be imported again")
def _(page):
    text = f"date,amount,payee\n{month(page, 6)}-02,-1.50,Gone one\n{month(page, 6)}-03,-2.50,Gone two\n"
    choose_file(page, "gone.csv", text)
    page.click(page.button("Import 2 entries"))
    page.sees("2 entries imported", ".import-result")
    page.open("/entries?q=Gone")
    page.until(lambda: len(rows(page, "Gone")) == 2, "they are not there")
    page.open("/import")
    page.find(".past-imports tbody tr")
    page.click(".past-imports tbody tr:first-child .act button")
    in_menu(page, "Undo this import")
    page.sees("Entries you changed since", "dialog")
    page.click(page.button("Undo the import"))
    page.sees("2 entries removed", "#toasts")
    page.sees("undone", ".past-imports")
    page.open("/entries?q=Gone")
    page.until(lambda: page.words(".count"), "it is not said how many there are")
    assert not rows(page, "Gone")
    choose_file(page, "gone.csv", text)
    page.sees("2 new", ".import-counts")


@test("a file that is no statement is refused in words", expected=["422", "400", "415"])
def _(page):
    choose_file(page, "picture.csv", "\x00\x01\x02 not a statement at all \x00")
    wait(lambda: page.text("main .banner"), "no message")
    page.find(".drop")
