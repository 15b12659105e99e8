"""A security key that is touched, and does not ask who holds it: a second step, and never more."""

from day_confirm import DATA, LAST, asked, grow_stale, sign_out, sql
from day_signin_passkeys import at_localhost, sign_in
from verbs import EMAIL, PASSWORD, Keys, letters, link, test

KEY = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": False, "automaticPresenceSimulation": True}
ADA = f"lower('{EMAIL}')"


def looked_at(page, name):
    for width, scheme in ((375, "light"), (375, "dark"), (1280, "dark"), (1280, "light")):
        page.size(width, 900 if width > 375 else 800)
        page.media(scheme)
        page.shot(f"{name}-{width}-{scheme}")
        assert page.js("return document.documentElement.scrollWidth") <= width


if DATA:
    @test("a key that does not ask who holds it is added as a second step", expected=["401"])
    @at_localhost
    def _(page):
        page.cdp("WebAuthn.addVirtualAuthenticator", options=KEY)
        sign_out(page)
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        sign_in(page)
        page.at("/settings/security")
        page.click(page.button("Add a passkey", "#passkeys"))
        page.fill("name", "Key on my ring", "dialog")
        page.click(page.button("Go on", "dialog"))
        page.gone("dialog")
        page.sees("alone it signs nobody in", "#toasts")
        page.sees("Goes beside your password as a second step.", "#passkeys")
        looked_at(page, "key-listed")
        # Where the operator demands a second factor it is one.
        sql(f"UPDATE users SET mfa_required = true WHERE email = {ADA}")
        sign_out(page)
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        page.click(page.button("Sign in with a passkey"))
        page.sees("Nothing was done. You may try again.", ".ways")
        sign_in(page)
        page.sees("One more step")
        page.click(page.button("Use a passkey"))
        page.at("/settings/security")
        page.sees("by password and passkey", "#sessions")

    @test("password and key together show that it is still you", expected=["400", "403"])
    @at_localhost
    def _(page):
        grow_stale()
        page.click(page.button("Set up an authenticator app"))
        asked(page)
        page.sees("A touch of it is enough.", LAST)
        assert "Use a passkey" not in page.words(LAST), "the key alone is offered"
        looked_at(page, "confirm-key")
        page.fill("password", "not this one", LAST)
        page.click(page.button("Go on", LAST))
        page.sees("This is not your password.", LAST)
        page.fill("password", PASSWORD, LAST)
        page.click(page.button("Go on", LAST))
        page.find("dialog img.qr")
        page.click("dialog [aria-label=Close]")
        page.gone("dialog")

    @test("with nothing that shows it, a letter is the way, and says so", expected=["401", "403"])
    @at_localhost
    def _(page):
        # As of somebody who came by a service that is there no more.
        sql(f"UPDATE users SET mfa_required = false, password_hash = NULL, email_verified_at = now() WHERE email = {ADA}")
        sql(f"DELETE FROM linked_identities WHERE user_id = (SELECT id FROM users WHERE email = {ADA})")
        grow_stale()
        page.open("/settings/security")
        page.sees("Set one: nothing else signs you in alone.", "#password")
        page.click(page.button("Set up an authenticator app"))
        asked(page)
        page.sees("Set a password by a letter to", LAST)
        looked_at(page, "confirm-letter")
        before = len(letters(EMAIL))
        page.click(page.button("Send me the letter", LAST))
        page.sees("A letter is on its way to", LAST)
        address = link(EMAIL, "/reset", before)
        page.keys(Keys.ESCAPE)
        page.open(address)
        page.fill("password", PASSWORD)
        page.click(page.button("Set the password"))
        page.sees("Your password is set")
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        sign_in(page)
        page.at("/settings/security")
        page.click("#passkeys [aria-label='Remove Key on my ring']")
        page.click(page.button("Remove", "dialog"))
        page.sees("None yet.", "#passkeys")
        page.cdp("WebAuthn.disable")
        sign_out(page)
