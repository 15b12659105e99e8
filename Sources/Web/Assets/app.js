// The start of the page, and its routes.

import { maySignedIn, whenSignedOut } from "./api.js";
import * as auth from "./auth.js";
import * as categories from "./categories.js";
import * as dashboard from "./dashboard.js";
import { h, loadIcons, replace } from "./dom.js";
import * as duplicates from "./duplicates.js";
import * as entries from "./entries.js";
import * as importing from "./import.js";
import { keepLive } from "./live.js";
import { banner, emptyState } from "./overlays.js";
import { closePopover } from "./popover.js";
import * as bookScreens from "./routes-books.js";
import * as liveScreens from "./routes-live.js";
import * as signInScreens from "./routes-signin.js";
import * as rules from "./rules.js";
import * as settings from "./settings.js";
import { showShell } from "./shell.js";
import { installShortcuts } from "./shortcuts.js";
import { forget, loadSession, state } from "./state.js";

const ROUTES = [
    { pattern: /^\/$/, nav: "/", show: dashboard.show },
    { pattern: /^\/entries$/, nav: "/entries", show: entries.show },
    { pattern: /^\/entries\/duplicates$/, nav: "/entries", show: duplicates.show },
    { pattern: /^\/import$/, nav: "/import", show: importing.show },
    { pattern: /^\/categories$/, nav: "/categories", show: categories.show },
    { pattern: /^\/rules$/, nav: "/rules", show: rules.show },
    { pattern: /^\/settings$/, nav: "/settings", show: settings.show },
    { pattern: /^\/signin$/, entrance: auth.signIn },
    { pattern: /^\/signup$/, entrance: auth.signUp },
    { pattern: /^\/setup\/(?<token>[^/]+)$/, entrance: auth.setUp },
    ...signInScreens.routes,
    ...bookScreens.routes,
    ...liveScreens.routes,
];

const root = document.getElementById("app");
let screen = null;

export async function navigate(target, { replace: instead = false } = {}) {
    if (instead) history.replaceState(null, "", target);
    else if (target !== location.pathname + location.search + location.hash) history.pushState(null, "", target);
    return show();
}

async function show({ first = false } = {}) {
    screen?.dispose?.();
    screen = null;
    closePopover();
    const route = ROUTES.find((each) => each.pattern.test(location.pathname));
    if (!route) return adoptScreen(lost());
    const parameters = route.pattern.exec(location.pathname).groups ?? {};
    if (route.entrance) {
        if (state.user && !parameters.token && !route.always) return navigate("/", { replace: true });
        adoptScreen(route.entrance(root, parameters));
        return;
    }
    if (!state.user) {
        const here = location.pathname + location.search;
        return navigate(here === "/" ? "/signin" : `/signin?next=${encodeURIComponent(here)}`, { replace: true });
    }
    const main = showShell(root, route.nav);
    adoptScreen(route.show(main, new URLSearchParams(location.search)));
    // A screen with sections scrolls by itself to the one that is named.
    if (!location.hash) window.scrollTo(0, 0);
    if (!first) main.querySelector("h1")?.focus({ preventScroll: true });
}

/// For an address that is none of the above.
function lost() {
    const title = "There is nothing here";
    if (!state.user) return auth.lost(root, title);
    replace(showShell(root, null), emptyState({ symbol: "search", title, level: "h1", text: `No screen is at ${location.pathname.slice(0, 80)}.`, actions: [h("a.button.primary", { href: "/" }, "To the dashboard")] }));
    return { title };
}

function adoptScreen(shown) {
    screen = shown;
    keepLive();
    document.title = `${shown.title} – Purser`;
}

/// What a shortcut may ask of the screen in front: {new, search, next, previous, edit, delete}.
export function screenAction(name) {
    return screen?.actions?.[name];
}

/// Shows the present screen again, with fresh data.
export function reshow() {
    return show();
}

document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='/']");
    if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
});

window.addEventListener("popstate", () => show());

whenSignedOut(() => {
    if (!state.user) return;
    forget();
    const here = location.pathname + location.search;
    navigate(`/signin?next=${encodeURIComponent(here)}`, { replace: true });
});

// Signing out in one tab signs out the others.
window.addEventListener("storage", (event) => {
    if (event.key === "purser.signedOut" && state.user && !maySignedIn()) {
        forget();
        show();
    }
});

async function start() {
    try {
        await loadSession();
    } catch (error) {
        if (error.kind !== "unauthenticated") {
            replace(root, banner(error, { retry: start }));
            root.firstElementChild.classList.add("alone");
            return;
        }
    }
    installShortcuts();
    await show({ first: true });
}

loadIcons();
start();
