// Entries that look as if they were there twice: keep both, or delete one.

import { api } from "./api.js";
import { dayLong } from "./dates.js";
import { announce, h, icon, plural, replace } from "./dom.js";
import { openEditor } from "./editor.js";
import { deleteEntry, onEntriesChange } from "./entries-store.js";
import { amountText, nameOf } from "./entry-row.js";
import { describe, emptyState, load, skeleton, toast } from "./overlays.js";
import { categoryOf, loadCategories, mayEdit } from "./state.js";

export function show(main) {
    const count = h("span.count", { "aria-live": "polite" });
    const body = h("div.twins");
    let alive = true;
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Possible duplicates"), count, h("div.screen-actions", h("a.button", { href: "/entries" }, icon("entries"), "All entries"))),
        h("p.lead", "The same merchant and amount within a day. Two coffees are no mistake, so nothing happens until you say so."), body);

    const refresh = () => load(body, {
        placeholder: () => skeleton(6, "skeleton-row"), isCurrent: () => alive,
        fetch: async () => {
            const [groups] = await Promise.all([Promise.all(["/expenses", "/incomes"].map((path) => api.get(`${path}/duplicates`))), loadCategories()]);
            return groups.flat().map((each) => each.entries ?? each).filter((each) => each.length > 1);
        },
        show(groups) {
            count.textContent = groups.length ? plural(groups.length, "pair") : "";
            replace(body, groups.length ? groups.map(group) : emptyState({ symbol: "check", title: "Nothing is there twice", text: "When an entry you write down also arrives with a statement, it is shown here.", actions: [h("a.button", { href: "/entries" }, "All entries")] }));
        },
    });

    function group(entries) {
        const element = h("section.panel-box.twin", { "aria-label": `${nameOf(entries[0])}, ${amountText(entries[0])}` },
            h("header", h("h2", h("bdi", nameOf(entries[0])), " ", h("span.muted", amountText(entries[0]))), entries.every(mayEdit) && h("button.small", { type: "button", onclick: () => keepAll(entries, element) }, icon("check"), entries.length > 2 ? "Keep all" : "Keep both")),
            h("div.twin-row", entries.map(one)));
        return element;
    }
    function one(entry) {
        const facts = [["Date", dayLong(entry.transactionDate)], ["Category", categoryOf(entry)?.name], ["Description", entry.description], ["Notes", entry.notes], ["Paid by", entry.paymentMethod], ["Came", entry.source === "import" ? "with a statement" : "by hand"]];
        return h("div.twin-entry", h("dl.facts", facts.filter(([, value]) => value).map(([term, value]) => h("div", h("dt", term), h("dd", h("bdi", value))))),
            h("div.form-actions", mayEdit(entry) && h("button.small.danger-text", { type: "button", "aria-label": `Delete the one of ${dayLong(entry.transactionDate)}`, onclick: () => deleteEntry(entry) }, icon("trash"), "Delete this one"),
                h("button.quiet.small", { type: "button", onclick: () => openEditor(entry) }, "Details")));
    }
    async function keepAll(entries, element) {
        try {
            for (const entry of entries) await api.post(`/entries/${entry.id}/not-duplicate`);
            element.remove();
            announce("Kept.");
            if (!body.children.length) refresh();
            else count.textContent = plural(body.children.length, "pair");
        } catch (error) {
            if (error.kind !== "unauthenticated") toast(`Not kept. ${describe(error).text}`, { tone: "bad" });
        }
    }

    refresh();
    const stopListening = onEntriesChange(({ kind }) => { if (kind !== "removed") refresh(); });
    return { title: "Possible duplicates", dispose() { alive = false; stopListening(); } };
}
