// The start of the page, and its routes. Screens other than these are loaded when they are first shown.

import { maySignedIn, whenSignedOut } from "./api.js";
import * as auth from "./auth.js";
import { replace } from "./dom.js";
import { banner } from "./overlays.js";
import { forget, loadSession, state } from "./state.js";
import { showShell } from "./shell.js";
import { installShortcuts } from "./shortcuts.js";

const ROUTES = [
    { pattern: /^\/$/, nav: "/", module: () => import("./dashboard.js") },
    { pattern: /^\/entries$/, nav: "/entries", module: () => import("./entries.js") },
    { pattern: /^\/import$/, nav: "/import", module: () => import("./import.js") },
    { pattern: /^\/settings$/, nav: "/settings", module: () => import("./settings.js") },
    { pattern: /^\/signin$/, entrance: auth.signIn },
    { pattern: /^\/signup$/, entrance: auth.signUp },
    { pattern: /^\/setup\/(?<token>[^/]+)$/, entrance: auth.setUp },
];

const root = document.getElementById("app");
let screen = null;
let turn = 0;

export async function navigate(target, { replace: instead = false } = {}) {
    await screen?.leave?.();
    if (instead) history.replaceState(null, "", target);
    else if (target !== location.pathname + location.search) history.pushState(null, "", target);
    return show();
}

async function show({ first = false } = {}) {
    const mine = ++turn;
    screen?.dispose?.();
    screen = null;
    const route = ROUTES.find((each) => each.pattern.test(location.pathname));
    if (!route) return navigate("/", { replace: true });
    const parameters = route.pattern.exec(location.pathname).groups ?? {};
    if (route.entrance) {
        if (state.user && !parameters.token) return navigate("/", { replace: true });
        adoptScreen(route.entrance(root, parameters));
        return;
    }
    if (!state.user) {
        const here = location.pathname + location.search;
        return navigate(here === "/" ? "/signin" : `/signin?next=${encodeURIComponent(here)}`, { replace: true });
    }
    const main = showShell(root, route.nav);
    const module = await route.module();
    if (mine !== turn) return;
    const shown = module.show(main, new URLSearchParams(location.search));
    adoptScreen(shown);
    window.scrollTo(0, 0);
    if (!first) main.querySelector("h1")?.focus({ preventScroll: true });
}

function adoptScreen(shown) {
    screen = shown;
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
    navigate(link.pathname + link.search);
});

window.addEventListener("popstate", async () => {
    await screen?.leave?.();
    show();
});

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

start();
