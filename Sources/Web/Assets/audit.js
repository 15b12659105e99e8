// The audit log: who did what to which record, with the old and the new values, and the place of each in the chain.

import { api } from "./api.js";
import { instant } from "./dates.js";
import { debounce, h, icon, replace } from "./dom.js";
import { field, input, select } from "./forms.js";
import { formatMoney } from "./money.js";
import { banner, emptyState, load, openDialog, skeleton } from "./overlays.js";
import { loadCategories, state } from "./state.js";

const FIELDS = { amount_minor: "amount", occurred_on: "date", category_id: "category", payment_method_id: "paid by" };
const NAMES = { ...FIELDS, invitedBy: "invited by", fiscalYearStart: "first month of the year", timeZone: "time zone", weekStart: "first day of the week", expiresAt: "valid until" };
const MODULES = [["", "All"], ["members", "Members"], ["books", "Books"], ["accounts", "Accounts"], ["keys", "Keys"], ["expenses", "Expenses"], ["incomes", "Income"], ["categories", "Categories"], ["rules", "Rules"], ["imports", "Imports"]];

export function show(main, query) {
    const body = h("div");
    const more = h("div.list-more");
    const wanted = { module: query.get("module") ?? "", action: query.get("action") ?? "", from: query.get("from") ?? "", to: query.get("to") ?? "", scope: query.get("scope") ?? "" };
    let rows = [];
    let cursor = null;
    let alive = true;
    let asked = 0;

    const later = debounce(250, refresh);
    const control = (name, element) => { element.addEventListener(element.tagName === "SELECT" || element.type === "date" ? "change" : "input", () => { wanted[name] = element.value.trim(); remember(); later(); }); return element; };
    replace(main,
        h("header.screen-head", h("h1", { tabindex: "-1" }, "Audit log")),
        h("p.lead", "Who changed what, and what it was before. It is only ever added to; each row is sealed with the one before it."),
        h("div.audit-filters",
            field({ name: "module", label: "About", control: control("module", select(MODULES, wanted.module)) }),
            field({ name: "action", label: "Action", control: control("action", input({ value: wanted.action, placeholder: "MEMBER_ADDED", maxlength: 40, spellcheck: "false" })) }),
            field({ name: "from", label: "From", control: control("from", input({ type: "date", value: wanted.from })) }),
            field({ name: "to", label: "To", control: control("to", input({ type: "date", value: wanted.to })) }),
            state.user.role === "admin" && field({ name: "scope", label: "Of", control: control("scope", select([["", "this book"], ["server", "the server"]], wanted.scope)) })),
        body, more);

    function remember() {
        const pairs = Object.entries(wanted).filter(([, value]) => value);
        history.replaceState(null, "", pairs.length ? `/audit?${new URLSearchParams(pairs)}` : "/audit");
    }
    const question = (extra) => ({ ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value)), action: wanted.action.toUpperCase() || undefined, limit: 50, ...extra });

    function refresh() {
        asked += 1;
        const mine = asked;
        replace(more);
        load(body, {
            placeholder: () => skeleton(8, "skeleton-row"), isCurrent: () => alive && mine === asked,
            // Without the categories their names are missing; that is no reason to show nothing.
            fetch: async () => (await Promise.all([api.get("/audit-logs", question(), { whole: true }), loadCategories().catch(() => [])]))[0],
            show({ data, meta }) {
                rows = data ?? [];
                cursor = meta.nextCursor ?? null;
                draw();
            },
        });
    }

    function draw() {
        const isFiltered = Object.values(wanted).some(Boolean);
        if (!rows.length) {
            return replace(body, emptyState({ symbol: "audit", title: isFiltered ? "Nothing fits" : "Nothing yet", text: isFiltered ? "No record fits these filters." : "Changes to entries, members, settings and keys are written here from now on." }));
        }
        replace(body, h("div.audit-table-holder", { tabindex: "0", role: "region", "aria-label": "Audit log" }, h("table.audit-table",
            h("thead", h("tr", h("th", { scope: "col" }, "When"), h("th", { scope: "col" }, "Who"), h("th", { scope: "col" }, "Action"), h("th", { scope: "col" }, "What changed"), h("th", { scope: "col" }, h("span.visually-hidden", "Seal")))),
            h("tbody", rows.map(line)))));
        replace(more, cursor && h("button", { type: "button", onclick: showMore }, "Show more"));
    }

    async function showMore(press) {
        press.currentTarget.disabled = true;
        try {
            const { data, meta } = await api.get("/audit-logs", question({ cursor }), { whole: true });
            if (!alive) return;
            rows = [...rows, ...data];
            cursor = meta.nextCursor ?? null;
            draw();
        } catch (error) { if (alive) replace(more, banner(error, { retry: () => showMore(press) })); }
    }

    refresh();
    return { title: "Audit log", dispose() { alive = false; later.cancel(); } };
}

export const actionWords = (action) => action.charAt(0) + action.slice(1).toLowerCase().replaceAll("_", " ");

function line(record) {
    return h("tr",
        h("td.audit-when", h("time", { datetime: record.at }, instant(record.at))),
        h("td", h("bdi", who(record))),
        h("td", h("button.link", { type: "button", onclick: () => details(record) }, actionWords(record.action)), h("span.muted.small.audit-module", record.moduleName)),
        h("td", changes(record, 3)),
        h("td", record.number ? h("span.seal", { title: `Sealed as number ${record.number}` }, icon("check"), h("span.visually-hidden", `Sealed as number ${record.number}`)) : h("span.muted.small", { title: "It is sealed within a few seconds." }, "…")));
}

const who = (record) => record.service ?? record.performedByName ?? { operator: "Operator", system: "Purser" }[record.actorKind] ?? "Somebody";

function changes(record, limit = Infinity) {
    const fields = record.changedFields ?? [];
    if (!fields.length) return h("span.muted", "–");
    return h("ul.audit-changes", fields.slice(0, limit).map((name) => h("li", h("span.muted", `${NAMES[name] ?? name}: `), record.oldValues && [value(record.oldValues[name], name, record), h("span.muted", " → ")], value(record.newValues?.[name], name, record))), fields.length > limit && h("li.muted", `and ${fields.length - limit} more`));
}

function value(raw, name, record) {
    if (raw === null || raw === undefined || raw === "") return h("span.muted", "nothing");
    if (name === "amount_minor") return minorUnits(raw, record.newValues?.currency ?? record.oldValues?.currency ?? state.book?.currency);
    if (name === "category_id") return state.categories.find((each) => each.id === raw)?.name ?? "another category";
    return h("bdi", typeof raw === "object" ? JSON.stringify(raw) : String(raw));
}

/// An amount in the smallest unit of its currency, as money.
function minorUnits(raw, currency) {
    try {
        const digits = new Intl.NumberFormat(undefined, { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
        const text = String(raw).padStart(digits + 1, "0");
        return formatMoney(digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text, currency);
    } catch { return String(raw); }
}

function details(record) {
    const pair = (name, content) => content != null && content !== "" && [h("dt", name), h("dd", content)];
    openDialog({
        title: actionWords(record.action), className: "question audit-details",
        body: h("div.dialog-body", h("dl.audit-list",
            pair("When", instant(record.at, { dateStyle: "full", timeStyle: "medium" })), pair("Who", who(record)), pair("As", record.performedByRole), pair("By", { key: "an API key", service: "a service", operator: "the command line", system: "the server itself" }[record.actorKind]),
            pair("Record", [record.moduleName, record.recordCode ?? record.recordId].filter(Boolean).join(" · ")), pair("Changed", changes(record)), pair("Reason", record.reason),
            pair("From", record.address), pair("With", record.userAgent), pair("Request", record.requestId && h("code", record.requestId)),
            pair("Seal", record.number ? [`number ${record.number}, `, h("code.hash", record.hash)] : "not yet; within a few seconds"))),
    });
}
