// The frame around every screen: navigation, the book, the theme.

import { farewell } from "./account-data.js";
import { store, stored } from "./api.js";
import { bookSwitch } from "./books.js";
import { append, h, icon, replace } from "./dom.js";
import { navigate } from "./app.js";
import { openEditor } from "./editor.js";
import { LINE, openMenu } from "./popover.js";
import * as bookScreens from "./routes-books.js";
import * as liveScreens from "./routes-live.js";
import { noteOfAddress } from "./address-note.js";
import { signOut } from "./settings.js";
import { showHelp } from "./shortcuts.js";
import { may, state } from "./state.js";

/// [path, text, symbol] of each place, as far as the member's role lets them in.
const places = () => [
    ["/", "Dashboard", "dashboard"], ["/entries", "Entries", "entries"], ...(records("import:run") ? [["/import", "Import", "import"]] : []), ["/categories", "Categories", "categories"], ["/rules", "Rules", "rules"],
    ...bookScreens.places(), ...liveScreens.places(),
    ["/settings", "Settings", "settings"],
];

const records = (permission) => may(permission) && !state.book?.isArchived;
const signature = () => JSON.stringify([state.book?.id, state.book?.name, state.book?.isArchived, state.book?.permissions, state.user.displayName, state.user.emailVerified, state.user.avatarUrl, state.user.deletionDueAt, (state.user.books ?? []).map((book) => [book.id, book.name, book.isArchived])]);

/// Draws the frame if it is not there yet, marks the present place, and returns an empty <main>.
export function showShell(root, nav) {
    if (root.dataset.shell !== signature() || !document.getElementById("main")?.closest(".shell")) draw(root);
    for (const link of root.querySelectorAll("[data-nav]")) {
        if (link.dataset.nav === nav) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    for (const button of root.querySelectorAll("[data-navs]")) button.toggleAttribute("data-current", button.dataset.navs.split(" ").includes(nav));
    const main = root.querySelector("main");
    main.removeAttribute("data-selecting");
    replace(main);
    return main;
}

function draw(root) {
    root.dataset.shell = signature();
    const link = ([href, text, symbol]) => h("a.place", { href, data: { nav: href } }, icon(symbol), h("span", text));
    const add = () => h("button.place.add", { type: "button", onclick: () => openEditor(), title: "New entry (n)" }, icon("plus"), h("span", "New entry"));
    replace(root, h("div.shell",
        h("aside.side",
            h("a.brand", { href: "/" }, icon("logo", "brand-mark"), h("span", "Purser")),
            bookSwitch(),
            records("entry:create") && h("button.primary.new-entry", { type: "button", onclick: () => openEditor(), title: "New entry (n)" }, icon("plus"), h("span", "New entry")),
            h("nav", { "aria-label": "Main" }, places().map(link)),
            h("div.side-foot",
                person(),
                h("button.icon-button", { type: "button", "aria-label": "Keyboard shortcuts", title: "Keyboard shortcuts (?)", onclick: showHelp }, icon("keyboard")),
                themeButton())),
        h("header.top", h("a.brand", { href: "/", "aria-label": "Purser, dashboard" }, icon("logo", "brand-mark")), bookSwitch(), themeButton()),
        h("div.shell-body", farewell(), noteOfAddress(), h("main", { id: "main", tabindex: "-1" })),
        h("nav.tabs", { "aria-label": "Main" }, places().slice(0, 2).map(link), records("entry:create") && add(), link(places()[2]), more())));
}

const leaving = () => ({ text: "Sign out", symbol: "sign-out", onpick: signOut });

/// Who is signed in, and the way out: two presses from every screen.
function person() {
    const name = state.user.displayName || state.user.email;
    const items = () => [
        { text: "Profile and settings", symbol: "settings", onpick: () => navigate("/settings") },
        { text: "Security", symbol: "key", onpick: () => navigate("/settings/security") },
        LINE, leaving(),
    ];
    const button = h("button.person", { type: "button", title: state.user.email, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => openMenu(button, items(), name) }, avatar(state.user), h("span.person-name", name));
    return button;
}

/// What has no place of its own at the lower edge of a phone.
function more() {
    const button = h("button.place", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", data: { navs: places().slice(3).map(([href]) => href).join(" ") }, onclick: () => openMenu(button, places().slice(3).map(([href, text, symbol]) => ({ text, symbol, onpick: () => navigate(href) })).concat(LINE, leaving()), "More") }, icon("more"), h("span", "More"));
    return button;
}

function avatar(user) {
    return user.avatarUrl ? h("img.avatar", { src: user.avatarUrl, alt: "", width: 28, height: 28 }) : h("span.avatar", { "aria-hidden": "true" }, initials(user));
}

function initials(user) {
    const words = (user.displayName || user.email || "?").trim().split(/\s+/);
    const first = (word) => [...word][0] ?? "";
    return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "")).toUpperCase();
}

const NEXT = { system: "light", light: "dark", dark: "system" };
const NAMES = { system: "as the system", light: "light", dark: "dark" };

export function theme() {
    const chosen = stored("purser.theme");
    return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export function setTheme(value) {
    store("purser.theme", value === "system" ? null : value);
    document.dispatchEvent(new CustomEvent("themechoice")); // theme.js does the rest
    for (const button of document.querySelectorAll(".theme-button")) label(button);
}

export function themeButton() {
    const button = h("button.icon-button.theme-button", { type: "button", onclick: () => setTheme(NEXT[theme()]) });
    label(button);
    return button;
}

function label(button) {
    const text = `Theme: ${NAMES[theme()]}`;
    button.setAttribute("aria-label", text);
    button.title = text;
    replace(button);
    append(button, [icon({ system: "theme-system", light: "theme-light", dark: "theme-dark" }[theme()])]);
}
