"""Registering where only the link in a letter opens an account: a server of its own, with --registration verified."""

import os

from day_signin import MAX
from verbs import PASSWORD, letters, link, test, wait

URL, MAIL = os.environ.get("VERIFIED_URL"), os.environ.get("VERIFIED_MAIL", "")
NEW = MAX.replace("max.", "nina.")


def elsewhere(body):
    def run(page):
        base, folder = page.base, os.environ.get("MAIL_FOLDER")
        page.base, os.environ["MAIL_FOLDER"] = URL, MAIL
        try:
            body(page)
        finally:
            page.base = base
            os.environ["MAIL_FOLDER"] = folder or ""
    return run


def register(page):
    page.open("/signup")
    page.fill("name", "Nina")
    page.fill("email", NEW)
    page.fill("password", PASSWORD)
    page.click(page.button("Create account"))
    page.sees("Look into your mail")


if URL:
    @test("a new account is opened by the link in a letter, and the password that was chosen", expected=["400"])
    @elsewhere
    def _(page):
        register(page)
        page.shot("look-into-mail")
        page.open(link(NEW, "/welcome"))
        page.sees("Open your account")
        assert "token" not in page.js("return location.href")
        page.fill("password", "not this one")
        page.click(page.button("Open the account"))
        page.sees("This is not your password.", "[data-field=password]")
        page.shot("open-account")
        page.fill("password", PASSWORD)
        page.click(page.button("Open the account"))
        page.sees("Set up your book")
        page.click(page.button("Later, in the settings"))
        page.at("/import")
        page.gone(".address-note")
        page.fetch("POST", "/api/v1/auth/logout", {})
        page.driver.delete_all_cookies()

    @test("an address that has an account gets the same answer, and another letter")
    @elsewhere
    def _(page):
        register(page)
        wait(lambda: [each for each in letters(NEW) if "have an account already" in each["subject"]], "no letter", 15)
        page.open("/welcome#token=" + "A" * 43)
        page.sees("Open your account")

    @test("a link that is not one says so", expected=["400"])
    @elsewhere
    def _(page):
        page.fill("password", PASSWORD)
        page.click(page.button("Open the account"))
        page.sees("This link does not work any more")
