// The audit log: who did what to which record, with the old and the new values, and the place of each in the chain.

import { api } from "./api.js";
import { instant, dayMedium } from "./dates.js";
import { debounce, h, icon, replace } from "./dom.js";
import { field, input, select } from "./forms.js";
import { KIND } from "./invitation.js";
import { mayReadAudit } from "./live.js";
import { roleName } from "./members.js";
import { formatMoney } from "./money.js";
import { permissionWords } from "./organization.js";
import { banner, emptyState, load, openDialog, skeleton } from "./overlays.js";
import { loadCategories, state } from "./state.js";

const NAMES = {
    amount_minor: "amount", occurred_on: "date", category_id: "category", payment_method_id: "paid by", payment_method: "paid by", department_id: "department", latitude_e7: "latitude", longitude_e7: "longitude",
    invitedBy: "invited by", fiscalYearStart: "year begins on", timeZone: "time zone", expiresAt: "valid until", roleId: "role of the organisation", departmentId: "department",
    firstName: "first name", lastName: "last name", displayName: "name", bio: "about themselves", dateFormat: "how days are written", darkMode: "dark", emailEnabled: "letters", email: "e-mail",
};
const MODULES = [["", "All"], ["members", "Members"], ["books", "Book"], ["departments", "Departments"], ["roles", "Roles"], ["expenses", "Expenses"], ["incomes", "Income"], ["categories", "Categories"], ["rules", "Rules"], ["imports", "Imports"]];
const OF_SERVER = [["", "All"], ["accounts", "Accounts"], ["keys", "Keys"]];
const ENTRIES = ["CREATED", "UPDATED", "DELETED", "RESTORED", "DUPLICATED", "CATEGORISED"];
/// What there is to choose from, by what it is about.
const ACTIONS = {
    members: ["MEMBER_INVITED", "INVITATION_WITHDRAWN", "INVITATION_DECLINED", "MEMBER_ADDED", "MEMBER_ROLE_CHANGED", "MEMBER_REMOVED", "MEMBER_LEFT"],
    books: ["BOOK_OPENED", "BOOK_CHANGED", "BOOK_ARCHIVED", "BOOK_RESTORED", "BOOK_TRANSFERRED"],
    departments: ["DEPARTMENT_CREATED", "DEPARTMENT_CHANGED", "DEPARTMENT_DELETED"], roles: ["ROLE_CREATED", "ROLE_CHANGED", "ROLE_DELETED"],
    expenses: [...ENTRIES, "BULK_IMPORTED"], incomes: ENTRIES, categories: ["CREATED", "UPDATED", "DELETED"], rules: ["APPLIED"], imports: ["UNDONE"],
    accounts: ["SIGNED_IN", "LOGIN_LOCKED", "SESSION_REVOKED", "SESSIONS_REVOKED", "PASSWORD_CHANGED", "PASSWORD_RESET", "EMAIL_VERIFIED", "EMAIL_CHANGE_ASKED", "EMAIL_CHANGED", "MFA_ENABLED", "MFA_DISABLED", "RECOVERY_CODES_RENEWED", "IDENTITY_LINKED", "IDENTITY_UNLINKED", "PROFILE_CHANGED", "PREFERENCES_CHANGED", "AVATAR_CHANGED", "AVATAR_REMOVED", "DATA_EXPORTED", "DELETION_ASKED", "DELETION_CANCELLED", "ACCOUNT_DELETED"],
    keys: ["KEY_CREATED", "KEY_REVOKED"],
};

export function show(main, query) {
    if (!mayReadAudit()) {
        replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Audit log")),
            emptyState({ symbol: "audit", title: "Your role does not let you read this", text: "The audit log is for the owners and administrators of a book. What happens in it is under Activity.", actions: [h("a.button", { href: "/activity" }, "Activity")] }));
        return { title: "Audit log", dispose() {} };
    }
    const body = h("div");
    const more = h("div.list-more");
    const wanted = { module: query.get("module") ?? "", action: query.get("action") ?? "", from: query.get("from") ?? "", to: query.get("to") ?? "", scope: query.get("scope") ?? "" };
    let rows = [];
    let cursor = null;
    let alive = true;
    let asked = 0;

    const later = debounce(250, refresh);
    const control = (name, element) => { element.addEventListener(element.tagName === "SELECT" || element.type === "date" ? "change" : "input", () => {
        wanted[name] = element.value.trim();
        // Another thing to look at has other actions.
        if (name === "scope") Object.assign(wanted, { module: "", action: "" });
        if (name === "module" && !(ACTIONS[wanted.module] ?? [wanted.action]).includes(wanted.action)) wanted.action = "";
        remember();
        later();
    }); return element; };
    replace(main,
        h("header.screen-head", h("h1", { tabindex: "-1" }, "Audit log")),
        h("p.lead", "Who changed what, and what it was before. It is only ever added to; a tick says that a row is sealed with the one before it."),
        h("div.audit-filters",
            state.user.role === "admin" && field({ name: "scope", label: "Of", control: control("scope", select([["", "this book"], ["server", "the server"]], wanted.scope)) }),
            field({ name: "module", label: "About", control: control("module", h("select")) }),
            field({ name: "action", label: "Action", control: control("action", h("select")) }),
            field({ name: "from", label: "From", control: control("from", input({ type: "date", value: wanted.from })) }),
            field({ name: "to", label: "To", control: control("to", input({ type: "date", value: wanted.to })) })),
        body, more);
    for (const name of ["scope", "module"]) main.querySelector(`[name=${name}]`)?.addEventListener("change", offer);
    offer();

    /// What can be chosen of the two depends on what is looked at.
    function offer() {
        const modules = wanted.scope === "server" ? OF_SERVER : MODULES;
        const known = ([each]) => each === wanted.module;
        fill("module", modules.some(known) || !wanted.module ? modules : [...modules, [wanted.module, wanted.module]]);
        const options = (module) => (ACTIONS[module] ?? []).map((each) => [each, actionWords(each)]);
        // Entries and categories share theirs.
        const groups = wanted.module ? options(wanted.module) : modules.slice(1).filter(([module]) => module !== "incomes" && module !== "categories")
            .map(([module, label]) => ({ label: module === "expenses" ? "Expenses, income, categories" : label, options: options(module) }));
        const all = wanted.module ? groups.map(([each]) => each) : groups.flatMap((group) => group.options.map(([each]) => each));
        fill("action", [["", "All"], ...groups, ...(wanted.action && !all.includes(wanted.action) ? [[wanted.action, actionWords(wanted.action)]] : [])]);
    }
    function fill(name, options) {
        const present = main.querySelector(`[name=${name}]`);
        present.replaceChildren(...select(options, wanted[name]).children);
        present.value = wanted[name];
    }

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

/// What the record is of, as it is called: whose role, which department.
const subjectOf = (record) => record.names?.[record.recordId] ?? record.recordCode ?? null;
const moduleWords = (name) => [...MODULES, ...OF_SERVER].find(([each]) => each === name)?.[1] ?? name;

function line(record) {
    const subject = subjectOf(record);
    return h("tr",
        h("td.audit-when", h("time", { datetime: record.at }, instant(record.at))),
        h("td", h("bdi", who(record))),
        h("td", h("button.link", { type: "button", onclick: () => details(record) }, actionWords(record.action)), subject ? h("bdi.audit-subject", subject) : h("span.muted.small.audit-module", moduleWords(record.moduleName))),
        h("td", changes(record, 3)),
        h("td", record.number ? h("span.seal", { title: `Sealed as number ${record.number}` }, icon("check"), h("span.visually-hidden", `Sealed as number ${record.number}`)) : h("span.muted.small", { title: "It is sealed within a few seconds." }, "…")));
}

const who = (record) => record.service ?? record.names?.[record.performedBy] ?? record.performedByName ?? { operator: "Operator", system: "Purser" }[record.actorKind] ?? "Somebody";

const isThere = (raw) => raw !== null && raw !== undefined && raw !== "";

function changes(record, limit = Infinity) {
    // Of what was made, or is gone, there is one value for each.
    const [old, fresh] = [record.oldValues ?? {}, record.newValues ?? {}];
    const isChange = Object.values(old).some(isThere) && Object.values(fresh).some(isThere);
    const fields = (record.changedFields ?? []).filter((name) => isThere(old[name]) || isThere(fresh[name]));
    if (!fields.length) return h("span.muted", "–");
    const one = (name) => (isChange ? [value(old[name], name, record), h("span.muted", " → "), value(fresh[name], name, record)] : value(fresh[name] ?? old[name], name, record));
    return h("ul.audit-changes", fields.slice(0, limit).map((name) => h("li", h("span.muted", `${NAMES[name] ?? name.replaceAll("_", " ")}: `), one(name))), fields.length > limit && h("li.muted", `and ${fields.length - limit} more`));
}

function value(raw, name, record) {
    if (!isThere(raw)) return h("span.muted", "nothing");
    if (name === "amount_minor") return minorUnits(raw, record.newValues?.currency ?? record.oldValues?.currency ?? state.book?.currency);
    if (name === "category_id") return h("bdi", state.categories.find((each) => each.id === raw)?.name ?? "another category");
    if (name === "occurred_on") return dayMedium(raw);
    if (name === "role") return roleName(raw);
    if (name === "kind") return KIND[raw] ?? raw;
    if (name === "permissions") return h("bdi", String(raw).split(" ").map(permissionWords).join(", "));
    if (typeof raw === "boolean") return raw ? "yes" : "no";
    if (typeof raw === "object") return h("bdi", Array.isArray(raw) ? raw.join(", ") : Object.entries(raw).map(([key, each]) => `${key} ${typeof each === "boolean" ? (each ? "yes" : "no") : each}`).join(", "));
    const text = String(raw);
    // Whose id has no name any more is gone.
    return h("bdi", record.names?.[text] ?? (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? "one that is gone" : text));
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
            pair("When", instant(record.at, { dateStyle: "full", timeStyle: "medium" })), pair("Who", who(record)), pair("As", record.performedByRole && roleName(record.performedByRole)), pair("By", { key: "an API key", service: "a service", operator: "the command line", system: "the server itself" }[record.actorKind]),
            pair("Address", record.performedBy && record.names?.[record.performedBy] && record.performedByName !== record.names[record.performedBy] && record.performedByName), pair("Of", subjectOf(record)), pair("Record", [moduleWords(record.moduleName), record.recordId].filter(Boolean).join(" · ")), pair("Changed", changes(record)), pair("Reason", record.reason),
            pair("From", record.address), pair("With", record.userAgent), pair("Request", record.requestId && h("code", record.requestId)),
            pair("Seal", record.number ? [`number ${record.number}, `, h("code.hash", record.hash)] : "not yet; within a few seconds"))),
    });
}
