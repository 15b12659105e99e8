// The search and the row of filters above the list. A filter that is set says what it is set to.

import { api } from "./api.js";
import { isDay } from "./dates.js";
import { announce, categoryMark, debounce, h, icon, replace } from "./dom.js";
import { amountWords, categoryFor, clearFilters, filterByCategory, isFiltered, NONE, periods, spanText, STATUSES, TYPES } from "./entry-filters.js";
import { complete, suggestions } from "./complete.js";
import { parseTyped, typedText } from "./money.js";
import { categoryPicks, openPicker } from "./picker.js";
import { openPopover } from "./popover.js";
import { describe, toast } from "./overlays.js";
import { loadDepartments, state } from "./state.js";

/// apply() is called after every change of `filters`.
export function filterBar(filters, apply) {
    const search = h("input", { type: "search", value: filters.q, placeholder: "Search merchants, notes, tags", "aria-label": "Search", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false", maxlength: 200, enterkeyhint: "search" });
    const row = h("div.chips", { role: "group", "aria-label": "Filters" });
    const typed = debounce(220, commit);
    let departments = [];

    function changed() { draw(); apply(); }
    function commit() {
        typed.cancel();
        if (filters.q === search.value.trim()) return;
        filters.q = search.value.trim();
        changed();
    }
    search.addEventListener("input", typed);
    const completion = complete(search, { label: "Suggestions", least: 2, find: found, onpick: (item) => { typed.cancel(); search.value = ""; filters.q = ""; item.pick(); changed(); } });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") { completion.hide(); commit(); } });

    /// Where the words may lead besides being searched for: a merchant, a tag, a category.
    async function found(text) {
        const fold = (value) => value.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
        const categories = state.categories.filter((each) => fold(each.name).includes(fold(text))).slice(0, 3)
            .map((each) => ({ text: each.name, hint: "category", mark: categoryMark(each), pick: () => filterByCategory(filters, each.slug ?? each.id) }));
        const ask = (field) => suggestions(field, text, field === "tag" ? 3 : 5).catch(() => []);
        const [merchants, tags] = await Promise.all([ask("merchant"), ask("tag")]);
        const count = (each) => new Intl.NumberFormat().format(each.count);
        return [
            ...merchants.map((each) => ({ text: each.value, hint: count(each), mark: icon("shop"), pick: () => { filters.merchant = each.value; } })),
            ...categories,
            ...tags.map((each) => ({ text: each.value, hint: `tag · ${count(each)}`, mark: icon("tag"), pick: () => { filters.tags = [...new Set([...filters.tags, each.value])]; } })),
        ];
    }

    // MARK: chips

    function chip(name, text, open, clear) {
        const button = h("button.chip-button", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => open(button) },
            text ? [h("span.chip-name", name), h("span.chip-text", text)] : [name, icon("chevron-down")]);
        return h("span.chip", { data: { filter: name.toLowerCase() }, class: text ? "set" : "" }, button,
            text && h("button.chip-clear", { type: "button", "aria-label": `Remove the filter ${name}`, onclick: () => { clear(); changed(); row.querySelector(`[data-filter="${name.toLowerCase()}"] button`)?.focus(); } }, icon("close")));
    }
    const names = (list, value) => list.find(([each]) => each === value)?.[1] ?? value;
    const clearing = (...keys) => () => { for (const key of keys) filters[key] = ""; };
    const choosing = (label, key, list) => (anchor) => openPicker(anchor, {
        label, value: filters[key], options: list.map(([value, text]) => ({ value, text })), onpick: (value) => { filters[key] = filters[key] === value ? "" : value; changed(); },
    });

    function chooseCategory(anchor) {
        const options = [{ value: NONE, text: "Not sorted yet", mark: categoryMark(null) }, ...categoryPicks(filters.type || null)];
        const current = filters.category === NONE ? NONE : categoryFor(filters.category)?.id ?? "";
        openPicker(anchor, { label: "Category", options, value: current, onpick: (id) => { filterByCategory(filters, id === NONE ? NONE : categoryFor(id)?.slug ?? id); changed(); } });
    }

    async function chooseAmong(anchor, field, label, several) {
        let known = [];
        try { known = await suggestions(field, "", 200); } catch (error) { return void toast(describe(error).text, { tone: "bad" }); }
        if (field === "paymentMethod") known = await withMethods(known);
        const present = several ? filters.tags : [filters.paid].filter(Boolean);
        const options = [...new Set([...present, ...known.map((each) => each.value)])].map((value) => ({ value, text: value, hint: known.find((each) => each.value === value)?.count }));
        if (!options.length) return void openPopover(anchor, h("p.popover-text", several ? "No entry has a tag yet. Tags are added in an entry’s details, or to several entries at once." : "No entry says yet how it was paid."), { label });
        openPicker(anchor, { label, options, several, value: several ? filters.tags : filters.paid, onpick: (value) => { if (several) filters.tags = value; else filters.paid = value; if (several) apply(); else changed(); }, onclose: several ? draw : undefined });
    }

    async function chooseDepartment(anchor) {
        try { departments = await loadDepartments(); } catch (error) { return void toast(describe(error).text, { tone: "bad" }); }
        choosing("Department", "department", [[NONE, "None"], ...departments.map((each) => [each.slug, "\u2003".repeat(each.depth) + each.name])])(anchor);
    }

    function choosePeriod(anchor) {
        const from = h("input", { type: "date", value: filters.from, "aria-label": "From", max: "9999-12-31" });
        const to = h("input", { type: "date", value: filters.to, "aria-label": "To", max: "9999-12-31" });
        const take = (value) => { Object.assign(filters, value); changed(); };
        for (const [control, key] of [[from, "from"], [to, "to"]]) {
            control.addEventListener("change", () => { if (control.value === "" || isDay(control.value)) take({ [key]: control.value }); });
        }
        const present = (value) => value.from === filters.from && value.to === filters.to;
        const popover = openPopover(anchor, h("div.period-choice",
            h("div.period-list", periods().map(([text, value]) => h("button.menu-item", { type: "button", "aria-pressed": String(present(value)), onclick: () => { popover.close(); take(value); } }, h("span", text), present(value) && icon("check", "icon picker-check")))),
            h("div.range", from, h("span.muted", "–"), to)), { label: "Dates" });
    }

    function chooseAmount(anchor) {
        const control = (key, label) => h("input", { inputmode: "decimal", placeholder: label, "aria-label": label === "Least" ? "Smallest amount" : "Largest amount", autocomplete: "off", value: filters[key] ? typedText(filters[key]) : "" });
        const least = control("min", "Least");
        const most = control("max", "Most");
        const take = () => {
            const values = [least, most].map((each) => (each.value.trim() === "" ? "" : parseTyped(each.value)));
            for (const [index, each] of [least, most].entries()) each.setAttribute("aria-invalid", String(values[index] === null));
            if (values.includes(null)) return announce("That is not an amount.");
            popover.close();
            [filters.min, filters.max] = values;
            changed();
        };
        const popover = openPopover(anchor, h("form.popover-form", { onsubmit: (event) => { event.preventDefault(); take(); } },
            h("div.range", least, h("span.muted", "–"), most), h("button.primary.small", { type: "submit" }, "Apply")), { label: `Amount in ${state.book.currency}` });
    }

    function draw() {
        const focus = document.activeElement?.closest?.(".chip")?.dataset.filter;
        const category = filters.category === NONE ? "not sorted yet" : filters.category && `${categoryFor(filters.category)?.name ?? filters.category}${filters.subcategories ? ", without subcategories" : ""}`;
        replace(row,
            filters.deleted && chip("Deleted", "only", () => {}, clearing("deleted")),
            filters.import && chip("Import", "one file", () => {}, clearing("import")),
            filters.merchant && chip("Merchant", filters.merchant, (anchor) => { search.value = filters.merchant; filters.merchant = ""; filters.q = search.value; changed(); search.focus(); return anchor; }, clearing("merchant")),
            chip("Dates", spanText(filters.from, filters.to), choosePeriod, clearing("from", "to")),
            chip("Category", category, chooseCategory, clearing("category", "subcategories")),
            chip("Amount", amountWords(filters), chooseAmount, clearing("min", "max")),
            chip("Type", filters.type && names(TYPES, filters.type), choosing("Type", "type", TYPES), clearing("type")),
            chip("Status", filters.status && names(STATUSES, filters.status), choosing("Status", "status", STATUSES), clearing("status")),
            chip("Tags", filters.tags.join(", "), (anchor) => chooseAmong(anchor, "tag", "Tags", true), () => { filters.tags = []; }),
            (filters.department || (state.book.kind === "organization" && state.book.scope !== "own")) && chip("Department", filters.department && (filters.department === NONE ? "none" : departments.find((each) => each.slug === filters.department)?.name ?? filters.department), chooseDepartment, clearing("department")),
            chip("Paid by", filters.paid, (anchor) => chooseAmong(anchor, "paymentMethod", "Paid by", false), clearing("paid")),
            isFiltered(filters) && h("button.quiet.small.clear-filters", { type: "button", onclick: () => self.reset() }, "Clear"));
        if (focus) row.querySelector(`[data-filter="${focus}"] button`)?.focus();
    }

    const self = {
        element: h("div.filter-bar", { role: "search", "aria-label": "Entries" }, h("label.search-box", icon("search"), search), row),
        reset() { clearFilters(filters); search.value = ""; changed(); search.focus({ preventScroll: true }); },
        focusSearch() { search.focus(); search.select(); },
        redraw: draw,
    };
    draw();
    return self;
}

/// What entries say and what the settings list, together.
async function withMethods(known) {
    try {
        const listed = await api.get("/payment-methods");
        return [...known, ...listed.filter((each) => !known.some((one) => one.value === each.name)).map((each) => ({ value: each.name }))];
    } catch { return known; }
}
