"""What happens live: activity, what another tab does, the audit log, keys."""

from verbs import looks, shows_amount, test


def create(page, merchant, amount="4.20"):
    answer = page.fetch("POST", "/api/v1/expenses", {"amount": amount, "transactionDate": today(page), "merchantName": merchant})
    assert answer["status"] == 201, answer


def today(page):
    return page.js("return new Intl.DateTimeFormat('en-CA').format(new Date())")


@test("what is done elsewhere appears in the activity within a second, by itself")
def _(page):
    page.open("/activity")
    page.sees("Live", ".live-mark")
    create(page, "Elsewhere & Sons")
    page.until(lambda: "added an expense: Elsewhere & Sons" in page.words(".feed"), "the event does not appear")
    assert page.js("return document.querySelector('.feed-row').innerText.includes('Elsewhere & Sons')"), "it is not the first"
    shows_amount(page, 4.2, ".feed")


@test("an entry that was added elsewhere appears in the list, and one that is deleted goes")
def _(page):
    page.open("/entries")
    page.find("table.entries")
    page.sees("Elsewhere & Sons", "table.entries")
    create(page, "Second of Elsewhere")
    page.sees("Second of Elsewhere", "table.entries")
    page.open("/activity?name=category")
    page.lacks("Second of Elsewhere", "main")


@test("nothing moves while something is being typed, and it appears afterwards")
def _(page):
    page.open("/entries")
    page.find("table.entries")
    page.click(page.button("New entry"))
    page.find("dialog.panel [name=amount]")
    page.fill("merchantName", "Half typed", "dialog.panel")
    create(page, "While typing")
    page.until(lambda: True, "")
    assert page.js("return document.querySelector('dialog.panel [name=merchantName]').value") == "Half typed"
    page.js("document.querySelector('dialog.panel').close()")
    page.sees("While typing", "table.entries")


@test("a key is made, shown once, works, and is refused when it is revoked")
def _(page):
    page.open("/settings#keys")
    page.click(page.button("Make a key", "#keys"))
    page.fill("name", "Household script", "dialog")
    page.click(page.button("Make the key", "dialog"))
    page.sees("shown this once", "dialog")
    key = page.text("dialog .secret-box code")
    assert key.startswith("purser_") and len(key) == 56, key
    page.click(page.button("I have kept it", "dialog"))
    page.gone("dialog")
    page.sees("Household script", "#keys")
    page.lacks(key)
    use = "const [key, done] = arguments; fetch('/api/v1/expenses', {headers: {'X-API-Key': key}, credentials: 'omit'}).then((answer) => done(answer.status))"
    assert page.driver.execute_async_script(use, key) == 200
    page.click("#keys [aria-label='Revoke Household script']")
    page.click(page.button("Revoke", "dialog"))
    page.lacks("Household script", "#keys")
    page.open("/audit")
    page.sees("Audit log", "main h1")


@test("the refusal of a revoked key is told", expected=("401",))
def _(page):
    page.open("/settings#keys")
    page.sees("None yet.", "#keys")


for width, height in ((1280, 900), (375, 740)):
    for scheme in ("light", "dark"):
        @test(f"activity, audit and keys at {width}, {scheme}: readable, named, without sideways scrolling")
        def _(page, width=width, height=height, scheme=scheme):
            problems = []
            page.size(width, height)
            page.media(scheme)
            for path, ready in (("/activity", ".feed-row"), ("/audit", "main h1"), ("/settings#keys", "#keys button")):
                page.open(path)
                page.find(ready)
                problems += [f"{path}: {each}" for each in looks(page)]
                page.shot(f"{path.strip('/').replace('#', '-')}-{width}-{scheme}")
            page.size(1280, 900)
            page.media("light")
            assert not problems, "\n    ".join(["", *problems[:20]])
