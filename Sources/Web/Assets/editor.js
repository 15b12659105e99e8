// The panel in which an entry is made or changed.

import { api, newIdempotencyKey } from "./api.js";
import { complete, suggestions } from "./complete.js";
import { addDays } from "./dates.js";
import { append, debounce, h, icon, replace } from "./dom.js";
import { amountProblems } from "./entry-checks.js";
import { historyOf } from "./entry-history.js";
import { changeEntry, createEntry, deleteEntry, duplicateEntry, fetchEntry, restoreEntry } from "./entries-store.js";
import { field, form, input, segmented, select } from "./forms.js";
import { fractionDigits, parseTyped, typedText } from "./money.js";
import { banner, confirm, describe, openDialog, toast } from "./overlays.js";
import { ruleFromEntry } from "./rule-form.js";
import { bookToday, departmentsWithinReach, loadCategories, loadDepartments, may, mayChange, mayEdit, orderedCategories, state, whyNotEdit } from "./state.js";

export async function openEditor(entry = null, { focus = "amount" } = {}) {
    if (!entry && (!may("entry:create") || state.book?.isArchived)) return void toast("Your role in this book does not let you add entries.", { tone: "bad" });
    const body = h("div.editor-body");
    let dirty = false;
    const panel = openDialog({
        title: entry ? `${mayEdit(entry) ? "Edit " : ""}${entry.type}`.replace(/^./, (letter) => letter.toUpperCase()) : "New entry", className: "panel", body,
        mayClose: () => !dirty || confirm({ title: "Discard the changes?", text: "What you typed here has not been saved.", verb: "Discard", back: "Keep editing", danger: true }),
    });
    body.addEventListener("input", () => { dirty = true; });
    const done = () => { dirty = false; panel.close(); };
    let methods = [];
    let departments = [];
    try {
        [, methods, departments] = await Promise.all([loadCategories(), paymentMethods(), loadDepartments()]);
    } catch (error) {
        replace(body, banner(error, { retry: () => { panel.close(); openEditor(entry); } }));
        return;
    }
    draw(body, entry, { methods, departments, done, clean: () => { dirty = false; }, focus });
}

/// For a book with nothing in it, as far as one's role goes.
export const waysToBegin = (importing) => [
    mayChange("import:run") && h("a.button.primary", { href: importing }, icon("import"), "Import a statement"),
    mayChange("entry:create") && h("button", { type: "button", onclick: () => openEditor() }, icon("plus"), "Add an entry"),
].filter(Boolean);

/// As the settings list them; before there are any, the usual ones.
async function paymentMethods() {
    try {
        const listed = await api.get("/payment-methods");
        if (listed.length) return listed;
    } catch { /* the usual ones will do */ }
    return ["Card", "Cash", "Bank transfer", "Direct debit", "Online wallet", "Cheque"].map((name) => ({ name }));
}

/// Every category of a kind, its children under it. An entry may go without one only while it has none.
export function categoryOptions(type, mayBeNone = true) {
    const options = orderedCategories(type).map(({ category, depth }) => [category.id, "\u2003".repeat(depth) + category.name]);
    return mayBeNone ? [["", "Not sorted yet"], ...options] : options;
}

function draw(body, entry, { methods: listed, departments, done, clean, focus, type = entry?.type ?? "expense", kept = {} }) {
    const currency = entry?.currency ?? state.book.currency;
    const digits = fractionDigits(currency);
    const edits = entry ? mayEdit(entry) : mayChange("entry:create");
    const copies = entry && !entry.deletedAt && mayChange("entry:create");
    const rules = entry && mayChange("rule:manage");
    let intention = {};
    let categoryTouched = Boolean(entry);

    const amount = input({ inputmode: "decimal", placeholder: digits ? `0${typedText(".")}${"0".repeat(digits)}` : "0", value: entry ? typedText(entry.amount) : kept.amount ?? "", class: "amount-input", maxlength: 24, "aria-required": "true" });
    h("div.with-prefix", h("span.prefix", { "aria-hidden": "true" }, currency), amount);
    const merchant = input({ value: entry?.merchantName ?? kept.merchantName ?? "", maxlength: 255 });
    const category = select(categoryOptions(type, !entry?.categoryId), entry?.categoryId ?? "", { onchange: () => { categoryTouched = true; } });
    const date = input({ type: "date", value: entry?.transactionDate ?? kept.transactionDate ?? bookToday(), max: "9999-12-31", "aria-required": "true" });
    const yesterday = addDays(bookToday(), -1);
    const dateRow = h("div.date-row", date, !entry && h("button.small", { type: "button", onclick: () => { date.value = date.value === yesterday ? bookToday() : yesterday; dateRow.lastElementChild.textContent = date.value === yesterday ? "Today" : "Yesterday"; } }, "Yesterday"));

    complete(merchant, {
        label: "Merchants", least: 2, onpick: (item) => { merchant.value = item.text; merchant.dispatchEvent(new Event("input", { bubbles: true })); sortAsBefore(); },
        find: async (text) => (await suggestions("merchant", text)).map((each) => ({ ...each, text: each.value, hint: new Intl.NumberFormat().format(each.count) })),
    });
    // Someone seen before keeps the category of last time, until another is chosen by hand.
    const sortAsBefore = debounce(150, async () => {
        const name = merchant.value.trim();
        if (categoryTouched || !name) return;
        try {
            const [last] = await api.get(type === "income" ? "/incomes" : "/expenses", { merchant: name, limit: 1 });
            if (last?.merchantName === name && merchant.value.trim() === name && !categoryTouched && [...category.options].some((option) => option.value === last.categoryId)) category.value = last.categoryId;
        } catch { /* a convenience */ }
    });
    merchant.addEventListener("change", sortAsBefore);
    const tags = input({ value: (entry?.tags ?? []).join(", "), maxlength: 300 });
    completeTags(tags);

    const place = entry?.location;
    const details = Boolean(entry?.description || entry?.notes || entry?.tags?.length || entry?.paymentMethod || place || (entry && entry.status !== "completed"));
    const names = listed.map((each) => each.name);
    const methods = entry?.paymentMethod && !names.includes(entry.paymentMethod) ? [entry.paymentMethod, ...names] : names;
    const usual = entry ? entry.paymentMethod ?? "" : listed.find((each) => each.isDefault)?.name ?? "";

    const read = (values) => ({
        amount: parseTyped(values.amount), currency, merchantName: values.merchantName.trim() || null, categoryId: values.categoryId || null,
        transactionDate: values.transactionDate, description: values.description.trim() || null, notes: values.notes.trim() || null,
        status: values.status, paymentMethod: values.paymentMethod || null,
        tags: splitTags(values.tags), ...readPlace(values, place),
        ...(values.departmentId !== undefined && values.departmentId !== (entry?.departmentId ?? null) && { departmentId: values.departmentId || null }),
    });

    const element = form({
        className: "stack",
        aliases: { merchant: "merchantName", category: "categoryId", date: "transactionDate", location: "place", "location.name": "place", "location.latitude": "position", "location.longitude": "position" },
        note: (error) => (error.isTransient ? "Nothing was saved. What you typed is still here." : undefined),
        checks: (values) => [
            ...amountProblems(values.amount, currency, digits),
            ...(values.transactionDate ? [] : [{ field: "transactionDate", message: "Choose a date." }]),
            ...placeProblems(values),
        ],
        send: async (values, submitter) => {
            if (entry) {
                try {
                    await changeEntry(entry, read(values));
                } catch (error) {
                    if (error.kind === "stale") return showStale();
                    throw error;
                }
                toast("Saved.");
                return done();
            }
            // Trying the same again carries the same key; something else is another intention.
            const wanted = read(values);
            if (intention.text !== JSON.stringify(wanted)) intention = { text: JSON.stringify(wanted), key: newIdempotencyKey() };
            const created = await createEntry(type, wanted, intention.key);
            toast(`Added ${created.merchantName || (type === "income" ? "income" : "expense")}.`);
            if (submitter?.value !== "again") return done();
            clean();
            draw(body, null, { methods: listed, departments, done, clean, focus: "amount", type, kept: { transactionDate: values.transactionDate } });
        },
        children: [
            entry && !edits && h("p.muted", whyNotEdit(entry)),
            !entry && segmented({
                name: "type", label: "Kind of entry", value: type, options: [["expense", "Expense"], ["income", "Income"]],
                onchange: (value) => draw(body, null, { methods: listed, departments, done, clean, focus: "type", type: value, kept: { amount: amount.value, merchantName: merchant.value, transactionDate: date.value } }),
            }),
            field({ name: "amount", label: "Amount", control: amount }),
            field({ name: "merchantName", label: type === "income" ? "From" : "Merchant", control: merchant }),
            field({ name: "categoryId", label: "Category", control: category }),
            field({ name: "transactionDate", label: "Date", control: date }),
            departmentField(entry, departments),
            h("details.more", { open: details }, h("summary", icon("chevron"), "More"),
                h("div.stack",
                    field({ name: "description", label: "Description", control: input({ value: entry?.description ?? "", maxlength: 500 }) }),
                    field({ name: "notes", label: "Notes", control: h("textarea", { rows: 2, maxlength: 2000, value: entry?.notes ?? "" }) }),
                    field({ name: "tags", label: "Tags", hint: "Separated by commas.", control: tags }),
                    h("div.field-row",
                        field({ name: "paymentMethod", label: "Paid by", control: select([["", "–"], ...methods.map((each) => [each, each])], usual) }),
                        field({ name: "status", label: "Status", control: select([["completed", "Completed"], ["pending", "Pending"], ["cancelled", "Cancelled"]], entry?.status ?? "completed") })),
                    h("div.field-row",
                        field({ name: "place", label: "Place", control: input({ value: place?.name ?? "", maxlength: 200 }) }),
                        field({ name: "position", label: "Position", control: input({ value: place?.latitude != null ? `${place.latitude}, ${place.longitude}` : "", maxlength: 60, placeholder: "52.52, 13.405", inputmode: "text" }) })))),
            edits && h("div.form-actions",
                h("button.primary", { type: "submit", value: "save" }, "Save"),
                !entry && h("button", { type: "submit", value: "again" }, "Save and add another"),
                entry && !entry.deletedAt && h("button.quiet.danger-text", { type: "button", onclick: () => { done(); deleteEntry(entry); } }, icon("trash"), "Delete"),
                entry?.deletedAt && h("button", { type: "button", onclick: () => { done(); restoreEntry(entry); } }, icon("restore"), "Restore")),
            // A copy is one's own, whoever has recorded the first.
            (copies || rules) && h("div.side-actions",
                copies && h("button.quiet.small", { type: "button", onclick: copy }, icon("copy"), "Duplicate"),
                rules && h("button.quiet.small", { type: "button", onclick: () => { done(); ruleFromEntry(entry); } }, icon("rules"), "Make a rule from this")),
            entry && historyOf(entry),
        ],
    });
    element.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); element.requestSubmit(element.querySelector("button[value=save]")); }
    });
    replace(body, element);
    if (!edits) {
        for (const control of element.querySelectorAll("input, select, textarea")) control.disabled = true;
        return;
    }
    const target = focus === "type" ? element.querySelector("[name=type]:checked") : focus === "category" ? category : amount;
    // On a phone the keyboard would cover what one came to look at.
    if (entry && target === amount && matchMedia("(max-width: 760px)").matches) return;
    target?.focus();
    if (target === amount) amount.select();

    async function copy() {
        try {
            const made = await duplicateEntry(entry, { transactionDate: bookToday() });
            done();
            toast("Duplicated, with today’s date.", { action: "Edit", onaction: () => openEditor(made) });
        } catch (error) {
            if (error.kind !== "unauthenticated") toast(`Not duplicated. ${describe(error).text}`, { tone: "bad" });
        }
    }

    function showStale() {
        const notice = h("div.banner", { role: "alert", data: { tone: "warn" } }, icon("alert"),
            h("div.banner-text", "This entry was changed elsewhere after you opened it. Your changes are not saved."),
            h("button.small", {
                type: "button", onclick: async () => {
                    try {
                        const fresh = await fetchEntry(entry);
                        clean();
                        draw(body, fresh, { methods: listed, departments, done, clean, focus });
                    } catch (error) { append(replace(element.querySelector(".form-banner")), [banner(error)]); }
                },
            }, "Load the present version"));
        replace(element.querySelector(".form-banner"), notice);
        notice.querySelector("button").focus();
    }
}

/// In an organisation. A department that is out of the member's reach is shown, and stays.
function departmentField(entry, departments) {
    const within = departmentsWithinReach(departments);
    const present = departments.find((each) => each.id === entry?.departmentId);
    const offered = present && !within.includes(present) ? [present, ...within] : within;
    if (!offered.length) return null;
    const mayBeNone = state.book.scope === "all" || !present;
    const options = offered.map((each) => [each.id, "\u2003".repeat(state.book.scope === "all" ? each.depth : 0) + each.name]);
    const value = entry ? entry.departmentId ?? "" : state.book.departmentId ?? "";
    return field({ name: "departmentId", label: "Department", control: select(mayBeNone ? [["", "None"], ...options] : options, value) });
}

// MARK: tags and places

const splitTags = (text) => [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];

/// Completes the tag that is being typed, the last one in the field.
function completeTags(control) {
    const parts = () => control.value.split(",");
    complete(control, {
        label: "Tags",
        find: async () => {
            const typed = parts().at(-1).trim();
            const present = splitTags(parts().slice(0, -1).join(","));
            return typed ? (await suggestions("tag", typed)).filter((each) => !present.includes(each.value)).map((each) => ({ ...each, text: each.value, mark: icon("tag") })) : [];
        },
        onpick: (item) => { control.value = [...parts().slice(0, -1).map((each) => each.trim()), item.text].join(", ") + ", "; control.focus(); },
    });
}

const POSITION = /^\s*(-?\d{1,2}(?:\.\d{1,8})?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d{1,8})?)\s*$/;

/// Only what changed is sent: a place that nobody touched stays as it is.
function readPlace({ place, position }, before) {
    const name = place.trim() || null;
    const at = POSITION.exec(position);
    const unchanged = name === (before?.name ?? null) && position.trim() === (before?.latitude != null ? `${before.latitude}, ${before.longitude}` : "");
    if (unchanged) return {};
    return { location: name || at ? { name, latitude: at?.[1] ?? null, longitude: at?.[2] ?? null } : null };
}

function placeProblems({ position }) {
    return position.trim() && !POSITION.test(position) ? [{ field: "position", message: "Write latitude and longitude, such as 52.52, 13.405." }] : [];
}
