"""A shared book: opened, its members, what each of them is shown."""

from verbs import Keys, test


def book_named(page, name):
    return page.js("return [...document.querySelector('.side .book-switch').options].find((each) => each.text === arguments[0])?.value", name)


def choose_book(page, value):
    page.js("const control = document.querySelector('.side .book-switch'); control.value = arguments[0]; control.dispatchEvent(new Event('change', {bubbles: true}))", value)


@test("a personal book says that it is one's own, and leads to one to share")
def _(page):
    page.open("/members")
    page.sees("This book is yours alone")
    page.click(page.button("New book"))
    page.find("dialog [name=name]")
    page.click(page.button("Open the book", "dialog"))
    page.sees("Give the book a name.", "dialog")
    page.keys(Keys.ESCAPE)
    page.gone("dialog")


@test("a household is opened from the switch of books, and is in front then")
def _(page):
    page.open("/")
    page.find(".side .book-switch")
    choose_book(page, "new")
    page.find("dialog [name=name]")
    page.fill("name", "Flat <b>4</b>", "dialog")
    page.click(page.button("Open the book", "dialog"))
    page.gone("dialog")
    page.at("/members")
    page.sees("Nobody else is here yet")
    page.sees("Flat <b>4</b>", ".lead")
    page.sees("Owner", ".person-row")


@test("somebody is invited, once, and the invitation is withdrawn", expected=["409"])
def _(page):
    page.open("/members")
    for _ in range(2):
        page.click(page.js("return document.querySelector('.screen-actions .primary')") or ".screen-actions .primary")
        page.find("dialog [name=email]")
        page.fill("email", "max@example.org", "dialog")
        page.click(page.button("Send the invitation", "dialog"))
        if page.until(lambda: "open invitation" in page.words("dialog") or not page.all("dialog[open]"), "nothing happened") and page.all("dialog[open]"):
            page.sees("has an open invitation", "dialog")
            page.keys(Keys.ESCAPE)
            page.click(page.button("Discard"))
        page.gone("dialog")
        page.sees("max@example.org", "main")
    page.click("[aria-label='More about the invitation of max@example.org']")
    page.click(page.js("return [...document.querySelectorAll('[role=menuitem]')].find((each) => each.innerText.includes('Withdraw'))"))
    page.lacks("max@example.org", "main .people")


@test("an archived book is read and not written, until it is restored")
def _(page):
    page.open("/members")
    page.find(".person-row")
    page.click("[aria-label='More about this book']")
    page.click(page.js("return [...document.querySelectorAll('[role=menuitem]')].find((each) => each.innerText.includes('Archive'))"))
    page.click(page.button("Archive", "dialog"))
    page.sees("can be read, not changed", "main")
    assert not page.all(".new-entry"), "entries are still offered"
    page.click(page.button("Restore", "main"))
    page.find(".new-entry")
    page.lacks("can be read, not changed", "main")


@test("the own book is in front again, with what is in it")
def _(page):
    page.open("/")
    page.find(".side .book-switch")
    own = page.js("return document.querySelector('.side .book-switch').options[0].value")
    choose_book(page, own)
    page.until(lambda: page.js("return document.querySelector('.side .book-switch')?.value") == own, "the book is another one")
    page.open("/entries")
    page.find(".side .book-switch")
