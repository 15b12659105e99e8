// Choosing one or several things from a list: type to narrow it, arrows to move, Enter to take.

import { announce, categoryMark, h, icon, replace, uniqueID } from "./dom.js";
import { openPopover } from "./popover.js";
import { orderedCategories, state } from "./state.js";

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/// options: {value, text, mark?, hint?, depth?}. onpick(value) once, or with `several` onpick(values) at every change.
/// With `more(text)` the list may be asked for what is not in it: it returns {text, pick} or null.
export function openPicker(anchor, { label, options, value, several = false, onpick, more, onclose, typed = "", placeholder = "Type to narrow" }) {
    const chosen = new Set(several ? value : [value]);
    const id = uniqueID("list");
    const search = h("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": id, "aria-autocomplete": "list", "aria-label": label, placeholder, autocomplete: "off", spellcheck: "false", data: { focus: "" } });
    const list = h("ul.picker-list", { id, role: "listbox", "aria-label": label, "aria-multiselectable": several ? "true" : undefined });
    let shown = [];
    let active = 0;

    function draw() {
        const words = folded(search.value).split(/\s+/).filter(Boolean);
        shown = options.filter((each) => { const text = folded(`${each.text} ${each.alias ?? ""}`); return words.every((word) => text.includes(word)); });
        const extra = search.value.trim() && more?.(search.value.trim());
        if (extra) shown = [...shown, { ...extra, extra: true }];
        const current = shown.findIndex((each) => chosen.has(each.value));
        active = words.length ? 0 : Math.max(0, current);
        replace(list, shown.length ? shown.map(item) : h("li.picker-none", { role: "presentation" }, "Nothing fits."));
        mark();
        popover.place(); // a shorter list above its button moves down to it
    }

    function item(each, index) {
        const on = chosen.has(each.value) && !each.extra;
        return h("li.picker-item", { id: `${id}-${index}`, role: "option", "aria-selected": String(on), css: { "--depth": String(words() ? 0 : each.depth ?? 0) }, data: { index: String(index) } },
            each.extra ? icon("plus") : each.mark ?? null, h("span.picker-text", h("bdi", each.text)), each.hint && h("span.muted.small", each.hint), on && icon("check", "icon picker-check"));
    }
    const words = () => search.value.trim() !== "";

    function mark() {
        for (const [index, element] of [...list.children].entries()) element.toggleAttribute("data-active", index === active);
        const element = list.children[active];
        search.setAttribute("aria-activedescendant", shown.length ? `${id}-${active}` : "");
        element?.scrollIntoView({ block: "nearest" });
    }

    function take(index) {
        const each = shown[index];
        if (!each) return;
        if (each.extra) { popover.close(); return each.pick(); }
        if (!several) { popover.close(); return onpick(each.value); }
        if (!chosen.delete(each.value)) chosen.add(each.value);
        const at = active;
        draw();
        active = at;
        mark();
        announce(`${each.text} ${chosen.has(each.value) ? "chosen" : "not chosen"}`);
        onpick([...chosen]);
    }

    search.addEventListener("input", draw);
    search.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
        if (step && shown.length) {
            event.preventDefault();
            active = Math.abs(step) === 1 ? (active + step + shown.length) % shown.length : Math.max(0, Math.min(shown.length - 1, active + step));
            mark();
        } else if (event.key === "Enter") {
            event.preventDefault();
            event.stopPropagation();
            take(active);
        }
    });
    list.addEventListener("pointermove", (event) => {
        const index = event.target.closest("[data-index]")?.dataset.index;
        if (index !== undefined && Number(index) !== active) { active = Number(index); mark(); }
    });
    list.addEventListener("click", (event) => { const index = event.target.closest("[data-index]")?.dataset.index; if (index !== undefined) take(Number(index)); });
    const popover = openPopover(anchor, [h("div.picker-search", search), list], { label, className: "picker", onclose });
    search.value = typed;
    draw();
    return popover;
}

/// Categories with icon and colour, children under their parents. `none` is the text for no category, if that may be chosen.
export function categoryPicks(type, { none } = {}) {
    const both = !type;
    const picks = ["expense", "income"].filter((each) => both || each === type).flatMap((kind) => orderedCategories(kind).map(({ category, depth }) => ({
        value: category.id, text: category.name, depth, mark: categoryMark(category), hint: both && kind === "income" && depth === 0 ? "income" : null,
        alias: state.categories.find((each) => each.id === category.parentCategoryId)?.name,
    })));
    return none ? [{ value: "", text: none, mark: categoryMark(null) }, ...picks] : picks;
}

export function pickCategory(anchor, { type, value, none, onpick, onclose, typed, label = "Category" }) {
    return openPicker(anchor, { label, options: categoryPicks(type, { none }), value: value ?? "", onpick, onclose, typed });
}
