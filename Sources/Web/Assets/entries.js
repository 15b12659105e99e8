// The list of entries: filter, search, change and delete, by mouse, touch or keys.

import { api } from "./api.js";
import { addDays, addMonths, dayLong, dayRelative, firstOfMonth, isDay, lastOfMonth } from "./dates.js";
import { announce, categoryMark, debounce, h, icon, plural, replace, safeColor } from "./dom.js";
import { categoryOptions, openEditor } from "./editor.js";
import { changeEntry, deleteEntry, fetchEntry, onEntriesChange } from "./entries-store.js";
import { select } from "./forms.js";
import { formatMoney, parseTyped } from "./money.js";
import { banner, describe, emptyState, skeleton, toast } from "./overlays.js";
import { bookToday, categoryOf, loadCategories, state } from "./state.js";

const PAGE = 50;
const KEYS = ["q", "from", "to", "type", "category", "min", "max", "status"];

export function show(main, query) {
    const filters = Object.fromEntries(KEYS.map((key) => [key, query.get(key) ?? ""]));
    const count = h("span.count", { "aria-live": "polite" });
    const list = h("div.list-holder");
    const bar = filterBar(filters, apply);
    replace(main,
        h("header.screen-head", h("h1", { tabindex: "-1" }, "Entries"), count,
            h("div.screen-actions",
                h("a.button", { href: "/import" }, icon("import"), "Import"))),
        bar.element, list);

    let listing = null;
    // Without them the rows lack colours; that is no reason to show none.
    const categories = loadCategories().catch(() => []);
    const begin = () => {
        listing?.stop();
        listing = startListing(list, filters, count, categories, () => bar.reset());
    };
    function apply() {
        const text = new URLSearchParams(KEYS.filter((key) => filters[key]).map((key) => [key, filters[key]])).toString();
        history.replaceState(null, "", text ? `/entries?${text}` : "/entries");
        begin();
    }
    categories.then(() => bar.fillCategories());
    begin();

    const stopListening = onEntriesChange(({ kind, entry }) => {
        if (kind === "created") begin();
        else listing?.changed(kind, entry);
    });
    return {
        title: "Entries",
        dispose() { listing?.stop(); stopListening(); },
        actions: {
            search: () => bar.focusSearch(),
            next: () => listing?.move(1), previous: () => listing?.move(-1),
            arrowDown: () => (listing?.hasFocus() ? listing.move(1) : false), arrowUp: () => (listing?.hasFocus() ? listing.move(-1) : false),
            edit: () => listing?.edit() ?? false, category: () => listing?.pickCategory() ?? false, delete: () => listing?.remove() ?? false,
            escape: () => { if (document.activeElement === document.body) return false; document.activeElement.blur(); return true; },
        },
    };
}

// MARK: the filters

function periods() {
    const now = bookToday();
    const month = now.slice(0, 7);
    const year = now.slice(0, 4);
    const range = (from, to) => ({ from, to });
    return new Map([
        ["all", ["Any date", range("", "")]],
        ["month", ["This month", range(firstOfMonth(month), lastOfMonth(month))]],
        ["last-month", ["Last month", range(firstOfMonth(addMonths(month, -1)), lastOfMonth(addMonths(month, -1)))]],
        ["90", ["Last 90 days", range(addDays(now, -89), now)]],
        ["year", ["This year", range(`${year}-01-01`, `${year}-12-31`)]],
        ["last-year", ["Last year", range(`${year - 1}-01-01`, `${year - 1}-12-31`)]],
        ["custom", ["Between …", null]],
    ]);
}

function filterBar(filters, apply) {
    const all = periods();
    const search = h("input", { type: "search", value: filters.q, placeholder: "Search entries", "aria-label": "Search", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false", maxlength: 200 });
    const from = h("input", { type: "date", value: filters.from, "aria-label": "From" });
    const to = h("input", { type: "date", value: filters.to, "aria-label": "To" });
    const range = h("span.range", from, h("span.muted", "–"), to);
    const period = select([...all].map(([key, [text]]) => [key, text]), "all", { "aria-label": "Dates" });
    const type = select([["", "Any type"], ["expense", "Spending"], ["income", "Income"]], filters.type, { "aria-label": "Type" });
    const category = h("select", { "aria-label": "Category" }, h("option", { value: "" }, "Any category"));
    const min = h("input.amount-filter", { inputmode: "decimal", placeholder: "Min", "aria-label": "Smallest amount", autocomplete: "off", value: filters.min });
    const max = h("input.amount-filter", { inputmode: "decimal", placeholder: "Max", "aria-label": "Largest amount", autocomplete: "off", value: filters.max });
    const status = select([["", "Any status"], ["completed", "Completed"], ["pending", "Pending"], ["cancelled", "Cancelled"]], filters.status, { "aria-label": "Status" });
    const clear = h("button.quiet", { type: "button", onclick: () => reset() }, icon("close"), "Clear");
    const more = h("div.filters", { id: "filters" }, period, range, type, category, h("span.range", min, h("span.muted", "–"), max), status, clear);
    const badge = h("span.badge");
    const toggle = h("button.filter-toggle", { type: "button", "aria-expanded": "false", "aria-controls": "filters", onclick: () => toggle.setAttribute("aria-expanded", String(more.classList.toggle("open"))) }, icon("filter"), "Filters", badge);

    function choosePeriod() {
        const match = [...all].find(([, [, value]]) => value && value.from === filters.from && value.to === filters.to);
        period.value = match ? match[0] : "custom";
        range.hidden = period.value !== "custom";
    }
    function refresh() {
        const active = KEYS.filter((key) => key !== "q" && filters[key]).length;
        badge.textContent = active ? String(active) : "";
        badge.hidden = !active;
        clear.hidden = !active && !filters.q;
    }
    function changed() { refresh(); apply(); }
    function reset() {
        for (const key of KEYS) filters[key] = "";
        for (const control of [search, from, to, type, category, min, max, status]) control.value = "";
        choosePeriod();
        changed();
    }
    const typed = debounce(250, () => { filters.q = search.value.trim(); changed(); });
    search.addEventListener("input", typed);
    search.addEventListener("keydown", (event) => {
        if (event.key === "Enter") { typed.cancel(); filters.q = search.value.trim(); changed(); }
    });
    period.addEventListener("change", () => {
        const [, value] = all.get(period.value);
        range.hidden = period.value !== "custom";
        if (!value) return from.focus();
        Object.assign(filters, value);
        from.value = value.from;
        to.value = value.to;
        changed();
    });
    const bind = (control, key, read = () => control.value) => control.addEventListener("change", () => {
        const value = read();
        control.toggleAttribute("aria-invalid", value === null);
        if (value === null) return announce("That is not an amount.");
        filters[key] = value;
        changed();
    });
    const day = (control) => () => (control.value === "" || isDay(control.value) ? control.value : null);
    const amount = (control) => () => (control.value.trim() === "" ? "" : parseTyped(control.value));
    bind(from, "from", day(from));
    bind(to, "to", day(to));
    bind(type, "type");
    bind(category, "category");
    bind(min, "min", amount(min));
    bind(max, "max", amount(max));
    bind(status, "status");
    choosePeriod();
    refresh();

    return {
        element: h("div.filter-bar", { role: "search", "aria-label": "Entries" }, h("label.search-box", icon("search"), search), toggle, more),
        reset,
        focusSearch() { search.focus(); search.select(); },
        fillCategories() {
            const group = (label, kind) => h("optgroup", { label }, categoryOptions(kind, false).map(([id, text]) => {
                const slug = state.categories.find((each) => each.id === id)?.slug ?? id;
                return h("option", { value: slug, selected: filters.category === slug || filters.category === id }, text);
            }));
            category.append(group("Spending", "expense"), group("Income", "income"));
        },
    };
}

// MARK: the list

function startListing(holder, filters, count, categories, clearFilters) {
    const controller = new AbortController();
    const now = bookToday();
    const rows = new Map(); // row element → entry
    const body = h("tbody", { role: "rowgroup" });
    const foot = h("div.list-foot");
    const head = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["Date", "Merchant", "Category", "Amount", ""].map((text, index) => h("th", { role: "columnheader", scope: "col", class: ["c-date", "c-who", "c-cat", "c-amount", "c-act"][index] }, text || h("span.visually-hidden", "Actions")))));
    const table = h("table.entries", { role: "table", "aria-label": "Entries" }, head, body);
    let cursor = null;
    let loading = false;
    let stopped = false;
    let active = null;
    const filtered = KEYS.some((key) => filters[key]);
    const observer = new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) loadMore(); }, { rootMargin: "800px" });

    const query = () => ({
        q: filters.q, startDate: filters.from, endDate: filters.to, category: filters.category, minAmount: filters.min, maxAmount: filters.max,
        status: filters.status, limit: PAGE, cursor,
    });
    const path = { expense: "/expenses", income: "/incomes" }[filters.type] ?? "/entries";

    async function loadMore() {
        if (loading || stopped) return;
        loading = true;
        const first = rows.size === 0;
        const timer = setTimeout(() => { if (first) replace(holder, skeleton(12, "skeleton-row")); }, 120);
        holder.setAttribute("aria-busy", "true");
        try {
            const { data, meta } = await api.get(path, query(), { whole: true, signal: controller.signal });
            await categories;
            clearTimeout(timer);
            if (stopped) return;
            cursor = meta.nextCursor ?? null;
            if (first) replace(holder, data.length ? [table, foot] : nothing());
            for (const entry of data) body.append(row(entry));
            tidyDays();
            if (first || !cursor) showCount();
            if (cursor) {
                replace(foot, h("button", { type: "button", onclick: loadMore }, "Load more"));
                observer.observe(foot);
            } else {
                observer.disconnect();
                replace(foot, rows.size > PAGE && h("span.muted", "That is all."));
            }
        } catch (error) {
            clearTimeout(timer);
            if (stopped || error.kind === "aborted" || error.kind === "unauthenticated") return;
            observer.disconnect();
            // A filter the server refuses (an amount, a date) is shown in its own words.
            replace(first ? holder : foot, banner(error, { retry: loadMore, note: error.fields?.map((each) => each.message).join(" ") }));
        } finally {
            loading = false;
            if (!stopped) holder.removeAttribute("aria-busy");
            // A page may end above the fold; an observer tells only of changes.
            if (cursor && !stopped && foot.isConnected && foot.getBoundingClientRect().top < innerHeight + 800) setTimeout(loadMore);
        }
    }

    /// Counting many entries costs the server something, so the list does not wait for it.
    async function showCount() {
        if (!cursor) { count.textContent = plural(visible().length, "entry", "entries"); return; }
        try {
            const { meta } = await api.get(path, { ...query(), cursor: null, page: 1, limit: 1 }, { whole: true, signal: controller.signal });
            if (!stopped && meta.total !== undefined) count.textContent = plural(Number(meta.total), "entry", "entries");
        } catch { /* the number is a courtesy */ }
    }

    function nothing() {
        if (filtered) return emptyState({ symbol: "search", title: "Nothing matches", text: "No entry fits this search and these filters.", actions: [h("button", { type: "button", onclick: clearFilters }, "Clear the filters")] });
        return emptyState({
            symbol: "entries", title: "No entries yet", text: "Bring in a statement from your bank, or write down what you spent today.",
            actions: [h("a.button.primary", { href: "/import" }, icon("import"), "Import a statement"), h("button", { type: "button", onclick: () => openEditor() }, icon("plus"), "Add an entry")],
        });
    }

    function row(entry) {
        const element = h("tr", { role: "row", tabIndex: -1, data: { id: entry.id, type: entry.type, status: entry.status } });
        fill(element, entry);
        return element;
    }

    function fill(element, entry) {
        const category = categoryOf(entry);
        const name = entry.merchantName || entry.description || (entry.type === "income" ? "Income" : "Expense");
        const second = [entry.merchantName ? entry.description : null, entry.notes].filter(Boolean).join(" · ");
        rows.set(element, entry);
        element.dataset.day = entry.transactionDate;
        element.dataset.status = entry.status;
        replace(element,
            h("td.c-date", { role: "cell" }, h("time", { datetime: entry.transactionDate, title: dayLong(entry.transactionDate) }, dayRelative(entry.transactionDate, now))),
            h("td.c-who", { role: "cell" }, h("div.who-line", categoryMark(category, entry.type),
                h("span.who", h("bdi.name", { title: name }, name),
                    h("span.sub", h("span.sub-narrow", `${dayRelative(entry.transactionDate, now)}${category ? ` · ${category.name}` : ""}`), second && h("bdi.sub-text", { title: second }, second),
                        (entry.tags ?? []).map((tag) => h("span.tag", tag)))),
                entry.status !== "completed" && h("span.status", { data: { status: entry.status } }, entry.status))),
            h("td.c-cat", { role: "cell" }, h("button.category", { type: "button", tabIndex: -1, css: { "--mark": safeColor(category?.color) }, "aria-label": `Category: ${category?.name ?? "none"}. Change`, onclick: (event) => { event.stopPropagation(); pickCategory(element); } }, category?.name ?? "Add category")),
            h("td.c-amount", { role: "cell", data: { type: entry.type } }, amountText(entry)),
            h("td.c-act", { role: "cell" },
                h("button.icon-button.small", { type: "button", tabIndex: -1, "aria-label": `Edit ${name}`, title: "Edit (e)", onclick: (event) => { event.stopPropagation(); edit(element); } }, icon("edit")),
                h("button.icon-button.small", { type: "button", tabIndex: -1, "aria-label": `Delete ${name}`, title: "Delete (d)", onclick: (event) => { event.stopPropagation(); remove(element); } }, icon("trash"))));
        element.querySelector(".category").toggleAttribute("data-none", !category);
    }

    /// The day is written once, at its first row; the others keep it for screen readers.
    function tidyDays() {
        let last = null;
        for (const element of body.children) {
            if (element.hidden) continue;
            element.toggleAttribute("data-repeat", element.dataset.day === last);
            last = element.dataset.day;
        }
        if (!body.querySelector("[tabindex='0']")) activate(visible()[0]);
    }

    const visible = () => [...body.children].filter((element) => !element.hidden);

    function activate(element) {
        if (active) active.tabIndex = -1;
        active = element ?? null;
        if (active) active.tabIndex = 0;
    }

    body.addEventListener("focusin", (event) => { const element = event.target.closest("tr"); if (element) activate(element); });
    body.addEventListener("click", (event) => {
        const element = event.target.closest("tr");
        if (element && !event.target.closest("button, select") && String(getSelection()) === "") edit(element);
    });

    function move(step) {
        const all = visible();
        if (!all.length) return;
        const at = all.indexOf(active);
        const focused = body.contains(document.activeElement);
        const next = all[Math.max(0, Math.min(all.length - 1, focused ? at + step : Math.max(at, 0)))];
        next.focus();
        next.scrollIntoView({ block: "nearest" });
        if (next === all.at(-1) && cursor) loadMore();
    }

    const focusedRow = () => (body.contains(document.activeElement) ? active : null);

    function edit(element = focusedRow()) {
        if (!element) return false;
        activate(element);
        element.focus();
        openEditor(rows.get(element));
        return true;
    }

    function remove(element = focusedRow()) {
        if (!element) return false;
        const all = visible();
        const next = all[all.indexOf(element) + 1] ?? all[all.indexOf(element) - 1];
        deleteEntry(rows.get(element));
        activate(next);
        next?.focus();
        return true;
    }

    function pickCategory(element = focusedRow()) {
        if (!element) return false;
        const entry = rows.get(element);
        if (getComputedStyle(element.querySelector(".c-cat")).display === "none") { openEditor(entry, { focus: "category" }); return true; }
        const button = element.querySelector(".category");
        const choice = select(categoryOptions(entry.type, !entry.categoryId), entry.categoryId ?? "", { class: "category-choice", "aria-label": "Category" });
        let finished = false;
        const finish = (focus) => { if (finished) return; finished = true; choice.replaceWith(button); if (focus) element.focus(); };
        choice.addEventListener("change", async () => {
            const categoryId = choice.value || null;
            finish(true);
            try {
                await changeEntry(entry, { categoryId });
                announce("Category changed.");
            } catch (error) {
                if (error.kind === "stale") {
                    toast("This entry was changed elsewhere. It now shows its present state.");
                    try { changed("changed", await fetchEntry(entry)); } catch { /* the list is reloaded sooner or later */ }
                } else if (error.kind !== "unauthenticated") toast(`Not changed. ${describe(error).text}`, { tone: "bad" });
            }
        });
        choice.addEventListener("blur", () => finish(false));
        choice.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); finish(true); } });
        button.replaceWith(choice);
        choice.focus();
        try { choice.showPicker?.(); } catch { /* needs a click; the focus is enough */ }
        return true;
    }

    function changed(kind, entry) {
        const element = [...body.children].find((each) => each.dataset.id === entry.id);
        if (!element) return;
        if (kind === "deleted") return showCount();
        if (kind === "removed" || kind === "restored") {
            element.hidden = kind === "removed";
            tidyDays();
            if (kind === "restored") {
                fill(element, entry);
                element.focus();
            }
            if (!cursor || kind === "restored") showCount(); // of more than are here, the server knows the number once it has deleted
            return;
        }
        const moved = rows.get(element).transactionDate !== entry.transactionDate;
        fill(element, entry);
        if (moved) {
            const after = visible().find((each) => each !== element && each.dataset.day < entry.transactionDate);
            if (after) body.insertBefore(element, after);
            else body.append(element);
        }
        tidyDays();
        element.classList.add("touched");
        setTimeout(() => element.classList.remove("touched"), 1200);
        element.focus({ preventScroll: !moved });
    }

    loadMore();
    return {
        stop() { stopped = true; controller.abort(); observer.disconnect(); },
        move, edit, remove, pickCategory, changed,
        hasFocus: () => body.contains(document.activeElement),
    };
}

export function amountText(entry) {
    return entry.type === "income" ? `+${formatMoney(entry.amount, entry.currency)}` : formatMoney(entry.amount, entry.currency);
}
