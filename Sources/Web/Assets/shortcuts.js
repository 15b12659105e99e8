// Keys that work anywhere outside a field. The screen in front answers those that mean something to it.

import { navigate, screenAction } from "./app.js";
import { h } from "./dom.js";
import { openEditor } from "./editor.js";
import { openDialog } from "./overlays.js";
import { state } from "./state.js";

const HELP = [
    ["Anywhere", [["n", "New entry"], ["/", "Search entries"], ["g then d", "Dashboard"], ["g then e", "Entries"], ["g then i", "Import"], ["g then s", "Settings"], ["?", "This help"]]],
    ["In the list of entries", [["j or ↓", "Next entry"], ["k or ↑", "Previous entry"], ["e or Enter", "Edit"], ["c", "Change the category"], ["d or Delete", "Delete, with undo"], ["Esc", "Leave the search or the list"]]],
    ["On the dashboard", [["[ and ]", "Month before, month after"]]],
];

const PLACES = { d: "/", e: "/entries", i: "/import", s: "/settings" };
const ACTIONS = { j: "next", k: "previous", e: "edit", Enter: "edit", c: "category", d: "delete", Delete: "delete", "[": "monthBefore", "]": "monthAfter", ArrowDown: "arrowDown", ArrowUp: "arrowUp", Escape: "escape" };

export function installShortcuts() {
    let going = 0;
    document.addEventListener("keydown", (event) => {
        if (!state.user || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
        if (document.querySelector("dialog[open]")) return;
        const target = event.target;
        const typing = target.closest?.("input:not([type=checkbox], [type=radio], [type=file]), textarea, select, [contenteditable]");
        if (typing && event.key !== "Escape") return;
        // Enter and Space belong to whatever button or link has the focus.
        if (event.key === "Enter" && target.closest?.("a, button, summary, input")) return;
        const act = (body) => { event.preventDefault(); body(); };
        if (Date.now() - going < 1200 && PLACES[event.key]) {
            going = 0;
            return act(() => navigate(PLACES[event.key]));
        }
        going = 0;
        const own = screenAction(ACTIONS[event.key]);
        if (own) {
            if (own(event) !== false) event.preventDefault();
            return;
        }
        switch (event.key) {
        case "g": going = Date.now(); break;
        case "n": act(() => openEditor()); break;
        case "/": act(() => (screenAction("search") ?? (() => navigate("/entries").then(() => screenAction("search")?.())))()); break;
        case "?": act(showHelp); break;
        }
    });
}

export function showHelp() {
    const keys = (text) => text.split(/( then | or | and )/).map((part) => (/ (then|or|and) /.test(part) ? part : h("kbd", part)));
    openDialog({
        title: "Keyboard shortcuts", className: "help",
        body: h("div.dialog-body", HELP.map(([title, rows]) => h("section", h("h3", title), h("dl.keys", rows.map(([key, text]) => h("div", h("dt", keys(key)), h("dd", text))))))),
    });
}
