"""A shared book: opened, its members, what each of them is shown."""

from harness import Browser
from verbs import Keys, invite, sign_up_invited, test


def choose(page, text):
    """An item of the menu that is open."""
    page.click(page.until(lambda: page.js("return [...document.querySelectorAll('[role=menuitem]')].find((each) => each.innerText.includes(arguments[0]))", text), f"no item “{text}”"))


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
        page.click(page.button("Invite somebody", ".screen-actions"))
        page.find("dialog [name=email]")
        page.fill("email", "max@example.org", "dialog")
        page.click(page.button("Send the invitation", "dialog"))
        if page.until(lambda: "open invitation" in page.words("dialog") or not page.all("dialog[open]"), "nothing happened") and page.all("dialog[open]"):
            page.sees("has an open invitation", "dialog")
            page.keys(Keys.ESCAPE)
        page.gone("dialog")
        page.sees("max@example.org", "main")
    page.click("[aria-label='More about the invitation of max@example.org']")
    choose(page, "Withdraw")
    page.lacks("max@example.org", "main .people")


@test("one who is invited signs up by the letter's link, sees the book as a viewer, and nothing of it once removed", expected=["401", "404"])
def _(page):
    address = invite(page, "vera@example.org", "viewer")
    vera = Browser(page.base, page.shots)
    try:
        vera.open(address)
        vera.sees("invites you to the household Flat <b>4</b>")
        assert "token" not in vera.js("return location.href"), "the token stays in the address"
        vera.sees("You would be: Viewer. You see everything in it, and change nothing.")
        vera.shot("invitation")
        vera.click(vera.button("Create an account"))
        vera.find("[name=password]")
        assert vera.js("return document.querySelector('[name=email]').value") == "vera@example.org", "the address is not filled in"
        # Another form and back: the address stays.
        vera.click(vera.button("Sign in", ".entrance-foot"))
        vera.until(lambda: vera.js("return location.pathname + document.querySelector('[name=email]')?.value") == "/signinvera@example.org", "the address is not filled in to sign in")
        vera.click(vera.button("Create an account", ".entrance-foot"))
        vera.find("[name=name]")
        vera.shot("invited-signup")
        sign_up_invited(vera, "Vera Viewer")
        vera.sees("Welcome to “Flat <b>4</b>”.")
        assert vera.js("return fetch('/api/v1/users/me').then((answer) => answer.json()).then((answer) => answer.data.emailVerified)"), "the address is not confirmed"
        assert not vera.all(".address-note"), "another letter is asked for"
        # The letter once more, in another window: it opens the book.
        vera.open("/settings")
        vera.find("main h1")
        vera.open(address)
        vera.at("/")
        vera.until(lambda: book_named(vera, "Flat <b>4</b>") == vera.js("return document.querySelector('.side .book-switch').value"), "the book is not in front")
        assert not vera.all(".new-entry"), "a viewer is offered to add entries"
        vera.open("/members")
        vera.sees("Vera Viewer", ".people")
        assert not vera.all(".role-choice"), "a viewer is offered to change roles"
        page.open("/members")
        page.sees("Vera Viewer", ".people")
        page.click("[aria-label='More about Vera Viewer']")
        choose(page, "Remove")
        page.click(page.button("Remove", "dialog"))
        page.lacks("Vera Viewer", "main .people")
        vera.open("/entries")
        vera.find(".side .book-switch")
        assert not book_named(vera, "Flat <b>4</b>"), "the book is still offered"
        # Invited again, they see it without the letter: their address is confirmed.
        invite(page, "vera@example.org")
        vera.open("/")
        vera.sees("invites you to the household Flat <b>4</b>, as: Member.", ".invitation-notes")
        vera.shot("invitation-note")
        vera.click(vera.button("Decline", ".invitation-notes"))
        vera.sees("Declined.")
        vera.gone(".invitation-notes .banner")
        page.open("/members")
        page.find(".person-row")
        page.lacks("vera@example.org", "main")
    finally:
        vera.quit()


@test("an archived book is read and not written, until it is restored")
def _(page):
    page.open("/members")
    page.find(".person-row")
    page.click("[aria-label='More about this book']")
    choose(page, "Archive")
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
