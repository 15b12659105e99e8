// Keys that work anywhere outside a field. The screen in front answers those that mean something to it.

import { navigate, screenAction } from "./app.js";
import { h } from "./dom.js";
import { openEditor } from "./editor.js";
import { openDialog } from "./overlays.js";
import { state } from "./state.js";

const HELP = [
    ["Anywhere", [["n", "New entry"], ["/", "Search entries"], ["g then d", "Dashboard"], ["g then e", "Entries"], ["g then i", "Import"], ["g then c", "Categories"], ["g then r", "Rules"], ["g then s", "Settings"], ["?", "This help"]]],
    ["In the list of entries", [["j or ↓", "Next entry"], ["k or ↑", "Previous entry"], ["Enter", "Edit in place"], ["Tab", "Next field"], ["Esc", "Forget the edit, the selection"], ["e", "All details"], ["c", "Change the category"], ["x", "Select"], ["Shift and ↓", "Select further"], ["#", "Delete, with undo"], ["u", "Undo the deletion, restore"]]],
    ["On the dashboard", [["[ and ]", "Period before, period after"]]],
    ["In the list of rules", [["Alt and ↑", "Move a rule up"], ["Alt and ↓", "Move a rule down"]]],
];

const PLACES = { d: "/", e: "/entries", i: "/import", c: "/categories", r: "/rules", s: "/settings" };
const ACTIONS = {
    j: "next", k: "previous", J: "extendNext", K: "extendPrevious", Enter: "edit", e: "details", o: "details", c: "category", x: "select", d: "delete", "#": "delete", Delete: "delete", u: "restore",
    "[": "monthBefore", "]": "monthAfter", ArrowDown: "arrowDown", ArrowUp: "arrowUp", Escape: "escape",
};

export function installShortcuts() {
    let going = 0;
    document.addEventListener("keydown", (event) => {
        if (!state.user || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
        const target = event.target;
        if (document.querySelector("dialog[open]") || target.closest?.(".popover")) return;
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
        const own = screenAction(actionFor(event));
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

function actionFor(event) {
    if (event.shiftKey && event.key === "ArrowDown") return "extendNext";
    if (event.shiftKey && event.key === "ArrowUp") return "extendPrevious";
    return ACTIONS[event.key];
}

export function showHelp() {
    const keys = (text) => text.split(/( then | or | and )/).map((part) => (/ (then|or|and) /.test(part) ? part : h("kbd", part)));
    openDialog({
        title: "Keyboard shortcuts", className: "help",
        body: h("div.dialog-body", HELP.map(([title, rows]) => h("section", h("h3", title), h("dl.keys", rows.map(([key, text]) => h("div", h("dt", keys(key)), h("dd", text))))))),
    });
}
