// The screen of entries: it joins the filters, the list, what is selected, and the keys.

import { navigate } from "./app.js";
import { announce, h, icon, plural, replace } from "./dom.js";
import { openEditor } from "./editor.js";
import { filterBar } from "./entry-filter-bar.js";
import { addressOf, firstOrder, pathFor, questionOf, readFilters } from "./entry-filters.js";
import { editInPlace } from "./entry-inline.js";
import { startList } from "./entry-list.js";
import { bulkBar, makeSelection } from "./entry-selection.js";
import { changeEntry, deleteEntry, fetchEntry, onEntriesChange, restoreEntry, undoLast } from "./entries-store.js";
import { formatMoney } from "./money.js";
import { describe, toast } from "./overlays.js";
import { pickCategory } from "./picker.js";
import { LINE, openMenu } from "./popover.js";
import { ruleFromEntry } from "./rule-form.js";
import { showHelp } from "./shortcuts.js";
import { download } from "./streams.js";
import { loadCategories, mayChange, mayEdit, scopeWords, state, whyNotEdit } from "./state.js";

const wide = () => matchMedia("(min-width: 761px)").matches;

export function show(main, query) {
    const filters = readFilters(query);
    const trash = () => Boolean(filters.deleted);
    // Whose role lets them only look sees no way to change anything.
    const edits = mayChange("entry:edit-own");
    const count = h("span.count", { "aria-live": "polite" });
    const sums = h("span.sums");
    const holder = h("div.list-holder");
    const title = h("h1", { tabindex: "-1" }, trash() ? "Deleted entries" : "Entries");
    const selection = makeSelection(() => { list?.drawSelection(); bulk.draw(); main.toggleAttribute("data-selecting", selection.size > 0); });
    const bulk = bulkBar({ selection, filters, list: () => list, reload: begin });
    const bar = filterBar(filters, apply);
    let list = null;
    let editing = null;
    // Without them the rows lack colours; that is no reason to show none.
    const categories = loadCategories().catch(() => []);

    replace(main,
        h("header.screen-head", title, count, sums, h("div.screen-actions",
            trash() ? h("a.button", { href: "/entries" }, icon("entries"), "All entries") : mayChange("import:run") && h("a.button", { href: "/import" }, icon("import"), "Import"),
            h("button.icon-button.bordered", { type: "button", "aria-label": "More", "aria-haspopup": "menu", "aria-expanded": "false", onclick: (event) => more(event.currentTarget) }, icon("more")))),
        scopeWords() && h("p.muted.small.scope-note", scopeWords()), bar.element, holder, bulk.element);

    function begin() {
        list?.stop();
        selection.clear();
        list = startList(holder, filters, selection, categories, {
            count: (number, similar) => { count.textContent = similar ? `${new Intl.NumberFormat().format(number)} similar` : plural(number, "entry", "entries"); },
            sums(each) {
                const money = (text) => formatMoney(text, state.book.currency);
                replace(sums, each?.expense && h("span", h("span.muted", "spent "), money(each.expense)), each?.income && h("span", h("span.muted", "received "), h("span", { data: { type: "income" } }, money(each.income))));
            },
            empty: (whole) => { bar.element.hidden = whole; if (whole) count.textContent = ""; },
            clear: () => bar.reset(),
            press,
            sort(key) {
                if (filters.sort === key) filters.order = filters.order === "asc" ? "desc" : "asc";
                else Object.assign(filters, { sort: key, order: firstOrder(key) });
                apply();
                announce(`Sorted by ${key}, ${filters.order === "asc" ? "ascending" : "descending"}.`);
            },
        });
    }
    function apply() {
        const address = addressOf(filters);
        // Leaving the deleted ones is going to another screen.
        if (trash() !== (title.textContent !== "Entries")) return navigate(address, { replace: true });
        history.replaceState(null, "", address);
        begin();
    }

    // MARK: what can be done with one

    function press(what, row, entry, event) {
        if (what === "select") return event.shiftKey ? selection.extend(entry, list.all()) : choose(entry);
        if (!mayEdit(entry) && what !== "details") return what.startsWith("edit-") ? openEditor(entry) : undefined;
        if (what === "delete") return deleteEntry(entry);
        if (what === "restore") return restoreEntry(entry);
        if (what === "category") return recategorise(row, entry);
        if (what === "details" && selection.size && !wide()) return choose(entry); // a thumb that is selecting goes on selecting
        if (what === "details") return openEditor(entry);
        if (what.startsWith("edit-")) return edit(entry, what.slice(5));
    }
    function choose(entry) {
        const reason = whyNotEdit(entry);
        if (reason) toast(reason);
        else selection.toggle(entry);
    }
    function edit(entry, field = "merchant") {
        const row = list.rowOf(entry.id);
        if (trash() || !row || !mayEdit(entry)) return openEditor(entry);
        if (!wide()) return openEditor(entry);
        editing?.cancel();
        const self = editInPlace(row, entry, {
            field, refreshed: (fresh) => list.changed("changed", fresh),
            ended(saved) { if (editing === self) editing = null; if (!saved) list.redrawRow(entry); list.rowOf(entry.id)?.focus({ preventScroll: true }); },
        });
        editing = self;
    }
    function recategorise(row, entry) {
        const anchor = row.querySelector(".category");
        if (!wide() || !anchor || !mayEdit(entry)) return openEditor(entry, { focus: "category" });
        pickCategory(anchor, {
            type: entry.type, value: entry.categoryId ?? "", none: entry.categoryId ? undefined : "Not sorted yet", onclose: () => row.isConnected && row.focus({ preventScroll: true }),
            async onpick(categoryId) {
                if ((entry.categoryId ?? "") === categoryId) return;
                try {
                    const changed = await changeEntry(entry, { categoryId: categoryId || null });
                    offerRule(changed, categoryId);
                } catch (error) {
                    if (error.kind === "stale") {
                        toast("This entry was changed elsewhere. It now shows its present state.");
                        try { list.changed("changed", await fetchEntry(entry)); } catch { /* the list is reloaded sooner or later */ }
                    } else if (error.kind !== "unauthenticated") toast(`Not changed. ${describe(error).text}`, { tone: "bad" });
                }
            },
        });
    }
    /// Someone who sorts one entry of a merchant often means all of them.
    function offerRule(entry, categoryId) {
        const category = state.categories.find((each) => each.id === categoryId);
        if (!category || !entry.merchantName || !mayChange("rule:manage")) return announce("Category changed.");
        toast(`${entry.merchantName} is now ${category.name}.`, { action: "Always?", seconds: 6, onaction: () => ruleFromEntry(entry) });
    }
    const single = (body) => () => { const entry = list?.focused; if (!entry) return false; body(entry); return true; };
    const own = (body) => (mayEdit(list?.focused ?? {}) ? single(body)() : false);

    function more(anchor) {
        const keep = (format, name, extra = {}) => async () => {
            try { await download(`${pathFor(filters)}/export`, { ...questionOf(filters), format, ...extra }, name); } catch (error) { if (error.kind !== "unauthenticated") toast(`No file was made. ${describe(error).text}`, { tone: "bad" }); }
        };
        openMenu(anchor, [
            { text: "Export these as CSV", symbol: "file", onpick: keep("csv", "entries.csv", { bom: "true" }) },
            { text: "Export these as JSON lines", symbol: "file", onpick: keep("json", "entries.jsonl") }, LINE,
            { text: "Possible duplicates", symbol: "copy", onpick: () => navigate("/entries/duplicates") },
            trash() ? { text: "All entries", symbol: "entries", onpick: () => navigate("/entries") } : { text: "Deleted entries", symbol: "trash", onpick: () => navigate("/entries?deleted=true") }, LINE,
            edits && { text: "Select all shown", symbol: "check", onpick: () => selection.add(list?.all() ?? []) },
            { text: "Keyboard shortcuts", symbol: "keyboard", hint: "?", onpick: showHelp },
        ], "More");
    }

    categories.then(() => bar.redraw());
    begin();
    const stopListening = onEntriesChange(({ kind, entry }) => {
        if (kind === "created") begin();
        else list?.changed(kind, entry);
    });
    const extend = (step) => () => { if (!list) return false; if (list.focused && !selection.size) selection.toggle(list.focused); list.move(step, { extend: true }); };
    return {
        title: trash() ? "Deleted entries" : "Entries",
        dispose() { list?.stop(); stopListening(); },
        actions: {
            search: () => bar.focusSearch(),
            next: () => list?.move(1), previous: () => list?.move(-1),
            extendNext: extend(1), extendPrevious: extend(-1),
            arrowDown: () => (list?.hasFocus() ? list.move(1) : false), arrowUp: () => (list?.hasFocus() ? list.move(-1) : false),
            edit: single((entry) => edit(entry)), details: single((entry) => openEditor(entry)),
            category: () => { if (!edits) return false; if (selection.size > 1) return bulk.chooseCategory(); return single((entry) => recategorise(list.rowOf(entry.id), entry))(); },
            select: single(choose),
            selectAll: () => (list?.hasFocus() ? selection.add(list.all()) : false),
            delete: () => { if (trash() || !edits) return false; if (selection.size) return bulk.remove(); return own((entry) => deleteEntry(entry)); },
            restore: () => { if (!edits) return false; if (!trash()) return undoLast(); if (selection.size) return bulk.restore(); return own((entry) => restoreEntry(entry)); },
            escape: () => {
                if (selection.size) { selection.clear(); return true; }
                if (document.activeElement === document.body) return false;
                document.activeElement.blur();
                return true;
            },
        },
    };
}
