#!/usr/bin/env python3
"""Drives the page in a real browser: Tests/browser/run.py --url http://127.0.0.1:8080

The tests run in order, as one person's first day: each goes on where the one before it stopped.
The last line is "N passed, N failed"; the exit status is 1 when anything failed.
"""

import argparse
import importlib
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, "..", "..", ".build", "browser-venv", "bin", "python")
try:
    import selenium  # noqa: F401
except ImportError:
    if os.path.exists(VENV) and not os.environ.get("PURSER_BROWSER_VENV"):
        os.environ["PURSER_BROWSER_VENV"] = "1"
        os.execv(VENV, [VENV, *sys.argv])
    raise SystemExit("selenium is missing: run Tests/browser/setup.sh")

from harness import Browser, is_crash  # noqa: E402
from verbs import TESTS  # noqa: E402

# The day, in its order.
for part in (
    "day_account", "day_signin_passkeys", "day_entries", "day_import", "day_list", "day_bulk", "day_manage", "day_members", "day_people",
    "day_live", "day_rest", "day_signin", "day_confirm", "day_key", "day_tabs", "day_welcome",
):
    importlib.import_module(part)


def run(page, body):
    """Runs a test; once more in a new browser when the browser itself crashed, which says nothing of the page."""
    page.remember()
    try:
        body(page)
    except Exception as error:
        if not is_crash(error):
            raise
        print("        the browser crashed; the test is run again in a new one", flush=True)
        page.renew()
        body(page)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--screenshots", metavar="DIR", help="keep pictures of the screens here, and one of each failure")
    parser.add_argument("--days", metavar="NAMES", help="only the tests of these files, as in day_account,day_people; each may need what one before it made")
    arguments = parser.parse_args()
    days = arguments.days.split(",") if arguments.days else None
    page = Browser(arguments.url, arguments.screenshots)
    passed = failed = 0
    try:
        for name, body, expected in TESTS:
            if days and body.__module__ not in days:
                continue
            begun = time.monotonic()
            try:
                run(page, body)
                passed += 1
                print(f"ok    {name} ({time.monotonic() - begun:.1f} s)", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAIL  {name}\n    {type(error).__name__}: {str(error).splitlines()[0] if not isinstance(error, AssertionError) else error}", flush=True)
                frames = traceback.extract_tb(error.__traceback__)
                print(f"    at {[f'{os.path.basename(each.filename)}:{each.lineno}' for each in frames if HERE in each.filename]}", flush=True)
                if is_crash(error):
                    page.renew()
                print(f"    {page.path}, {page.loading()}", flush=True)
                page.shot(f"failed-{failed}")
                page.offline(False)
                page.media("light")
                page.size(1280, 900)
            finally:
                page.drain(expected)
    finally:
        page.quit()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
