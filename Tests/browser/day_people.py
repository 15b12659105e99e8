"""People and organisations: the profile and its picture, what a role does not permit, departments and roles, going away."""

import json
import os
import re
import struct
import tempfile
import urllib.request
import zlib

from harness import Browser
from day_members import book_named, choose, choose_book
from verbs import PASSWORD, Keys, add_entry, choose_file, invite, invited, looks, month, pick, row, rows, select_row, test, today


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 160)) for x in range(width)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def looked_at(page, paths, name):
    """Every screen in both schemes, wide and narrow; a picture of each where they are kept."""
    problems = []
    for width, height in ((1280, 900), (375, 812)):
        page.size(width, height)
        for scheme in ("light", "dark"):
            page.media(scheme)
            for path, selector in paths:
                page.open(path)
                page.find(selector)
                page.shot(f"{name}{path.replace('/', '-').replace('#', '-')}-{width}-{scheme}")
                problems += [f"{path} {width} {scheme}: {each}" for each in looks(page)]
    page.size(1280, 900)
    page.media("light")
    assert not problems, problems


@test("a name, a word about oneself and a picture are kept, and shown", expected=["415"])
def _(page):
    page.open("/settings")
    page.find("[name=bio]")
    page.fill("firstName", "Ada")
    page.fill("lastName", "Lovelace")
    page.fill("bio", "Counts, and writes it down.")
    page.fill("timeZone", "Europe/London")
    page.click(page.button("Save profile"))
    page.sees("Profile saved.")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("me.png", png(120, 80)), ("not.png", b"%PDF-1.4 is no picture")):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        page.all("input[type=file][aria-label=Picture]")[0].send_keys(os.path.join(folder, "not.png"))
        page.sees("This is no JPEG, PNG or WebP", ".avatar-choice")
        page.all("input[type=file][aria-label=Picture]")[0].send_keys(os.path.join(folder, "me.png"))
        page.sees("Picture saved.")
    page.until(lambda: page.js("const face = document.querySelector('.avatar-choice img.face'); return face?.complete && face.naturalWidth === 96"), "the picture is not shown")
    assert page.all(".side img.avatar"), "it is not beside the name"
    page.open("/settings")
    page.find("[name=bio]")
    assert page.js("return document.querySelector('[name=bio]').value") == "Counts, and writes it down."
    looked_at(page, [("/settings", ".avatar-choice img.face")], "profile")
    page.open("/settings")
    page.click(page.button("Remove", ".avatar-choice"))
    page.sees("Picture removed.")
    page.gone(".avatar-choice img.face")


@test("a member sees no way to change rules and categories, a viewer none to change anything", expected=["401"])
def _(page):
    page.open("/")
    page.find(".side .book-switch")
    choose_book(page, book_named(page, "Flat <b>4</b>"))
    page.until(lambda: page.js("return document.querySelector('.side .book-switch').selectedOptions[0].text") == "Flat <b>4</b>", "the book is not in front")
    for entry in ({"amount": "12.50", "merchantName": "Bakery", "transactionDate": page.js("return new Intl.DateTimeFormat('en-CA').format(new Date())")},):
        answer = page.fetch("POST", f"/api/v1/expenses?bookId={book_named(page, 'Flat <b>4</b>')}", entry)
        assert answer["status"] == 201, answer
    answer = page.fetch("POST", f"/api/v1/rules?bookId={book_named(page, 'Flat <b>4</b>')}", {"name": "Bakeries", "conditions": {"match": "all", "items": [{"field": "merchant", "op": "contains", "value": "Bakery"}]}, "actions": {"addTags": ["bread"]}})
    assert answer["status"] == 201, answer
    mona = invited(page, "mona@example.org", "Mona Member", "member")
    try:
        mona.open("/rules")
        mona.sees("Bakeries", ".rule-list")
        for text in ("New rule", "Apply to entries"):
            assert text not in mona.words("main"), f"a member is offered “{text}”"
        assert not mona.all(".rule-list button") and mona.js("return document.querySelector('.rule-list .switch').disabled")
        mona.open("/categories")
        mona.find(".category-tree li")
        assert "New category" not in mona.words("main") and not mona.all(".category-tree button"), "a member is offered to change categories"
        mona.open("/settings")
        mona.sees("Payment methods")
        mona.lacks("Add a payment method")
        mona.open("/entries")
        mona.sees("Bakery", "table.entries")
        assert mona.all(".new-entry"), "a member may add entries"
        mona.shot("member-entries")
        assert mona.js("return document.querySelector('table.entries .category').disabled"), "a member may sort another's entry"
        mona.click("table.entries .name")
        mona.find("dialog.panel")
        mona.sees("Somebody else has recorded this.", "dialog.panel")
        assert not mona.all("dialog.panel button[type=submit]") and "Delete" not in mona.words("dialog.panel"), "a member may save another's entry"
        mona.shot("member-reads-entry")
        mona.keys(Keys.ESCAPE)
        mona.gone("dialog.panel")
        add_entry(mona, "3.20", "Kiosk", close=True)
        mona.sees("Kiosk", "table.entries")
        mona.click(mona.js("return [...document.querySelectorAll('table.entries .name')].find((each) => each.innerText === 'Kiosk')"))
        mona.find("dialog.panel, tr[data-editing]")
        mona.keys(Keys.ESCAPE)
        mona.gone("dialog.panel")
        mona.open("/audit")
        mona.sees("Your role does not let you read this", "main")
        assert not mona.all(".audit-filters"), "a member is offered to filter what they may not read"

        page.open("/members")
        page.sees("Mona Member", ".people")
        control = page.find("[aria-label='Role of Mona Member']")
        page.js("arguments[0].value = 'viewer'; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", control)
        page.sees("Mona Member is now: Viewer.")
        mona.open("/entries")
        mona.sees("Bakery", "table.entries")
        assert not mona.all(".new-entry") and "Import" not in mona.words(".screen-head"), "a viewer is offered to add entries"
        assert mona.js("return document.querySelector('table.entries .category').disabled"), "a viewer may choose another category"
        mona.click("table.entries .name")
        mona.find("dialog.panel")
        mona.sees("Expense", "dialog.panel")
        mona.until(lambda: mona.all("dialog.panel [name=amount]"), "the entry does not open")
        assert not mona.all("dialog.panel button[type=submit]") and mona.js("return document.querySelector('dialog.panel [name=amount]').disabled"), "a viewer may save"
        mona.shot("viewer-entry")
        mona.size(375, 740)
        mona.open("/entries")
        mona.find(".tabs .place")
        assert mona.js("const all = [...document.querySelectorAll('.tabs > *')].map((each) => each.getBoundingClientRect()); return all.at(-1).right > innerWidth - 3 && Math.abs(all[0].width - all.at(-1).width) < 2"), "the places at the lower edge leave a hole"
        mona.shot("viewer-tabs")
    finally:
        mona.quit()


def box_of(page, merchant):
    """(whether it can be pressed, what it is called, what is shown of it to whoever points at it)"""
    return page.js("""
        const box = arguments[0].querySelector(".select-mark input");
        return [!box.disabled, box.getAttribute("aria-label"), box.closest("label").title]""", row(page, merchant))


@test("a member selects what they have recorded, and nothing else", expected=["401"])
def _(page):
    page.open("/")
    page.find(".side .book-switch")
    choose_book(page, "new")
    page.find("dialog [name=name]")
    page.fill("name", "Till", "dialog")
    page.click(page.button("Open the book", "dialog"))
    page.gone("dialog")
    page.at("/members")
    book = book_named(page, "Till")
    milo = invited(page, "milo@example.org", "Milo Member", "member")

    def record(who, *items):
        answer = who.fetch("POST", f"/api/v1/expenses/bulk?bookId={book}", {"items": [{"merchantName": name, "amount": "3.50", "transactionDate": day} for name, day in items]})
        assert answer["status"] == 201, answer["text"][:400]

    try:
        # One of his is on the last page.
        record(page, *((f"Hers {number:03}", f"{month(page, 1)}-20") for number in range(130)))
        record(milo, ("Mine 1", today(page)), ("Mine 2", today(page)), ("Mine 3", f"{month(page, 1)}-10"))
        milo.open("/entries")
        enabled, label, title = box_of(milo, "Hers")
        assert not enabled and title == "Somebody else has recorded this. You can change what you have recorded yourself.", (enabled, title)
        assert "cannot be selected" in label and title in label, label
        assert box_of(milo, "Mine 1")[:2] == [True, "Select Mine 1"], box_of(milo, "Mine 1")
        assert milo.js("return document.querySelector('thead .select-mark input').getAttribute('aria-label')") == "Select all shown that you may change"
        milo.click("thead .select-mark")
        milo.sees("2 selected", ".bulk-bar")
        milo.shot("member-selects")
        milo.click(milo.button("Select all that match", ".bulk-bar"))
        milo.sees("3 selected", ".bulk-bar")
        milo.keys(Keys.ESCAPE)
        milo.gone(".bulk-bar")
        # Nor by the keys, one by one or from one to another.
        milo.js("arguments[0].focus()", row(milo, "Hers"))
        milo.keys("x")
        milo.sees("Somebody else has recorded this.", "#toasts")
        assert not milo.find("table.entries").find_elements("css selector", "tr[data-selected]"), "another's entry is selected"
        milo.js("arguments[0].focus()", rows(milo, "Mine")[0])
        milo.keys("x")
        for _ in range(4):
            milo.chord(Keys.SHIFT, Keys.ARROW_DOWN)
        milo.sees("2 selected", ".bulk-bar")
        milo.click(milo.button("Select all that match", ".bulk-bar"))
        milo.sees("3 selected", ".bulk-bar")
        milo.keys("#")
        milo.sees("Deleted 3 entries", "#toasts")
        milo.until(lambda: rows(milo, "Hers") and not rows(milo, "Mine"), "they are still there")
        assert not milo.all("dialog[open]"), milo.words("dialog")
        milo.keys("u")
        milo.until(lambda: len(rows(milo, "Mine")) == 2, "they did not come back")
        # A copy of another's entry is his own.
        milo.open("/entries")
        row(milo, "Hers 129")
        milo.js("[...document.querySelectorAll('table.entries tbody tr')].find((each) => each.innerText.includes('Hers 129')).querySelector('.name').click()")
        milo.find("dialog.panel")
        milo.sees("Somebody else has recorded this.", "dialog.panel")
        milo.click(milo.button("Duplicate", "dialog.panel"))
        milo.gone("dialog.panel")
        milo.sees("Duplicated", "#toasts")
        milo.until(lambda: any(box_of(milo, "Hers 129")[:1]), "the copy cannot be selected")
        # What looks as if it were there twice is hers to judge.
        record(page, ("Twin", today(page)), ("Twin", today(page)))
        milo.open("/entries/duplicates")
        milo.sees("Twin", ".twins")
        assert "Keep both" not in milo.words(".twins") and "Delete this one" not in milo.words(".twins"), milo.words(".twins")
        page.open("/entries/duplicates")
        page.sees("Keep both", ".twins")
        # Who only looks selects nothing, and is told why.
        page.open("/members")
        control = page.find("[aria-label='Role of Milo Member']")
        page.js("arguments[0].value = 'viewer'; arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", control)
        page.sees("Milo Member is now: Viewer.")
        milo.open("/entries")
        assert box_of(milo, "Mine 1")[2] == "Your role in this book lets you see entries, not change them."
        assert milo.js("return document.querySelector('thead .select-mark input').disabled"), "a viewer may select all"
        milo.drain(["401"])
        assert not milo.complaints, milo.complaints
    finally:
        milo.quit()
    choose_book(page, book_named(page, "Flat <b>4</b>"))
    page.until(lambda: page.js("return document.querySelector('.side .book-switch').selectedOptions[0].text") == "Flat <b>4</b>", "the book is not in front")


@test("preferences are saved as they are chosen, and hold at once and on the next visit")
def _(page):
    page.open("/settings#preferences")
    page.find("#preferences [name=dateFormat]")
    theme = "return document.documentElement.dataset.theme"
    page.fill("dateFormat", "dd.MM.yyyy", "#preferences")
    page.sees("Saved.")
    page.click("#preferences [name=darkMode]")
    page.until(lambda: page.js(theme) == "dark", "it does not become dark")
    page.fill("newCurrency", "CHF", "#preferences")
    page.until(lambda: not page.all("#preferences :disabled"), "it is still being saved")
    page.open("/settings#preferences")
    page.find("#preferences [name=dateFormat]")
    assert page.js("return ['dateFormat', 'newCurrency'].map((name) => document.querySelector(`#preferences [name=${name}]`).value).join()") == "dd.MM.yyyy,CHF"
    assert page.js(theme) == "dark"
    page.open("/entries")
    page.find("table.entries time")
    written = page.js("return [...document.querySelectorAll('table.entries time')].map((each) => each.innerText).filter((text) => !/day/.test(text))")
    assert all(re.fullmatch(r"\d\d\.\d\d\.\d{4}", each) for each in written), written
    page.open("/members")
    page.find(".side .book-switch")
    choose_book(page, "new")
    page.find("dialog [name=currency]")
    assert page.js("return document.querySelector('dialog [name=currency]').value") == "CHF"
    page.keys(Keys.ESCAPE)
    page.gone("dialog")
    looked_at(page, [("/settings#preferences", "#preferences select"), ("/settings#letters", "#letters select")], "preferences")
    page.open("/settings#preferences")
    page.fill("dateFormat", "system", "#preferences")
    page.click("#preferences [name=darkMode]")
    page.until(lambda: page.js(theme) == "light", "it stays dark")
    page.fill("newCurrency", "", "#preferences")
    page.until(lambda: not page.all("#preferences :disabled"), "it is still being saved")


@test("which letters one gets is chosen, and in which language")
def _(page):
    page.open("/settings#letters")
    page.find("#letters [name=members]")
    is_on = "return document.querySelector('#letters [name=members]').checked"
    assert page.js(is_on), "letters about shared books are off from the beginning"
    page.click("#letters [name=members]")
    page.sees("Saved.")
    page.fill("language", "de", "#letters")
    page.until(lambda: not page.all("#letters :disabled"), "it is still being saved")
    page.open("/settings#letters")
    page.find("#letters [name=members]")
    assert not page.js(is_on) and page.js("return document.querySelector('#letters [name=language]').value") == "de"
    # By the keyboard alone.
    page.js("document.querySelector('#letters [name=members]').focus()")
    page.keys(Keys.SPACE)
    page.sees("Saved.")
    assert page.focused("element.name") == "members", "the focus is lost"
    page.fill("language", "en", "#letters")
    page.until(lambda: not page.all("#letters :disabled"), "it is still being saved")


@test("an organisation has departments and roles, which are made, changed, given and deleted", expected=["409"])
def _(page):
    page.open("/")
    page.find(".side .book-switch")
    choose_book(page, "new")
    page.find("dialog [name=name]")
    page.fill("name", "Acme", "dialog")
    page.fill("kind", "organization", "dialog")
    page.click(page.button("Open the book", "dialog"))
    page.gone("dialog")
    page.at("/members")
    page.click(page.button("Departments and roles"))
    page.sees("Finance", "[aria-label=Departments]")
    page.sees("Department head", "[aria-label=Roles]")
    page.click(page.button("New department"))
    page.find("dialog [name=name]")
    page.fill("name", "Payroll", "dialog")
    page.js("const control = document.querySelector('dialog [name=parentId]'); control.value = [...control.options].find((each) => each.text === 'Finance').value")
    page.click(page.button("Add", "dialog"))
    page.gone("dialog")
    page.until(lambda: page.js("const names = [...document.querySelectorAll('[aria-label=Departments] bdi')].map((each) => each.innerText); return names.indexOf('Payroll') === names.indexOf('Finance') + 1"), "it is not under its department")
    page.click("[aria-label='Delete Finance']")
    page.sees("“Finance” has departments of its own.")
    page.click(page.button("New role"))
    page.find("dialog [name=name]")
    page.click(page.button("Add", "dialog"))
    page.sees("Give it a name.", "dialog")
    page.fill("name", "Bookkeeper", "dialog")
    for permission in ("entry:view", "entry:create"):
        page.click(f"dialog [value='{permission}']")
    page.shot("role-dialog")
    page.click(page.button("Add", "dialog"))
    page.gone("dialog")
    page.sees("Bookkeeper", "[aria-label=Roles]")
    looked_at(page, [("/organisation", "[aria-label=Roles]"), ("/members", ".person-row")], "organisation")
    page.size(375, 812)
    page.open("/organisation")
    page.find("[aria-label='Edit Finance']")
    assert page.js("return document.querySelector(\"[aria-label='Edit Finance']\").getBoundingClientRect().right <= document.querySelector(\"[aria-label='Delete Finance']\").getBoundingClientRect().left"), "one button lies on the other"
    page.size(1280, 900)
    page.open("/members")
    page.click("[aria-label^='More about Ada']")
    choose(page, "Role, department and title")
    page.find("dialog [name=departmentId]")
    page.js("const control = document.querySelector('dialog [name=departmentId]'); control.value = [...control.options].find((each) => each.text.includes('Payroll')).value")
    page.fill("title", "Head of pay", "dialog")
    page.click(page.button("Save", "dialog"))
    page.sees("Head of pay, Payroll", ".person-row")
    page.open("/organisation")
    page.click("[aria-label='Delete Bookkeeper']")
    page.click(page.button("Delete", "dialog"))
    page.lacks("Bookkeeper", "[aria-label=Roles]")


def somebody(page, email, name, token):
    """A new account that has accepted an invitation, without the screens that other tests look at."""
    def ask(path, body, **headers):
        request = urllib.request.Request(page.base + "/api/v1" + path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["data"]
    made = ask("/auth/register", {"email": email, "password": PASSWORD, "firstName": name})
    access = made.get("accessToken") or made["tokens"]["accessToken"]
    ask(f"/invitations/{token}/accept", {}, Authorization=f"Bearer {access}")


@test("an entry is of a department, and a role that reaches a part of the book shows that part")
def _(page):
    address = invite(page, "stan@example.org", "viewer")
    somebody(page, "stan@example.org", "Stan", address.split("=")[-1])
    page.open("/members")
    page.click("[aria-label^='More about Stan']")
    choose(page, "Role, department and title")
    page.find("dialog [name=departmentId]")
    for name, text in (("departmentId", "HR"), ("role", "Department head")):
        page.js("const control = document.querySelector(`dialog [name=${arguments[0]}]`); control.value = [...control.options].find((each) => each.text.includes(arguments[1])).value", name, text)
    page.click(page.button("Save", "dialog"))
    page.sees("HR", ".people")
    add_entry(page, "70", "Payroll office")
    page.open("/entries")
    page.js("arguments[0].focus()", row(page, "Payroll office"))
    page.keys("e")
    page.find("dialog.panel [name=departmentId]")
    assert page.js("const control = document.querySelector('dialog.panel [name=departmentId]'); return control.selectedOptions[0].text.trim()") == "Payroll", "one's own department is what an entry is of"
    page.keys(Keys.ESCAPE)
    page.gone("dialog.panel")
    page.click(page.button("New entry"))
    page.find("dialog.panel [name=departmentId]")
    page.fill("amount", "40", "dialog.panel")
    page.fill("merchantName", "Training", "dialog.panel")
    page.js("const control = document.querySelector('dialog.panel [name=departmentId]'); control.value = [...control.options].find((each) => each.text.includes('HR')).value")
    page.click(page.button("Save", "dialog.panel"))
    page.gone("dialog.panel")
    page.click("[data-filter=department] button")
    page.click(page.until(lambda: page.js("return [...document.querySelectorAll('[role=option]')].find((each) => each.innerText.includes('HR'))"), "HR is not offered"))
    page.until(lambda: rows(page, "Training") and not rows(page, "Payroll office"), "the filter does not filter")
    stan = Browser(page.base, page.shots)
    try:
        stan.open("/signin")
        stan.fill("email", "stan@example.org")
        stan.fill("password", PASSWORD)
        stan.click(stan.button("Sign in"))
        stan.find(".side .book-switch, [name=name]")
        stan.open("/")
        stan.find(".side .book-switch")
        choose_book(stan, book_named(stan, "Acme"))
        stan.sees("You see what is of your department", "main")
        stan.open("/entries")
        stan.sees("Training", "table.entries")
        assert "Payroll office" not in stan.words("main"), "another department's entry is shown"
        assert "Rules" not in stan.words(".side"), "a screen of the whole book is offered"
        stan.click(stan.button("New entry"))
        stan.find("dialog.panel [name=departmentId]")
        offered = stan.js("return [...document.querySelector('dialog.panel [name=departmentId]').options].map((each) => each.text.trim())")
        assert offered == ["None", "HR"], offered
        stan.keys(Keys.ESCAPE)
        looked_at(stan, [("/", ".dashboard"), ("/entries", "table.entries")], "scope")
    finally:
        stan.quit()


@test("a statement is imported into a department, and several entries are given another one at once")
def _(page):
    lines = [f"{month(page, 1)}-0{number + 2},-{number + 11}.00,Agency {number}\n" for number in range(3)]
    choose_file(page, "agency.csv", "date,amount,payee\n" + "".join(lines))
    page.sees("3 new", ".import-counts")
    page.find(".import-department select")
    offered = page.js("return [...document.querySelector('.import-department select').options].map((each) => each.text.trim())")
    assert offered[0] == "None" and offered.index("Payroll") == offered.index("Finance") + 1, offered
    assert page.js("return document.querySelector('.import-department select').value") == "", "a department is chosen from the beginning"
    page.js("const control = document.querySelector('.import-department select'); control.value = [...control.options].find((each) => each.text.includes('HR')).value; control.dispatchEvent(new Event('change', {bubbles: true}))")
    # What is drawn anew keeps it.
    page.click("details.mapping summary")
    page.fill("map-negate", "true")
    page.until(lambda: page.js("return document.querySelector('.import-rows td[data-type]')?.dataset.type") == "income", "the signs did not turn round")
    page.fill("map-negate", "false")
    page.until(lambda: page.js("return document.querySelector('.import-rows td[data-type]')?.dataset.type") == "expense", "the signs did not turn back")
    assert page.js("return document.querySelector('.import-department select').selectedOptions[0].text.trim()") == "HR", "the choice is lost"
    problems = []
    for width, height in ((375, 812), (1280, 900)):
        page.size(width, height)
        for scheme in ("dark", "light"):
            page.media(scheme)
            page.shot(f"import-department-{width}-{scheme}")
            problems += [f"{width} {scheme}: {each}" for each in looks(page)]
    assert not problems, problems
    page.click(page.button("Import 3 entries"))
    page.sees("3 entries imported", ".import-result")
    page.sees("HR", ".import-result")
    page.sees("HR", ".past-imports tbody tr:first-child")
    page.shot("import-department-result")
    page.open("/entries?department=hr&q=Agency")
    page.until(lambda: len(rows(page, "Agency")) == 3, "they are not of the department")
    select_row(page, "Agency 0")
    select_row(page, "Agency 1")
    for width, height in ((375, 812), (1280, 900)):
        page.size(width, height)
        page.shot(f"bulk-department-{width}")
        assert not looks(page), looks(page)
    page.click(page.button("Department", ".bulk-bar"))
    page.shot("bulk-department-picker")
    pick(page, "payroll")
    page.sees("2 entries changed", "#toasts")
    page.gone(".bulk-bar")
    page.open("/entries?department=payroll&q=Agency")
    page.until(lambda: len(rows(page, "Agency")) == 2, "the server does not know")
    select_row(page, "Agency 1")
    page.click(page.button("Department", ".bulk-bar"))
    pick(page, "none")
    page.sees("1 entry changed", "#toasts")
    page.open("/entries?department=none&q=Agency")
    page.until(lambda: len(rows(page, "Agency 1")) == 1 and len(rows(page)) == 1, "it is still of a department")


@test("everything of one's own is downloaded as one file")
def _(page):
    with tempfile.TemporaryDirectory() as folder:
        page.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=folder)
        page.open("/settings#data")
        page.click(page.button("Download everything", "#data"))
        files = page.until(lambda: [each for each in os.listdir(folder) if each.endswith(".json")], "no file has come")
        with open(os.path.join(folder, files[0]), encoding="utf-8") as file:
            everything = json.load(file)
    assert everything["profile"]["firstName"] == "Ada" and everything["sessions"]
    books = {each["book"]["name"]: each for each in everything["books"]}
    assert "Acme" in books and sorted(each["merchantName"] for each in books["Flat <b>4</b>"]["entries"]) == ["Bakery", "Kiosk"], list(books)
    assert PASSWORD not in json.dumps(everything)


@test("the owner of a shared book cannot go before it is given away or archived", expected=["409"])
def _(page):
    page.open("/settings#data")
    page.click(page.button("Delete my account …", "#data"))
    page.find("dialog [name=confirmation]")
    page.fill("confirmation", "somebody@example.org", "dialog")
    page.click(page.button("Delete my account", "dialog"))
    page.sees("Type ", "dialog")
    page.fill("confirmation", page.js("return document.querySelector('.settings [name=email]').value"), "dialog")
    page.click(page.button("Delete my account", "dialog"))
    page.until(lambda: "only" in page.words("dialog") and ("owner" in page.words("dialog") or "administrator" in page.words("dialog")), "it is not refused")
    page.shot("last-owner")
    page.keys(Keys.ESCAPE)
    page.gone("dialog")


@test("an account that is to be deleted says so, and is kept after all", expected=["401"])
def _(page):
    gus = Browser(page.base, page.shots)
    try:
        gus.open("/signup")
        gus.find("[name=password]")
        gus.fill("name", "Gus Going")
        gus.fill("email", "gus@example.org")
        gus.fill("password", PASSWORD)
        gus.click(gus.button("Create account"))
        gus.click(gus.button("Open the book"))
        gus.at("/import")
        gus.open("/settings#data")
        gus.click(gus.button("Delete my account …", "#data"))
        gus.find("dialog [name=confirmation]")
        gus.shot("leave-dialog")
        gus.fill("confirmation", "gus@example.org", "dialog")
        gus.click(gus.button("Delete my account", "dialog"))
        gus.at("/signin")
        gus.sees("will be deleted on")
        gus.find("[name=password]")
        gus.fill("email", "gus@example.org")
        gus.fill("password", PASSWORD)
        gus.click(gus.button("Sign in"))
        gus.sees("Your account will be deleted on", ".farewell")
        looked_at(gus, [("/", ".farewell"), ("/settings#data", ".farewell")], "farewell")
        gus.open("/entries")
        gus.click(gus.button("Keep my account", ".farewell"))
        gus.gone(".farewell")
        gus.open("/settings#data")
        gus.button("Delete my account …", "#data")
        gus.drain(["401"])
        assert not gus.complaints, gus.complaints
    finally:
        gus.quit()


@test("the own book is in front once more")
def _(page):
    page.open("/")
    page.find(".side .book-switch")
    own = page.js("return document.querySelector('.side .book-switch').options[0].value")
    choose_book(page, own)
    page.until(lambda: page.js("return document.querySelector('.side .book-switch')?.value") == own, "the book is another one")
    page.open("/entries")
    page.find(".side .book-switch")
