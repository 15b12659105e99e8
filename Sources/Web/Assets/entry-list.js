// The list of entries. Pages arrive while one scrolls; those far from sight give their rows back, so that a hundred
// thousand entries scroll like a hundred.

import { api } from "./api.js";
import { h, icon, replace } from "./dom.js";
import { isFiltered, pathFor, questionOf } from "./entry-filters.js";
import { fillRow, offerActions, rowFor } from "./entry-row.js";
import { banner, emptyState, skeleton } from "./overlays.js";
import { bookToday, mayChange, mayEdit } from "./state.js";
import { waysToBegin } from "./editor.js";

const PAGE = 100;
const NEAR = 1200;

/// on: {count(number, whether they are only similar to what is searched), sums({expense, income} or null), empty(whether the book is), open(entry), clear(), press(what, row, entry, event), sort(key)}
export function startList(holder, filters, selection, categories, on) {
    const controller = new AbortController();
    const now = bookToday();
    const trash = Boolean(filters.deleted);
    const path = pathFor(filters);
    const chunks = []; // {element, items, drawn}
    const head = heading(filters, on.sort);
    const foot = h("div.list-foot");
    const table = h("table.entries", { role: "table", "aria-label": trash ? "Deleted entries" : "Entries" }, head.element);
    const lead = h("div.list-lead");
    let cursor = null;
    let loading = false;
    let stopped = false;
    let activeID = null;
    let flat = null;
    let similar = false;
    const away = new Map(); // id → {before} of rows taken from sight

    const watcher = new IntersectionObserver((seen) => {
        for (const each of seen) {
            const chunk = chunks.find((one) => one.element === each.target);
            if (chunk && each.isIntersecting !== chunk.drawn) (each.isIntersecting ? draw : rest)(chunk);
        }
    }, { rootMargin: `${NEAR}px` });
    const end = new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) loadMore(); }, { rootMargin: `${NEAR}px` });

    // MARK: rows and their places

    const all = () => (flat ??= chunks.flatMap((chunk) => chunk.items));
    const choosable = () => (mayChange("entry:edit") ? all() : all().filter(mayEdit));
    const drawHead = () => head.show(selection.size, choosable().length, all().length);
    const chunkOf = (id) => chunks.find((chunk) => chunk.items.some((each) => each.id === id));
    const entryOf = (id) => all().find((each) => each.id === id);
    const rowOf = (id) => table.querySelector(`tr[data-id="${CSS.escape(id)}"]`);

    function context(entry, position) {
        const before = all()[position - 1];
        return { now, trash, position, selected: selection.has(entry.id), repeated: filters.sort === "date" && before?.transactionDate === entry.transactionDate };
    }
    function draw(chunk) {
        const start = chunks.slice(0, chunks.indexOf(chunk)).reduce((sum, each) => sum + each.items.length, 0);
        const focused = chunk.element.contains(document.activeElement) ? activeID : null;
        replace(chunk.element, chunk.items.map((entry, index) => rowFor(entry, context(entry, start + index))));
        chunk.element.style.removeProperty("block-size");
        chunk.drawn = true;
        const active = activeID && rowOf(activeID);
        if (active) active.tabIndex = 0;
        if (focused) rowOf(focused)?.focus({ preventScroll: true });
    }
    function rest(chunk) {
        if (chunk.element.contains(document.activeElement) || chunk.element.querySelector("[data-editing]")) return;
        chunk.element.style.setProperty("block-size", `${chunk.element.offsetHeight}px`);
        replace(chunk.element);
        chunk.drawn = false;
    }
    function redrawRow(entry) {
        const row = rowOf(entry.id);
        if (row) {
            fillRow(row, entry, context(entry, all().findIndex((each) => each.id === entry.id)));
            if (row.matches(":hover, :focus-within, :focus")) offerActions(row, entry, trash);
        }
        return row;
    }
    /// After rows came or went: the day is written at the first row of each day.
    function touched(chunk) {
        flat = null;
        table.setAttribute("aria-rowcount", String(cursor ? -1 : all().length + 1));
        if (chunk.drawn) draw(chunk);
        const next = chunks[chunks.indexOf(chunk) + 1];
        if (next?.drawn && next.items.length) redrawRow(next.items[0]);
        if (!entryOf(activeID)) activate(all()[0]?.id ?? null);
        drawHead();
    }
    function append(items) {
        const chunk = { element: h("tbody", { role: "rowgroup" }), items, drawn: true };
        chunks.push(chunk);
        flat = null;
        table.append(chunk.element);
        draw(chunk);
        watcher.observe(chunk.element);
        table.setAttribute("aria-rowcount", String(cursor ? -1 : all().length + 1));
        if (!activeID) activate(items[0]?.id ?? null);
    }
    function take(id) {
        const chunk = chunkOf(id);
        if (!chunk) return null;
        const index = chunk.items.findIndex((each) => each.id === id);
        const [entry] = chunk.items.splice(index, 1);
        touched(chunk);
        if (!cursor && !all().length) bare();
        return { entry, chunk, index };
    }
    function put(entry, place) {
        if (!table.isConnected) full();
        if (chunkOf(entry.id)) return redrawRow(entry);
        if (place && chunks.includes(place.chunk)) {
            place.chunk.items.splice(Math.min(place.index, place.chunk.items.length), 0, entry);
            return touched(place.chunk);
        }
        const later = (each) => (filters.order === "asc" ? each.transactionDate > entry.transactionDate : each.transactionDate < entry.transactionDate);
        const chunk = chunks.find((each) => each.items.some(later)) ?? (cursor ? null : chunks.at(-1));
        if (!chunk) return;
        const index = chunk.items.findIndex(later);
        chunk.items.splice(index < 0 ? chunk.items.length : index, 0, entry);
        touched(chunk);
    }

    // MARK: pages

    async function loadMore() {
        if (loading || stopped) return false;
        loading = true;
        const first = !chunks.length;
        const timer = setTimeout(() => { if (first) replace(holder, skeleton(12, "skeleton-row")); }, 120);
        holder.setAttribute("aria-busy", "true");
        try {
            const { data, meta } = await api.get(path, { ...questionOf(filters), limit: PAGE, cursor }, { whole: true, signal: controller.signal });
            await categories;
            clearTimeout(timer);
            if (stopped) return false;
            cursor = meta.nextCursor ?? null;
            if (first && !data.length) return await nothing();
            if (first) full();
            append(data);
            drawHead();
            if (first) showCount();
            replace(foot, cursor ? h("button", { type: "button", onclick: loadMore }, "Load more") : all().length > PAGE && h("span.muted", "That is all."));
            if (cursor) end.observe(foot);
            else end.disconnect();
            return true;
        } catch (error) {
            clearTimeout(timer);
            if (stopped || error.kind === "aborted" || error.kind === "unauthenticated") return false;
            end.disconnect();
            // A filter the server refuses (an amount, a date) is shown in its own words.
            replace(first ? holder : foot, banner(error, { retry: loadMore, note: error.fields?.map((each) => each.message).join(" ") }));
            return false;
        } finally {
            loading = false;
            if (!stopped) holder.removeAttribute("aria-busy");
            // A page may end above the fold; an observer tells only of changes.
            if (cursor && !stopped && foot.isConnected && foot.getBoundingClientRect().top < innerHeight + NEAR) setTimeout(loadMore);
        }
    }

    /// Counting many entries costs the server something, so the list does not wait for it.
    async function showCount() {
        const signal = controller.signal;
        if (!cursor) on.count(all().length, similar);
        try {
            if (cursor) {
                const { meta } = await api.get(path, { ...questionOf(filters), page: 1, limit: 1 }, { whole: true, signal });
                if (!stopped && meta.total !== undefined) on.count(Number(meta.total));
            }
            if (!isFiltered(filters) || trash || similar || !all().length) return on.sums(null);
            const { sort, order, ...question } = questionOf(filters);
            const { byType } = await api.get(`${path}/stats`, question, { signal });
            if (!stopped) on.sums(Object.fromEntries((byType ?? []).map((each) => [each.type, each.total])));
        } catch { /* the numbers are a courtesy */ }
    }

    async function nothing() {
        const found = filters.q && !trash ? await likely() : [];
        if (stopped) return false;
        similar = found.length > 0;
        if (similar) {
            replace(lead, h("p.list-note", icon("search"), `Nothing says “${filters.q}” exactly. This is similar:`));
            full();
            append(found);
            drawHead();
            showCount();
            return true;
        }
        on.count(0);
        on.sums(null);
        bare();
        return false;
    }
    async function likely() {
        try { return (await api.get(`${path}/search`, { ...questionOf(filters), limit: 50 }, { signal: controller.signal })) ?? []; } catch { return []; }
    }
    function bare() {
        replace(holder, emptiness());
        holder.classList.add("bare");
        on.empty(!isFiltered(filters));
    }
    function full() {
        replace(holder, lead, table, foot);
        holder.classList.remove("bare");
        on.empty(false);
    }
    function emptiness() {
        if (trash) return emptyState({ symbol: "trash", title: "Nothing deleted", text: "What you delete can be restored from here.", actions: [h("a.button", { href: "/entries" }, "All entries")] });
        if (isFiltered(filters)) return emptyState({ symbol: "search", title: "Nothing matches", text: "No entry fits this search and these filters.", actions: [h("button", { type: "button", onclick: on.clear }, "Clear the filters")] });
        return emptyState({
            symbol: "entries", title: "No entries yet", text: "Bring in a statement from your bank, or write down what you spent today.",
            actions: waysToBegin("/import"),
        });
    }

    // MARK: the row in front

    function activate(id) {
        const before = activeID && rowOf(activeID);
        if (before) before.tabIndex = -1;
        activeID = id;
        const row = id && rowOf(id);
        if (row) row.tabIndex = 0;
    }
    function focus(id) {
        const chunk = chunkOf(id);
        if (!chunk) return;
        if (!chunk.drawn) draw(chunk);
        activate(id);
        const row = rowOf(id);
        row.focus({ preventScroll: true });
        row.scrollIntoView({ block: "nearest" });
    }
    function move(step, { extend = false } = {}) {
        const entries = all();
        if (!entries.length) return;
        const at = entries.findIndex((each) => each.id === activeID);
        const next = hasFocus() ? Math.max(0, Math.min(entries.length - 1, at + step)) : Math.max(at, 0);
        focus(entries[next].id);
        if (extend) selection.extend(entries[next], entries);
        if (next > entries.length - 10 && cursor) loadMore();
    }
    const hasFocus = () => table.contains(document.activeElement) && document.activeElement.closest("tbody") !== null;

    table.addEventListener("focusin", (event) => { const id = event.target.closest("tbody tr")?.dataset.id; if (id) activate(id); });
    for (const name of ["pointerover", "focusin"]) {
        table.addEventListener(name, (event) => {
            const row = event.target.closest("tbody tr");
            const entry = row && !row.querySelector(".c-act > *") && entryOf(row.dataset.id);
            if (entry) offerActions(row, entry, trash);
        });
    }
    table.addEventListener("click", (event) => {
        const row = event.target.closest("tbody tr");
        if (!row || row.hasAttribute("data-editing")) return;
        const entry = entryOf(row.dataset.id);
        if (!entry) return;
        if (event.target.closest(".c-mark")) {
            // The label sends its press on to its box; one of the two counts.
            if (event.target.tagName === "INPUT") { on.press("select", row, entry, event); row.focus({ preventScroll: true }); }
            return;
        }
        const what = event.target.closest("[data-do]")?.dataset.do;
        if (what) return on.press(what, row, entry, event);
        if (String(getSelection()) !== "") return;
        const field = event.target.closest("[data-edit]")?.dataset.edit;
        on.press(field && !trash && matchMedia("(min-width: 761px) and (not (pointer: coarse))").matches ? `edit-${field}` : "details", row, entry, event);
    });
    head.box.addEventListener("change", () => { if (head.box.checked) selection.add(all()); else selection.clear(); });

    function changed(kind, entry) {
        if (kind === "deleted") return showCount();
        if (kind === (trash ? "restored" : "removed")) {
            const entries = all();
            const at = entries.findIndex((each) => each.id === entry.id);
            const focused = hasFocus() && activeID === entry.id;
            const next = entries[at + 1] ?? entries[at - 1];
            const place = take(entry.id);
            if (place) away.set(entry.id, place);
            selection.remove([entry.id]);
            if (focused && next) focus(next.id);
            return showCount();
        }
        if (kind === "restored") {
            put(entry, away.get(entry.id));
            if (chunkOf(entry.id)) focus(entry.id);
            return showCount();
        }
        const chunk = chunkOf(entry.id);
        if (!chunk) return;
        const index = chunk.items.findIndex((each) => each.id === entry.id);
        const moved = filters.sort === "date" && chunk.items[index].transactionDate !== entry.transactionDate;
        chunk.items[index] = entry;
        flat = null;
        if (moved) { take(entry.id); put(entry); } else redrawRow(entry);
        const row = rowOf(entry.id);
        if (!row) return;
        row.classList.add("touched");
        setTimeout(() => row.classList.remove("touched"), 1200);
        activate(entry.id);
        if (!document.querySelector("dialog[open]")) row.focus({ preventScroll: !moved });
    }

    loadMore();
    return {
        stop() { stopped = true; controller.abort(); watcher.disconnect(); end.disconnect(); },
        move, focus, changed, rowOf, hasFocus, all, choosable, redrawRow, loadMore, showCount,
        get focused() { return hasFocus() ? entryOf(activeID) : null; },
        focusActive: () => activeID && focus(activeID),
        get hasMore() { return cursor !== null; },
        drawSelection() {
            for (const row of table.querySelectorAll("tbody tr")) {
                const on = selection.has(row.dataset.id);
                row.toggleAttribute("data-selected", on);
                const box = row.querySelector(".select-mark input");
                if (box) box.checked = on;
            }
            drawHead();
            table.toggleAttribute("data-selecting", selection.size > 0);
        },
    };
}

function heading(filters, sort) {
    const box = h("input", { type: "checkbox" });
    const mark = h("label.select-mark", box, h("span.tick"));
    const column = (key, text, className) => {
        const on = filters.sort === key;
        return h("th", { role: "columnheader", scope: "col", class: className, "aria-sort": on ? (filters.order === "asc" ? "ascending" : "descending") : undefined },
            h("button.sort", { type: "button", onclick: () => sort(key) }, text, icon(on && filters.order === "asc" ? "up" : "down", on ? "icon on" : "icon")));
    };
    const element = h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
        h("th.c-mark", { role: "columnheader", scope: "col" }, mark),
        column("date", "Date", "c-date"), column("merchant", "Merchant", "c-who"), h("th.c-cat", { role: "columnheader", scope: "col" }, "Category"),
        column("amount", "Amount", "c-amount"), h("th.c-act", { role: "columnheader", scope: "col" }, h("span.visually-hidden", "Actions"))));
    const show = (selected, choosable, shown) => {
        box.checked = selected > 0 && selected >= choosable;
        box.indeterminate = selected > 0 && selected < choosable;
        box.disabled = shown > 0 && choosable === 0;
        const words = box.disabled ? "None of these is yours to change" : choosable < shown ? "Select all shown that you may change" : "Select all entries shown";
        box.setAttribute("aria-label", words);
        mark.title = choosable < shown ? words : "";
    };
    show(0, 0, 0);
    return { element, box, show };
}
