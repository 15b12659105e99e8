"""The tests' list, and the verbs of this page that they are written in."""

import os
import tempfile
import time

from harness import Browser, Keys, letters, link, wait  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = []
EMAIL = f"ada.{os.getpid()}.{int(time.time())}@example.org"
PASSWORD = "correct horse battery"
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
# Something is drawn when the picture is not the one of an untouched canvas of that size.
CHARTS_ARE_DRAWN = """
return [...document.querySelectorAll("canvas")].every((drawn) => {
    const blank = document.createElement("canvas");
    [blank.width, blank.height] = [drawn.width, drawn.height];
    return drawn.width > 0 && drawn.toDataURL() !== blank.toDataURL();
});
"""
LOOKS = open(os.path.join(HERE, "looks.js"), encoding="utf-8").read()


def test(name, *, expected=()):
    def add(body):
        TESTS.append((name, body, expected))
        return body
    return add


def today(page):
    return page.js("return new Intl.DateTimeFormat('en-CA').format(new Date())")


def month(page, back=0):
    year, number = map(int, today(page)[:7].split("-"))
    index = year * 12 + number - 1 - back
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def shows_amount(page, amount, within):
    """The amount as this browser writes it, in euros."""
    text = page.js("return new Intl.NumberFormat(undefined, {style: 'currency', currency: 'EUR', currencyDisplay: 'narrowSymbol'}).format(arguments[0])", amount)
    page.sees(text, within)


def add_entry(page, amount, merchant, *, kind="expense", category=None, date=None, close=True):
    page.click(page.button("New entry"))
    page.find("dialog.panel [name=amount]")
    if kind == "income":
        page.click("dialog.panel .segmented span:nth-of-type(2) label")
        page.sees("From", "dialog.panel")
    page.fill("amount", amount, "dialog.panel")
    page.fill("merchantName", merchant, "dialog.panel")
    if category:
        page.fill("categoryId", category_id(page, category), "dialog.panel")
    if date:
        page.fill("transactionDate", date, "dialog.panel")
    page.click(page.button("Save", "dialog.panel"))
    if close:
        page.gone("dialog.panel")


def category_id(page, name):
    return page.js("return [...document.querySelector('dialog.panel [name=categoryId]').options].find((each) => each.text.trim().startsWith(arguments[0]))?.value ?? ''", name)


def row(page, merchant):
    return wait(lambda: next(iter(rows(page, merchant)), None), f"no row for {merchant}")


def rows(page, text=""):
    return page.js("return [...document.querySelectorAll('table.entries tbody tr')].filter((each) => each.checkVisibility() && each.innerText.includes(arguments[0]))", text)


def card(page, title):
    return {"Income": ".card:nth-child(1)", "Spending": ".card:nth-child(2)", "Net": ".card:nth-child(3)", "Saved": ".card:nth-child(4)"}[title]


def statement(page):
    """A German-looking statement: semicolons, decimal commas, day first, one broken line."""
    months = [month(page, back) for back in (1, 2)]
    lines = ["Buchungstag;Empfänger;Verwendungszweck;Betrag"]
    for index in range(30):
        year, number = months[index % 2].split("-")
        who = ["Edeka", "Stadtwerke", "Deutsche Bahn", HOSTILE.replace('"', "'"), "Bäckerei Grün"][index % 5]
        lines.append(f"{index % 27 + 1:02d}.{number}.{year};{who};Ref {index};-{10 + index},{index % 90 + 10}")
    year, number = months[0].split("-")
    lines.append(f"28.{number}.{year};Acme GmbH;Gehalt;3.100,00")
    lines.append(f"99.99.{year};Nobody;Broken;-1,00")
    return "\n".join(lines) + "\n"


def choose_files(page, **texts):
    """Chooses files as the dialog would: name=text, with _ for the dot."""
    directory = tempfile.mkdtemp()
    paths = []
    for name, text in texts.items():
        paths.append(os.path.join(directory, name.replace("_", ".")))
        with open(paths[-1], "w", encoding="utf-8") as file:
            file.write(text)
    page.open("/import")
    wait(lambda: page.all("#file"), "no file field")
    page.all("#file")[0].send_keys("\n".join(paths))


def choose_file(page, name, text):
    choose_files(page, **{name.replace(".", "_"): text})


def pick(page, text):
    """Takes what is called so from the list that is open."""
    page.find(".popover.picker")
    page.keys(text, Keys.ENTER)
    page.gone(".popover.picker")


def select_row(page, merchant):
    row(page, merchant).find_element("css selector", ".select-mark input").click()


def in_menu(page, text):
    page.click(page.button(text, ".menu"))


def invite(page, address, role=None):
    """Invites somebody into the book in front; what the letter leads to."""
    before = len(letters(address))
    page.open("/members")
    page.click(page.button("Invite somebody", ".screen-actions"))
    page.find("dialog [name=email]")
    page.fill("email", address, "dialog")
    if role:
        page.fill("role", role, "dialog")
    page.click(page.button("Send the invitation", "dialog"))
    page.gone("dialog")
    return link(address, "/invitation", before)


def sign_up_invited(browser, name):
    """From the form that the invitation leads to, into the book."""
    browser.fill("name", name)
    browser.fill("password", PASSWORD)
    browser.click(browser.button("Create account and join"))
    browser.at("/")


def invited(page, address, name, role):
    """Another browser, in which somebody has just come into the book in front. Whoever calls quits it."""
    invitation = invite(page, address, role)
    other = Browser(page.base, page.shots)
    try:
        other.open(invitation)
        other.click(other.button("Create an account"))
        other.find("[name=password]")
        sign_up_invited(other, name)
    except BaseException:
        other.quit()
        raise
    return other


def looks(page):
    page.driver.execute_async_script("const done = arguments[0]; setTimeout(done, 250)")
    return page.js(LOOKS)
