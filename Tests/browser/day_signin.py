"""Links in letters, passwords, sessions, and codes of a device."""

import base64
import hashlib
import hmac
import http.client
import json
import struct
import time
from urllib.parse import urlsplit

from verbs import EMAIL, PASSWORD, Keys, link, test

MAX = EMAIL.replace("ada.", "max.")
OLD, NEW, NEWER = "correct horse battery", "another horse entirely", "and one more horse"
kept = {}


def code(secret, offset=0):
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + offset), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 1000000:06d}"


def sign_out(page):
    page.fetch("POST", "/api/v1/auth/logout", {})
    page.driver.delete_all_cookies()


def sign_in(page, password):
    page.open("/signin")
    page.fill("email", MAX)
    page.fill("password", password)
    page.click(page.button("Sign in"))


@test("the link in the first letter confirms the address")
def _(page):
    sign_out(page)
    page.open("/signin")
    answer = page.fetch("POST", "/api/v1/auth/register", {"email": MAX, "password": OLD, "name": "Max", "session": "cookie"})
    assert answer["status"] == 201, answer
    page.open("/")
    page.sees(f"Confirm your e-mail address: follow the link in the letter to {MAX}.", ".address-note")
    page.shot("address-note")
    page.click(page.button("Send the letter again", ".address-note"))
    page.sees("A letter is on its way", "#toasts")
    page.size(375, 800)
    page.media("dark")
    page.shot("address-note-phone-dark")
    assert page.js("return document.documentElement.scrollWidth") <= 375
    page.media("light")
    page.size(1280, 900)
    page.click("[aria-label='Not now']")
    page.gone(".address-note")
    page.open("/entries")
    page.gone(".address-note")
    page.js("localStorage.removeItem('purser.addressNote')")
    page.open("/settings/security")
    page.find(".address-note")
    page.sees("not confirmed", "#address")
    page.sees("this device", "#sessions")
    page.open(link(MAX, "/verify"))
    page.sees("Your e-mail address is confirmed.")
    assert "token" not in page.js("return location.href")
    page.open("/settings/security")
    page.sees("confirmed", "#address")
    page.lacks("not confirmed", "#address")
    page.gone(".address-note")


@test("a link that was used says so", expected=["400"])
def _(page):
    page.open("/verify#token=" + "A" * 43)
    page.sees("This link does not work any more")


@test("a lost password is set anew by the link in a letter")
def _(page):
    sign_out(page)
    page.open("/signin")
    page.click("a[href='/forgot']")
    page.at("/forgot")
    page.fill("email", MAX)
    page.click(page.button("Send me a link"))
    page.sees("Look into your mail")
    page.open(link(MAX, "/reset"))
    page.fill("password", "short")
    page.click(page.button("Set the password"))
    page.sees("at least 8 characters", "[data-field=password]")
    page.fill("password", NEW)
    page.click(page.button("Set the password"))
    page.sees("Your password is set")
    sign_in(page, NEW)
    page.at("/")


@test("changing the password says beside the field that the present one is wrong", expected=["400"])
def _(page):
    page.open("/settings")
    page.click("a[href='/settings/security']")
    page.at("/settings/security")
    page.fill("currentPassword", "not the password", "#password")
    page.fill("newPassword", NEWER, "#password")
    page.click(page.button("Change the password"))
    page.sees("This is not your password.", "[data-field=currentPassword]")
    page.fill("currentPassword", NEW, "#password")
    page.fill("newPassword", NEWER, "#password")
    page.click(page.button("Change the password"))
    page.sees("Password changed.", "#toasts")


@test("another session is listed with its device, and ended")
def _(page):
    server = urlsplit(page.base)
    connection = http.client.HTTPConnection(server.hostname, server.port, timeout=20)
    connection.request("POST", "/api/v1/auth/login", json.dumps({"email": MAX, "password": NEWER}), {"Content-Type": "application/json", "User-Agent": "Mozilla/5.0 (iPhone; like Mac OS X) Version/18.0 Safari/604.1"})
    token = json.loads(connection.getresponse().read())["data"]["accessToken"]
    page.open("/settings/security")
    page.sees("Safari on iPhone", "#sessions")
    page.sees("last used just now", "#sessions")
    page.shot("security")
    page.click("[aria-label='End the session of Safari on iPhone']")
    page.click(page.button("End the session", "dialog"))
    page.sees("The session is ended.", "#toasts")
    page.until(lambda: "Safari on iPhone" not in page.words("#sessions"), "still listed")
    connection.request("GET", "/api/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    assert connection.getresponse().status == 401


@test("codes are set up with a picture, a first code, and recovery codes to keep")
def _(page):
    page.open("/settings/security")
    page.click(page.button("Set up an authenticator app"))
    page.find("dialog img.qr")
    page.click("dialog summary")
    kept["secret"] = page.find("dialog .secret").text.replace(" ", "")
    page.shot("codes")
    page.fill("code", code(kept["secret"], -1), "dialog")
    page.click(page.button("Turn it on"))
    page.sees("Two-step sign-in is on", "dialog")
    kept["codes"] = [each.text for each in page.all(".recovery-codes code")]
    assert len(set(kept["codes"])) == 10, kept
    assert all(len(each.replace("-", "")) == 26 for each in kept["codes"]), kept
    page.shot("recovery-codes")
    for name, width, scheme in (("recovery-codes-phone", 375, "light"), ("recovery-codes-phone-dark", 375, "dark")):
        page.size(width, 800)
        page.media(scheme)
        page.shot(name)
        # Each whole, on a line of its own, and nothing to be pushed aside.
        assert page.js("""return [...document.querySelectorAll('.recovery-codes code')].every((each) => {
            const [box, list] = [each.getBoundingClientRect(), each.closest('ul').getBoundingClientRect()];
            return box.height < 24 && box.right <= list.right && box.left >= list.left && list.right <= innerWidth;
        })""")
    page.media("light")
    page.size(1280, 900)
    page.click("dialog [aria-label=Close]")
    page.sees("10 recovery codes left", "#codes")


@test("signing in asks for a code, and says when it is wrong", expected=["401"])
def _(page):
    sign_out(page)
    sign_in(page, NEWER)
    page.sees("One more step")
    page.fill("code", "000000")
    page.click(page.button("Sign in"))
    page.sees("This code is not right", "[data-field=code]")
    page.shot("second-step")
    page.fill("code", code(kept["secret"]))
    page.click(page.button("Sign in"))
    page.at("/")


@test("without the device a recovery code signs in")
def _(page):
    sign_out(page)
    sign_in(page, NEWER)
    page.sees("One more step")
    page.click(page.button("Lost the device? Use a recovery code"))
    page.fill("recoveryCode", kept["codes"][0])
    page.click(page.button("Sign in"))
    page.at("/")
    page.open("/settings/security")
    page.sees("9 recovery codes left", "#codes")


@test("codes are turned off with the password and a code")
def _(page):
    page.click(page.button("Turn it off", "#codes"))
    page.fill("password", NEWER, "dialog")
    page.fill("code", kept["codes"][1], "dialog")
    page.click(page.button("Turn it off", "dialog"))
    page.sees("Two-step sign-in is off.", "#toasts")
    page.sees("Set up an authenticator app", "#codes")


@test("the security screen fits a telephone, in the light and in the dark")
def _(page):
    page.size(375, 800)
    for scheme in ("light", "dark"):
        page.media(scheme)
        page.open("/settings/security")
        page.sees("this device", "#sessions")
        assert page.js("return document.documentElement.scrollWidth") <= 375
        page.shot(f"security-phone-{scheme}")
    page.media("light")
    page.size(1280, 900)


PASSWORDS = "return [...document.querySelectorAll('input[name=password], input[name=currentPassword], input[name=newPassword]')].filter((each) => !each.closest('[hidden]'))"


def try_passwords(page, count):
    """Masked, shown and hidden again by the eye, filled by pasting, and named for a program that keeps passwords."""
    fields = page.js(PASSWORDS)
    assert len(fields) == count, len(fields)
    for field in fields:
        kind = lambda: page.js("return arguments[0].type", field)
        assert kind() == "password"
        page.js("arguments[0].parentElement.querySelector('.reveal').click()", field)
        assert kind() == "text"
        page.js("arguments[0].parentElement.querySelector('.reveal').click()", field)
        assert kind() == "password"
        wanted = "new-password" if page.js("return arguments[0].name === 'newPassword' || /signup|reset/.test(location.pathname)", field) else "current-password"
        assert page.js("return arguments[0].autocomplete", field) == wanted
        pasted = page.js("""
            const [field] = arguments;
            field.value = "";
            field.focus();
            const data = new DataTransfer();
            data.setData("text/plain", "pasted words");
            return field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        """, field)
        assert pasted, "the page stops a paste"
        page.cdp("Input.insertText", text="pasted words")
        assert page.js("return arguments[0].value", field) == "pasted words"


@test("every field for a password is masked, can be shown, and takes what is pasted")
def _(page):
    page.open("/settings/security")
    page.find("#password [name=newPassword]")
    page.click("#address summary")
    try_passwords(page, 3)
    page.open("/reset#token=" + "A" * 43)
    page.find("[name=password]")
    try_passwords(page, 1)
    sign_out(page)
    for path in ("/signin", "/signup"):
        page.open(path)
        page.find("[name=password]")
        try_passwords(page, 1)
    sign_in(page, NEWER)
    page.at("/")


@test("signing out is two presses away on every screen, also on a phone")
def _(page):
    for path in ("/", "/entries", "/import", "/settings/security"):
        page.open(path)
        page.click(".side .person")
        page.find(".menu")
        assert [each.text for each in page.all(".menu [role=menuitem]")][-1] == "Sign out"
        page.keys(Keys.ESCAPE)
        page.gone(".menu")
    page.click(".side .person")
    page.shot("person-menu")
    page.media("dark")
    page.shot("person-menu-dark")
    page.media("light")
    page.click(page.button("Sign out", ".menu"))
    page.at("/signin")
    sign_in(page, NEWER)
    page.at("/")
    page.size(375, 800)
    page.open("/entries")
    page.click(page.button("More", ".tabs"))
    page.shot("more-phone")
    page.media("dark")
    page.shot("more-phone-dark")
    page.media("light")
    page.click(page.button("Sign out", ".menu"))
    page.at("/signin")
    page.size(1280, 900)
    sign_in(page, NEWER)
    page.at("/")


@test("signing out everywhere leads to the sign-in")
def _(page):
    page.open("/settings/security")
    page.click(page.button("Sign out everywhere"))
    page.click(page.button("Sign out", "dialog"))
    page.at("/signin")
    page.fill("email", EMAIL)
    page.fill("password", PASSWORD)
    page.click(page.button("Sign in"))
    page.at("/")
