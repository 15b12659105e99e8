// Completion under a field: what others were called before. The field keeps the focus and stays free text.

import { api } from "./api.js";
import { debounce, h, replace, uniqueID } from "./dom.js";
import { openPopover } from "./popover.js";

/// find(text) → [{text, hint, mark, pick?}], at once or later. onpick(item) when one was taken.
export function complete(field, { find, onpick, label = "Suggestions", least = 1 }) {
    const id = uniqueID("complete");
    let popover = null;
    let items = [];
    let active = -1;
    let turn = 0;
    const list = h("ul.picker-list", { id, role: "listbox", "aria-label": label });
    const properties = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, autocomplete: "off" };
    for (const [name, value] of Object.entries(properties)) field.setAttribute(name, value);

    function hide() {
        turn += 1;
        ask.cancel();
        popover?.close(false);
    }
    function show() {
        active = -1;
        field.removeAttribute("aria-activedescendant");
        replace(list, items.map((each, index) => h("li.picker-item", { id: `${id}-${index}`, role: "option", "aria-selected": "false", data: { index: String(index) } },
            each.mark ?? null, h("span.picker-text", h("bdi", each.text)), each.hint && h("span.muted.small", each.hint))));
        if (!items.length) return popover?.close(false);
        popover ??= openPopover(field, list, { label, role: "presentation", className: "picker completion", stealing: false, onclose: () => { popover = null; field.setAttribute("aria-expanded", "false"); } });
        field.setAttribute("aria-expanded", "true");
        popover.place();
    }
    function mark(next) {
        active = next;
        for (const [index, element] of [...list.children].entries()) {
            element.toggleAttribute("data-active", index === active);
            element.setAttribute("aria-selected", String(index === active));
        }
        if (active >= 0) field.setAttribute("aria-activedescendant", `${id}-${active}`);
        else field.removeAttribute("aria-activedescendant");
        list.children[active]?.scrollIntoView({ block: "nearest" });
    }
    function take(index) {
        const item = items[index];
        hide();
        onpick(item);
    }
    const ask = debounce(140, async () => {
        const text = field.value.trim();
        const mine = ++turn;
        if (text.length < least || document.activeElement !== field) return popover?.close(false);
        try {
            const found = await find(text);
            if (mine !== turn || document.activeElement !== field) return;
            items = found;
            show();
        } catch { /* suggestions are a convenience */ }
    });
    field.addEventListener("input", ask);
    field.addEventListener("blur", hide);
    field.addEventListener("keydown", (event) => {
        if (!popover) return;
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const step = event.key === "ArrowDown" ? 1 : -1;
            mark(((active + 1 + step + items.length + 1) % (items.length + 1)) - 1);
        } else if (event.key === "Enter" && active >= 0) {
            event.preventDefault();
            event.stopImmediatePropagation();
            take(active);
        } else if (event.key === "Escape") {
            event.preventDefault();
            event.stopImmediatePropagation();
            hide();
        }
    }, true);
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => { const index = event.target.closest("[data-index]")?.dataset.index; if (index !== undefined) take(Number(index)); });
    return { hide };
}

/// What the book's entries have in a field ("merchant", "tag", "paymentMethod"), most used first.
export async function suggestions(field, text, limit = 8) {
    const found = await api.get("/entries/suggestions", { field, q: text, limit: Math.min(limit, 50) });
    return (found ?? []).slice(0, limit).map((each) => ({ value: each.value, count: Number(each.count) }));
}
