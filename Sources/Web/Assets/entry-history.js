// What happened to an entry, newest first. Fetched when it is asked for.

import { api } from "./api.js";
import { dayMedium, instant } from "./dates.js";
import { h, icon, replace } from "./dom.js";
import { pathOf } from "./entries-store.js";
import { formatMoney } from "./money.js";
import { load, skeleton } from "./overlays.js";
import { state } from "./state.js";

const ACTIONS = { created: "Added", imported: "Imported", updated: "Changed", deleted: "Deleted", restored: "Restored", duplicated: "Duplicated", categorised: "Sorted", ruled: "Changed by a rule" };
const FIELDS = { merchantName: "Merchant", transactionDate: "Date", categoryId: "Category", category: "Category", paymentMethod: "Paid by", paymentMethodId: "Paid by", department: "Department", amount: "Amount", description: "Description", notes: "Notes", status: "Status", tags: "Tags", location: "Place", currency: "Currency", type: "Type" };

export function historyOf(entry) {
    const body = h("div.history");
    let asked = false;
    const details = h("details.more", h("summary", icon("chevron"), "History"), body);
    details.addEventListener("toggle", () => {
        if (!details.open || asked) return;
        asked = true;
        load(body, {
            placeholder: () => skeleton(3), fetch: () => api.get(`${pathOf(entry)}/${entry.id}`), isCurrent: () => body.isConnected,
            show: (fresh) => replace(body, list(fresh, entry)),
        });
    });
    return details;
}

function list({ history = [], createdAt, source }, entry) {
    if (!history.length) return h("p.muted", `${source === "import" ? "Imported" : "Added"} on ${instant(createdAt)}.`);
    return h("ol.history-list", history.map((each) => h("li",
        h("p", h("strong", ACTIONS[each.action] ?? each.action), h("span.muted", ` ${instant(each.at)}${each.by?.name ? ` · ${each.by.name}` : ""}`)),
        each.changes?.length ? h("ul", each.changes.filter(({ field }) => field !== "version").map((change) => h("li", h("span.muted", `${FIELDS[change.field] ?? change.field}: `), value(change.field, change.from, entry), h("span.muted", " → "), value(change.field, change.to, entry)))) : null)));
}

function value(field, raw, entry) {
    if (raw === null || raw === undefined || raw === "" || (Array.isArray(raw) && !raw.length)) return h("span.muted", "nothing");
    if (field === "amount") return formatMoney(String(raw), entry.currency);
    if (field === "transactionDate") return dayMedium(raw);
    if (field === "categoryId") return state.categories.find((each) => each.id === raw)?.name ?? "another category";
    if (Array.isArray(raw)) return raw.join(", ");
    if (typeof raw === "object") return raw.name ?? [raw.latitude, raw.longitude].filter((each) => each != null).join(", ");
    return h("bdi", String(raw));
}
