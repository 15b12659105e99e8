// Which entries are chosen, and the bar that does something with all of them.

import { api } from "./api.js";
import { announce, h, icon, plural, replace } from "./dom.js";
import { suggestions } from "./complete.js";
import { changeMany, deleteMany, restoreMany } from "./entries-store.js";
import { NONE, pathFor, questionOf, STATUSES } from "./entry-filters.js";
import { nameOf } from "./entry-row.js";
import { addAmounts, formatMoney } from "./money.js";
import { banner, confirm, describe, openDialog, toast } from "./overlays.js";
import { pickCategory, openPicker } from "./picker.js";
import { departmentsWithinReach, loadDepartments, mayChange, mayEdit, state } from "./state.js";

const MOST = 10_000;

/// Holds only what the role lets one change: the server would refuse the rest one by one.
export function makeSelection(changed) {
    const chosen = new Map();
    let anchor = null;
    const self = {
        get size() { return chosen.size; },
        get entries() { return [...chosen.values()]; },
        has: (id) => chosen.has(id),
        toggle(entry) {
            if (!mayEdit(entry)) return;
            if (!chosen.delete(entry.id)) chosen.set(entry.id, entry);
            anchor = entry.id;
            changed();
        },
        add(entries) { for (const each of entries) if (mayEdit(each)) chosen.set(each.id, each); changed(); },
        remove(ids) { let any = false; for (const id of ids) any = chosen.delete(id) || any; if (any) changed(); },
        clear() { if (chosen.size) { chosen.clear(); changed(); } anchor = null; },
        /// From where the selection began to here.
        extend(entry, entries, from = null) {
            anchor ??= from ?? entry.id;
            const ends = [anchor, entry.id].map((id) => entries.findIndex((each) => each.id === id));
            if (ends.includes(-1)) anchor = entry.id;
            const [first, last] = ends.includes(-1) ? [ends[1], ends[1]] : ends.sort((left, right) => left - right);
            self.add(entries.slice(first, last + 1));
        },
    };
    return self;
}

/// The bar at the lower edge. `list()` is the list in front, `reload()` draws it anew.
export function bulkBar({ selection, filters, list, reload }) {
    const words = h("span.bulk-words", { "aria-live": "polite" });
    const trash = Boolean(filters.deleted);
    const action = (text, symbol, body, properties = {}) => h("button", { type: "button", onclick: (event) => body(event.currentTarget), ...properties }, icon(symbol), h("span", text));
    const menu = { "aria-haspopup": "dialog", "aria-expanded": "false" };
    const actions = !mayChange("entry:edit-own") ? [] : trash ? [action("Restore", "restore", restore)] : [
        action("Category", "categories", chooseCategory, menu), action("Tags", "tag", chooseTags, menu), action("Status", "check", chooseStatus, menu),
        state.book.kind === "organization" && state.book.scope !== "own" && action("Department", "business", chooseDepartment, menu),
        action("Delete", "trash", remove, { class: "danger-text", title: "Delete (#)" })];
    const everything = h("button.link", { type: "button", onclick: selectAll }, "Select all that match");
    const element = h("div.bulk-bar", { role: "toolbar", "aria-label": "Selected entries", hidden: true },
        h("div.bulk-what", h("button.icon-button.small", { type: "button", "aria-label": "Clear the selection", title: "Clear (Esc)", onclick: () => selection.clear() }, icon("close")), words, everything),
        h("div.bulk-actions", actions));

    function draw() {
        element.hidden = selection.size === 0;
        if (!selection.size) return;
        const sums = new Map();
        for (const each of selection.entries) sums.set(each.currency, addAmounts(sums.get(each.currency) ?? "0", each.type === "income" ? each.amount : `-${each.amount}`));
        replace(words, h("strong", `${new Intl.NumberFormat().format(selection.size)} selected`), h("span.muted", [...sums].map(([currency, sum]) => formatMoney(sum, currency, "always")).join(" · ")));
        everything.hidden = !list()?.hasMore || selection.size < list().choosable().length;
    }

    async function work(run, done) {
        const ids = selection.entries.map((each) => each.id);
        const buttons = [...element.querySelectorAll(".bulk-actions button")];
        for (const each of buttons) each.disabled = true;
        element.setAttribute("aria-busy", "true");
        const progress = (count, of) => { if (of > 500) replace(words, h("strong", `${new Intl.NumberFormat().format(count)} of ${new Intl.NumberFormat().format(of)}`)); };
        try {
            const results = await run(ids, progress);
            report(results, done);
            return results;
        } catch (error) {
            if (error.kind !== "unauthenticated") toast(`Not done. ${describe(error).text}`, { tone: "bad", seconds: 8 });
            reload();
            return null;
        } finally {
            for (const each of buttons) each.disabled = false;
            element.removeAttribute("aria-busy");
            draw();
        }
    }

    /// What was done, and for whatever was not, why.
    function report({ done, failed }, verb) {
        if (!failed.length) return verb && toast(`${plural(done.length, "entry", "entries")} ${verb}.`);
        const entries = new Map(selection.entries.map((each) => [each.id, each]));
        const item = ({ id, message }) => { const entry = entries.get(id); return h("li", h("span.bulk-name", entry ? nameOf(entry) : id, " ", entry && h("span.muted", formatMoney(entry.amount, entry.currency))), h("span.muted", message)); };
        const { close } = openDialog({
            title: `${plural(failed.length, "entry was", "entries were")} left as before`, className: "results",
            body: h("div.dialog-body", done.length ? h("p.muted", `${plural(done.length, "entry", "entries")} ${verb ?? "done"}. The others:`) : null, h("ul.result-list", failed.slice(0, 200).map(item))),
            actions: [h("button.primary", { type: "button", onclick: () => close() }, "All right")],
        });
    }

    async function change(changes, local, category) {
        const entries = selection.entries;
        const before = new Map(entries.map((each) => [each.id, each]));
        const results = await work((ids, progress) => changeMany(entries, changes, { category, progress }), "changed");
        if (!results) return;
        // After "Select all that match" the list has objects of its own.
        const listed = new Map(list().all().map((each) => [each.id, each]));
        for (const id of results.done) {
            const chosen = before.get(id);
            const shown = listed.get(id) ?? chosen;
            const known = shown.version > chosen.version ? shown : chosen;
            // One step on, as on the server. If somebody else made another, the next edit here is refused as stale.
            list().redrawRow(Object.assign(shown, known, local(known), { version: known.version + 1 }));
        }
        if (results.failed.length) { selection.clear(); selection.add(results.failed.map(({ id }) => before.get(id))); } else selection.clear();
        list().focusActive();
    }
    function chooseCategory(anchor) {
        const types = new Set(selection.entries.map((each) => each.type));
        pickCategory(anchor, { type: types.size === 1 ? [...types][0] : null, onpick: (categoryId) => {
            const category = state.categories.find((each) => each.id === categoryId);
            change({ categoryId }, () => ({ categoryId, categoryName: category?.name, categorySlug: category?.slug }), category);
        } });
    }
    async function chooseTags(anchor) {
        const known = await suggestions("tag", "", 200).catch(() => []);
        const present = [...new Set(selection.entries.flatMap((each) => each.tags ?? []))];
        const add = (tag) => change({ addTags: [tag] }, (entry) => ({ tags: [...new Set([...(entry.tags ?? []), tag])] }));
        const drop = (tag) => change({ removeTags: [tag] }, (entry) => ({ tags: (entry.tags ?? []).filter((each) => each !== tag) }));
        const everywhere = (tag) => selection.entries.every((each) => each.tags?.includes(tag));
        openPicker(anchor, {
            label: "Tags", value: "", placeholder: "A tag, old or new",
            options: [...new Set([...present, ...known.map((each) => each.value)])].flatMap((tag) => [!everywhere(tag) && { value: `+${tag}`, text: tag, mark: icon("plus"), hint: "add" }, present.includes(tag) && { value: `-${tag}`, text: tag, mark: icon("close"), hint: "take off" }].filter(Boolean)),
            more: (text) => (known.some((each) => each.value === text) ? null : { text: `Add “${text}”`, pick: () => add(text.slice(0, 50)) }),
            onpick: (value) => (value.startsWith("+") ? add : drop)(value.slice(1)),
        });
    }
    function chooseStatus(anchor) {
        openPicker(anchor, { label: "Status", value: "", options: STATUSES.map(([value, text]) => ({ value, text })), onpick: (status) => change({ status }, () => ({ status })) });
    }
    /// To take an entry out of every department is for those who see the whole book.
    async function chooseDepartment(anchor) {
        let departments;
        try { departments = departmentsWithinReach(await loadDepartments()); } catch (error) { return void toast(describe(error).text, { tone: "bad" }); }
        const present = new Set(selection.entries.map((each) => each.departmentId ?? NONE));
        openPicker(anchor, {
            label: "Department", value: present.size === 1 ? [...present][0] : "",
            options: [state.book.scope === "all" && { value: NONE, text: "None" }, ...departments.map((each) => ({ value: each.id, text: each.name, depth: each.depth - departments[0].depth }))].filter(Boolean),
            onpick: (value) => { const departmentId = value === NONE ? null : value; change({ departmentId }, () => ({ departmentId })); },
        });
    }
    async function remove() {
        const entries = selection.entries;
        if (entries.length > 100 && !(await confirm({ title: `Delete ${plural(entries.length, "entry", "entries")}?`, text: "They can be restored from the deleted entries.", verb: "Delete", danger: true }))) return;
        const results = await work((ids, progress) => deleteMany(entries, { progress, onundone: reload }), null);
        if (results?.done.length) { selection.clear(); reload(); }
    }
    async function restore() {
        const results = await work((ids, progress) => restoreMany(ids, progress), "restored");
        if (results?.done.length) { selection.clear(); reload(); }
    }
    async function selectAll() {
        everything.disabled = true;
        try {
            let cursor = null;
            let seen = 0;
            do {
                const { data, meta } = await api.get(pathFor(filters), { ...questionOf(filters), limit: 100, cursor }, { whole: true });
                selection.add(data);
                seen += data.length;
                cursor = meta.nextCursor ?? null;
            } while (cursor && seen < MOST);
            const number = new Intl.NumberFormat().format(seen);
            if (cursor) toast(selection.size < seen ? `What you may change among the first ${number} is selected; more goes at another time.` : `The first ${number} are selected; more go at another time.`);
            announce(`${selection.size} selected.`);
            everything.hidden = true;
        } catch (error) { replace(words, banner(error)); } finally { everything.disabled = false; }
    }

    return { element, draw, remove, restore, chooseCategory: () => chooseCategory(element.querySelector(".bulk-actions button")) };
}
