"""Signing up and signing in."""

from verbs import EMAIL, PASSWORD, statement, test, wait


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
    page.at("/import")
    page.sees("Bring in your first statement", "main")
    page.find(".drop")
    page.sees("Ada’s money", ".side")
    page.open("/")
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
