// One entry as a row: what is written where, and how it is called.

import { dayLong, dayRelative } from "./dates.js";
import { categoryMark, h, icon, replace, safeColor } from "./dom.js";
import { formatMoney } from "./money.js";
import { categoryOf, mayEdit, whyNotEdit } from "./state.js";

export const nameOf = (entry) => entry.merchantName || entry.description || (entry.type === "income" ? "Income" : "Expense");

export function amountText(entry) {
    return entry.type === "income" ? `+${formatMoney(entry.amount, entry.currency)}` : formatMoney(entry.amount, entry.currency);
}

export function rowFor(entry, context) {
    const element = h("tr", { role: "row", tabIndex: -1, data: { id: entry.id } });
    fillRow(element, entry, context);
    return element;
}

/// context: {now, repeated, selected, trash, position}. What a press does is decided by the list, by data-do.
export function fillRow(element, entry, { now, repeated, selected, trash, position }) {
    const category = categoryOf(entry);
    const name = nameOf(entry);
    const second = [entry.merchantName ? entry.description : null, entry.notes].filter(Boolean).join(" · ");
    const day = dayRelative(entry.transactionDate, now);
    const reason = whyNotEdit(entry);
    Object.assign(element.dataset, { day: entry.transactionDate, type: entry.type, status: entry.status });
    element.toggleAttribute("data-repeat", repeated);
    element.toggleAttribute("data-selected", selected);
    element.setAttribute("aria-rowindex", String(position + 2));
    replace(element,
        h("td.c-mark", { role: "cell" }, h("label.select-mark", { title: reason ?? undefined }, h("input", { type: "checkbox", tabIndex: -1, checked: selected, disabled: Boolean(reason), "aria-label": reason ? `${name} cannot be selected. ${reason}` : `Select ${name}` }), categoryMark(category, entry.type), h("span.tick"))),
        h("td.c-date", { role: "cell" }, h("time", { datetime: entry.transactionDate, title: dayLong(entry.transactionDate), data: { edit: "date" } }, day)),
        h("td.c-who", { role: "cell" },
            h("span.who", h("span.name-line", h("bdi.name", { title: name, data: { edit: "merchant" } }, name),
                entry.status !== "completed" && h("span.status", { data: { status: entry.status } }, entry.status)),
                h("span.sub", h("span.sub-narrow", `${day}${category ? ` · ${category.name}` : ""}`), second && h("bdi.sub-text", { title: second }, second),
                    (entry.tags ?? []).map((tag) => h("span.tag", tag))))),
        h("td.c-cat", { role: "cell" }, h("button.category", { type: "button", tabIndex: -1, css: { "--mark": safeColor(category?.color) }, "data-none": category ? undefined : "", "aria-label": `Category: ${category?.name ?? "none"}. Change`, data: { do: "category" }, disabled: trash || Boolean(reason) }, category?.name ?? (reason ? "Not sorted yet" : "Add category"))),
        h("td.c-amount", { role: "cell", data: { type: entry.type } }, h("span", { data: { edit: "amount" } }, amountText(entry))),
        h("td.c-act", { role: "cell" }));
}

/// The buttons of a row come when it is pointed at or focused: most rows never are.
export function offerActions(element, entry, trash) {
    const cell = element.querySelector(".c-act");
    if (!cell || cell.firstChild || element.hasAttribute("data-editing")) return;
    if (!mayEdit(entry)) return;
    const name = nameOf(entry);
    const button = (what, label, symbol, keys) => h("button.icon-button.small", { type: "button", tabIndex: -1, "aria-label": `${label} ${name}`, title: `${label} (${keys})`, data: { do: what } }, icon(symbol));
    cell.append(...(trash ? [button("restore", "Restore", "restore", "u")] : [button("details", "Edit", "edit", "e"), button("delete", "Delete", "trash", "#")]));
}
