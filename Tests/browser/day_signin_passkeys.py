"""Passkeys, with an authenticator that the browser pretends to have, and signing in with another service."""

import functools
import os

from verbs import EMAIL, PASSWORD, test, wait

AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}


def at_localhost(body):
    """Passkeys belong to a name: on this machine that is localhost, and not 127.0.0.1."""
    @functools.wraps(body)
    def run(page):
        base = page.base
        page.base = base.replace("127.0.0.1", "localhost")
        page.cdp("WebAuthn.enable")
        try:
            body(page)
        finally:
            page.base = base
    return run


def sign_in(page):
    page.fill("email", EMAIL)
    page.fill("password", PASSWORD)
    page.click(page.button("Sign in"))


@test("a passkey is added in the settings, under a name of one's own")
@at_localhost
def _(page):
    page.cdp("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
    page.open("/signin?next=%2Fsettings%2Fsecurity")
    sign_in(page)
    page.at("/settings/security")
    page.sees("None yet.", "#passkeys")
    page.shot("passkeys-none")
    page.click(page.button("Add a passkey", "#passkeys"))
    page.fill("name", "", "dialog")
    page.click(page.button("Go on", "dialog"))
    page.sees("Give it a name.", "dialog")
    page.fill("name", "My phone", "dialog")
    page.click(page.button("Go on", "dialog"))
    page.gone("dialog")
    page.sees("My phone", "#passkeys")
    page.sees("not used yet", "#passkeys")
    page.shot("passkeys")


@test("the same device cannot add a second one")
@at_localhost
def _(page):
    page.click(page.button("Add a passkey", "#passkeys"))
    page.click(page.button("Go on", "dialog"))
    page.sees("This device has a passkey for your account already.", "dialog")
    page.click("dialog [aria-label=Close]")
    page.gone("dialog")


@test("a passkey signs in without a password, and leads to where one wanted to go")
@at_localhost
def _(page):
    page.fetch("POST", "/api/v1/auth/logout", {})
    page.open("/signin?next=%2Fsettings%2Fsecurity")
    page.shot("signin-ways")
    page.click(page.button("Sign in with a passkey"))
    page.at("/settings/security")
    page.sees("by passkey", "#sessions")
    page.lacks("not used yet", "#passkeys")


@test("somebody whom the device does not know is not signed in", expected=["401"])
@at_localhost
def _(page):
    page.fetch("POST", "/api/v1/auth/logout", {})
    page.cdp("WebAuthn.disable")
    page.cdp("WebAuthn.enable")
    page.cdp("WebAuthn.addVirtualAuthenticator", options={**AUTHENTICATOR, "isUserVerified": False})
    page.open("/signin")
    page.click(page.button("Sign in with a passkey"))
    page.sees("Nothing was done. You may try again.", ".ways")
    page.at("/signin")


@test("a passkey is renamed and removed")
@at_localhost
def _(page):
    page.open("/signin?next=%2Fsettings%2Fsecurity")
    sign_in(page)
    page.at("/settings/security")
    page.click("#passkeys [aria-label='Rename My phone']")
    page.fill("name", "<b>Telephone</b>", "dialog")
    page.click(page.button("Save", "dialog"))
    page.sees("<b>Telephone</b>", "#passkeys")
    page.click("#passkeys [aria-label='Remove <b>Telephone</b>']")
    page.click(page.button("Remove", "dialog"))
    page.sees("None yet.", "#passkeys")
    page.fetch("POST", "/api/v1/auth/logout", {})
    page.cdp("WebAuthn.disable")


if os.environ.get("TEST_PROVIDER"):
    @test("another service signs in a person whose address it vouches for", expected=["jsdelivr", "favicon"])
    def _(page):
        page.open("/")
        page.fetch("POST", "/api/v1/auth/logout", {})
        page.open("/signin?next=%2Fsettings%2Fsecurity")
        page.click(page.button("Sign in with Example"))
        wait(lambda: page.all("[name=sub]"), "not at the service")
        field = page.find("[name=sub]")
        field.clear()
        field.send_keys("grace")
        field.submit()
        page.at("/settings/security")
        page.sees("grace@example.org", "#address")
        page.sees("Example", "#linked")
        page.shot("linked")

    @test("the only way in cannot be unlinked", expected=["409"])
    def _(page):
        page.click(page.button("Unlink", "#linked"))
        page.click(page.button("Unlink", "dialog"))
        page.sees("This is the only way you sign in.", "#toasts")
        page.fetch("POST", "/api/v1/auth/logout", {})

    @test("who says no to the other service is told so")
    def _(page):
        page.open("/signin?problem=denied")
        page.sees("You were not signed in there, so you are not signed in here.", "main")
        page.open("/signin")
        sign_in(page)
        page.at("/")
