// Small boxes that open beside what was pressed: menus, pickers, filters. On a phone they rise from the lower edge.

import { h, icon, uniqueID } from "./dom.js";

const MARGIN = 8;
let open = null;

/// Opens one and closes the one before it. The box closes on Escape, on a press elsewhere and when the focus leaves.
/// `stealing` false leaves the focus where it is, for completions under a field.
export function openPopover(anchor, content, { label, role = "dialog", className = "", onclose, stealing = true } = {}) {
    open?.close(false);
    const id = uniqueID("popover");
    const box = h("div.popover", { id, popover: "manual", role, "aria-label": label, class: className, tabIndex: -1 },
        stealing && h("div.popover-head", h("strong", label), h("button.icon-button.small", { type: "button", "aria-label": "Close", onclick: () => self.close() }, icon("close"))), content);
    const holder = anchor.closest("dialog") ?? document.body;
    let closed = false;
    const self = {
        box, anchor,
        close(focus = true) {
            if (closed) return;
            closed = true;
            if (open === self) open = null;
            for (const [target, name, body, options] of listeners) target.removeEventListener(name, body, options);
            box.remove();
            if (stealing) anchor.setAttribute?.("aria-expanded", "false");
            if (focus && stealing && anchor.isConnected) anchor.focus({ preventScroll: true });
            onclose?.();
        },
        place: () => place(box, anchor),
    };
    const inside = (node) => box.contains(node) || anchor.contains(node) || open?.box.contains(node);
    const listeners = [
        [document, "pointerdown", (event) => { if (!inside(event.target)) self.close(false); }, true],
        [window, "resize", () => self.place()],
        [window, "scroll", (event) => { if (!box.contains(event.target)) self.place(); }, true],
        [box, "focusout", (event) => { if (stealing && event.relatedTarget && !inside(event.relatedTarget)) self.close(false); }],
        [box, "keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); self.close(); } }],
    ];
    holder.append(box);
    box.showPopover();
    open = self;
    if (stealing) {
        anchor.setAttribute?.("aria-expanded", "true");
        const first = box.querySelector("[data-focus]") ?? box.querySelector("input, select, textarea, [role=menuitem], button:not(.popover-head button)") ?? box;
        // A field that takes the focus on a phone covers half of the list with the keyboard.
        (first.matches("input") && matchMedia("(pointer: coarse)").matches ? box : first).focus({ preventScroll: true });
    }
    self.place();
    for (const [target, name, body, options] of listeners) target.addEventListener(name, body, options);
    return self;
}

export const closePopover = () => open?.close(false);


/// Under its anchor, or above it when there is more room; never over the edge of the window.
function place(box, anchor) {
    if (!anchor.isConnected) return;
    const edge = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const below = innerHeight - edge.bottom - MARGIN;
    const above = edge.top - MARGIN;
    const upwards = below < Math.min(height, 240) && above > below;
    const top = upwards ? Math.max(MARGIN, edge.top - Math.min(height, above) - 4) : edge.bottom + 4;
    const left = Math.max(MARGIN, Math.min(edge.left, innerWidth - width - MARGIN));
    const room = `${Math.max(140, (upwards ? above : below) - 4)}px`;
    for (const [name, value] of [["--top", `${top}px`], ["--left", `${left}px`], ["--room", room], ["--least", `${edge.width}px`]]) box.style.setProperty(name, value);
}

export const LINE = Symbol("a line between groups");

/// items: {text, symbol, onpick, danger, hint} or LINE; what is false or missing is left out.
export function openMenu(anchor, items, label) {
    const rows = items.filter(Boolean);
    const menu = h("div.menu", { role: "menu", "aria-label": label }, rows.map((each) => (each === LINE ? h("hr", { role: "separator" })
        : h("button.menu-item", { type: "button", role: "menuitem", tabIndex: -1, class: each.danger ? "danger-text" : "", onclick: () => { popover.close(); each.onpick(); } },
            each.symbol && icon(each.symbol), h("span", each.text), each.hint && h("span.muted.small", each.hint)))));
    menu.addEventListener("keydown", (event) => {
        const all = [...menu.querySelectorAll("[role=menuitem]")];
        const at = all.indexOf(document.activeElement);
        const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
        if (next === undefined) {
            const start = event.key.length === 1 && all.find((each, index) => index > at && each.innerText.trim().toLowerCase().startsWith(event.key.toLowerCase()));
            return start ? start.focus() : undefined;
        }
        event.preventDefault();
        all.at(next % all.length)?.focus();
    });
    const popover = openPopover(anchor, menu, { label, role: "presentation", className: "menu-popover" });
    return popover;
}
