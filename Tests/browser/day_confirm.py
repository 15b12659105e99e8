"""Showing once more that it is you: by password, passkey, code, and by the other service; linking one and unlinking it."""

import os
import subprocess

from day_signin import code
from day_signin_passkeys import AUTHENTICATOR, at_localhost, sign_in
from verbs import EMAIL, PASSWORD, test, wait

DATA = os.path.dirname(os.environ.get("MAIL_FOLDER", ""))
LAST = "dialog:last-of-type"
kept = {}


def sql(text):
    """The tests need the time to have passed, and a letter to have been read."""
    subprocess.run(
        ["psql", "-qX", f"host={DATA}/postgres/cluster port=5432 user=postgres dbname=purser", "-c", text], check=True)


def grow_stale():
    sql("UPDATE sessions SET authenticated_at = now() - interval '1 hour'")


def sign_out(page):
    page.fetch("POST", "/api/v1/auth/logout", {})


def asked(page):
    page.sees("Is it still you?", LAST)


def visit_service(page, subject):
    wait(lambda: page.all("[name=sub]"), "not at the service")
    field = page.find("[name=sub]")
    field.clear()
    field.send_keys(subject)
    field.submit()


if DATA:
    @test("a while after signing in the password is asked for, and then it goes on", expected=["400", "403"])
    @at_localhost
    def _(page):
        page.cdp("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        sign_in(page)
        page.at("/settings/security")
        grow_stale()
        page.click(page.button("Add a passkey", "#passkeys"))
        page.fill("name", "Work phone", "dialog")
        page.click(page.button("Go on", "dialog"))
        asked(page)
        page.shot("confirm-password")
        page.fill("password", "not this one", LAST)
        page.click(page.button("Go on", LAST))
        page.sees("This is not your password.", LAST)
        page.fill("password", PASSWORD, LAST)
        page.click(page.button("Go on", LAST))
        page.gone("dialog")
        page.sees("Work phone", "#passkeys")

    @test("closing the question changes nothing", expected=["403"])
    @at_localhost
    def _(page):
        grow_stale()
        page.click(page.button("Set up an authenticator app"))
        asked(page)
        page.click(f"{LAST} [aria-label=Close]")
        page.gone("dialog")
        page.sees("Set up an authenticator app", "#codes")

    @test("a passkey shows it as well", expected=["403"])
    @at_localhost
    def _(page):
        page.click(page.button("Set up an authenticator app"))
        asked(page)
        page.click(page.button("Use a passkey", LAST))
        page.find("dialog img.qr")
        page.click("dialog summary")
        kept["secret"] = page.find("dialog .secret").text.replace(" ", "")
        page.fill("code", code(kept["secret"], -1), "dialog")
        page.click(page.button("Turn it on"))
        page.sees("Two-step sign-in is on", "dialog")
        kept["codes"] = [each.text for each in page.all(".recovery-codes code")]
        page.click("dialog [aria-label=Close]")

    @test("a passkey is the second step after the password")
    @at_localhost
    def _(page):
        sign_out(page)
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        sign_in(page)
        page.sees("One more step")
        page.shot("second-step-passkey")
        page.click(page.button("Use a passkey"))
        page.at("/settings/security")
        page.sees("by password and passkey", "#sessions")

    @test("with two-step sign-in the password is asked for together with a code", expected=["400", "403"])
    @at_localhost
    def _(page):
        grow_stale()
        page.click(page.button("New recovery codes", "#codes"))
        page.click(page.button("Make new ones", "dialog"))
        asked(page)
        page.fill("password", PASSWORD, LAST)
        page.click(page.button("Go on", LAST))
        page.sees("Enter a code.", LAST)
        page.shot("confirm-both")
        for name, width, scheme in (("confirm-both-phone", 375, "light"), ("confirm-both-phone-dark", 375, "dark"), ("confirm-both-dark", 1280, "dark")):
            page.size(width, 800)
            page.media(scheme)
            page.shot(name)
        page.media("light")
        page.size(1280, 900)
        page.fill("factor", "000000", LAST)
        page.click(page.button("Go on", LAST))
        page.sees("This code is not right", f"{LAST} [data-field=factor]")
        page.fill("factor", code(kept["secret"]), LAST)
        page.click(page.button("Go on", LAST))
        page.sees("Your new recovery codes", "dialog")
        kept["codes"] = [each.text for each in page.all(".recovery-codes code")]
        page.click("dialog [aria-label=Close]")
        page.gone("dialog")

    @test("without the device one of the recovery codes goes with the password", expected=["403"])
    @at_localhost
    def _(page):
        grow_stale()
        page.click(page.button("Add a passkey", "#passkeys"))
        page.click(page.button("Go on", "dialog"))
        asked(page)
        page.click(page.button("Lost the device? Use a recovery code", LAST))
        page.fill("password", PASSWORD, LAST)
        page.fill("factor", kept["codes"].pop(), LAST)
        page.click(page.button("Go on", LAST))
        page.sees("This device has a passkey for your account already.", "dialog")
        page.click("dialog [aria-label=Close]")
        page.gone("dialog")
        page.open("/settings/security")
        page.sees("9 recovery codes left", "#codes")

    @test("two-step sign-in is turned off again")
    @at_localhost
    def _(page):
        page.click(page.button("Turn it off", "#codes"))
        page.fill("password", PASSWORD, "dialog")
        page.fill("code", kept["codes"][0], "dialog")
        page.click(page.button("Turn it off", "dialog"))
        page.sees("Set up an authenticator app", "#codes")
        page.click("#passkeys [aria-label='Remove Work phone']")
        page.click(page.button("Remove", "dialog"))
        page.sees("None yet.", "#passkeys")
        page.cdp("WebAuthn.disable")
        sign_out(page)

if DATA and os.environ.get("TEST_PROVIDER"):
    @test("another service is linked from the settings", expected=["jsdelivr", "favicon", "403"])
    def _(page):
        sql(f"UPDATE users SET email_verified_at = now() WHERE email = lower('{EMAIL}')")
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        sign_in(page)
        page.at("/settings/security")
        page.click(page.button("Link Example", "#linked"))
        visit_service(page, "ada-there")
        page.at("/settings/security")
        page.sees("Example is linked.", "#toasts")
        page.sees("Unlink", "#linked")
        assert "linked=" not in page.path

    @test("signing in there again shows that it is you, and unlinking goes on", expected=["jsdelivr", "favicon", "403"])
    def _(page):
        grow_stale()
        page.click(page.button("Unlink", "#linked"))
        page.click(page.button("Unlink", "dialog"))
        asked(page)
        page.size(375, 800)
        page.shot("confirm-service-phone")
        page.size(1280, 900)
        page.click(page.button("Sign in with Example again", LAST))
        visit_service(page, "ada-there")
        page.at("/settings/security")
        page.sees("You have shown that it is you.", "#toasts")
        assert "confirm=" not in page.path
        page.click(page.button("Unlink", "#linked"))
        page.click(page.button("Unlink", "dialog"))
        page.sees("Example is unlinked.", "#toasts")
        page.sees("None yet.", "#linked")

    @test("another account there shows nothing", expected=["jsdelivr", "favicon", "403"])
    def _(page):
        page.click(page.button("Link Example", "#linked"))
        visit_service(page, "ada-there")
        page.sees("Example is linked.", "#toasts")
        grow_stale()
        page.click(page.button("Set up an authenticator app"))
        asked(page)
        page.click(page.button("Sign in with Example again", LAST))
        visit_service(page, "somebody-else")
        page.at("/settings/security")
        page.sees("That is another account there", "#toasts")
        page.click(page.button("Set up an authenticator app"))
        asked(page)
        page.fill("password", PASSWORD, LAST)
        page.click(page.button("Go on", LAST))
        page.find("dialog img.qr")
        page.click("dialog [aria-label=Close]")

    @test("who came by another service may set a password", expected=["jsdelivr", "favicon"])
    def _(page):
        sign_out(page)
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        page.click(page.button("Sign in with Example"))
        visit_service(page, "grace")
        page.at("/settings/security")
        page.sees("You have none, and need none.", "#password")
        page.shot("password-none")
        page.fill("newPassword", "a horse of her own", "#password")
        page.click(page.button("Set a password", "#password"))
        page.sees("You have a password now.", "#toasts")
        page.sees("Present password", "#password")
        sign_out(page)
        page.open("/signin")
        sign_in(page)
        page.at("/")
