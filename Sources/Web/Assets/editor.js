// The panel in which an entry is made or changed.

import { api, newIdempotencyKey } from "./api.js";
import { addDays } from "./dates.js";
import { append, debounce, h, icon, replace } from "./dom.js";
import { changeEntry, createEntry, deleteEntry, fetchEntry } from "./entries-store.js";
import { field, form, input, segmented, select } from "./forms.js";
import { fractionDigits, parseTyped, typedText } from "./money.js";
import { banner, confirm, openDialog, toast } from "./overlays.js";
import { bookToday, loadCategories, state } from "./state.js";

const METHODS = ["Card", "Cash", "Bank transfer", "Direct debit", "Online wallet", "Cheque"];

export async function openEditor(entry = null, { focus = "amount" } = {}) {
    const body = h("div.editor-body");
    let dirty = false;
    const panel = openDialog({
        title: entry ? `Edit ${entry.type}` : "New entry", className: "panel", body,
        mayClose: () => !dirty || confirm({ title: "Discard the changes?", text: "What you typed here has not been saved.", verb: "Discard", back: "Keep editing", danger: true }),
    });
    body.addEventListener("input", () => { dirty = true; });
    const done = () => { dirty = false; panel.close(); };
    try {
        await loadCategories();
    } catch (error) {
        replace(body, banner(error, { retry: () => { panel.close(); openEditor(entry); } }));
        return;
    }
    draw(body, entry, { done, clean: () => { dirty = false; }, focus });
}

/// Every category of a kind, its children under it. An entry may go without one only while it has none.
export function categoryOptions(type, mayBeNone = true) {
    const mine = state.categories.filter((each) => Boolean(each.isIncome) === (type === "income"))
        .sort((left, right) => (left.sortOrder ?? 0) - (right.sortOrder ?? 0));
    const name = (each) => (each.parentCategoryId ? `\u2003${each.name}` : each.name);
    const ordered = mine.filter((each) => !each.parentCategoryId || !mine.some((other) => other.id === each.parentCategoryId))
        .flatMap((each) => [each, ...mine.filter((child) => child.parentCategoryId === each.id)]);
    const options = ordered.map((each) => [each.id, name(each)]);
    return mayBeNone ? [["", "Not sorted yet"], ...options] : options;
}

function draw(body, entry, { done, clean, focus, type = entry?.type ?? "expense", kept = {} }) {
    const currency = entry?.currency ?? state.book.currency;
    const digits = fractionDigits(currency);
    let intention = {};
    let categoryTouched = Boolean(entry);

    const amount = input({ inputmode: "decimal", placeholder: digits ? `0${typedText(".")}${"0".repeat(digits)}` : "0", value: entry ? typedText(entry.amount) : kept.amount ?? "", class: "amount-input", maxlength: 24, "aria-required": "true" });
    h("div.with-prefix", h("span.prefix", { "aria-hidden": "true" }, currency), amount);
    const list = h("datalist", { id: "merchants" });
    const merchant = input({ value: entry?.merchantName ?? kept.merchantName ?? "", list: "merchants", maxlength: 255 });
    const category = select(categoryOptions(type, !entry?.categoryId), entry?.categoryId ?? "", { onchange: () => { categoryTouched = true; } });
    const date = input({ type: "date", value: entry?.transactionDate ?? kept.transactionDate ?? bookToday(), max: "9999-12-31", "aria-required": "true" });
    const yesterday = addDays(bookToday(), -1);
    const dateRow = h("div.date-row", date, !entry && h("button.small", { type: "button", onclick: () => { date.value = date.value === yesterday ? bookToday() : yesterday; dateRow.lastElementChild.textContent = date.value === yesterday ? "Today" : "Yesterday"; } }, "Yesterday"));

    const known = new Map();
    const suggest = debounce(200, async () => {
        const typed = merchant.value.trim();
        if (typed.length < 2 || known.has(typed)) return;
        try {
            const found = await api.get(type === "income" ? "/incomes" : "/expenses", { q: typed, limit: 20 });
            for (const each of found) if (each.merchantName && !known.has(each.merchantName)) known.set(each.merchantName, each.categoryId);
            replace(list, [...known.keys()].slice(0, 30).map((value) => h("option", { value })));
        } catch { /* suggestions are a convenience */ }
    });
    merchant.addEventListener("input", () => {
        // Someone seen before keeps the category of last time, until another is chosen by hand.
        const past = known.get(merchant.value);
        if (past && !categoryTouched && [...category.options].some((option) => option.value === past)) category.value = past;
        suggest();
    });

    const details = Boolean(entry?.description || entry?.notes || entry?.tags?.length || entry?.paymentMethod || (entry && entry.status !== "completed"));
    const methods = entry?.paymentMethod && !METHODS.includes(entry.paymentMethod) ? [entry.paymentMethod, ...METHODS] : METHODS;

    const read = (values) => ({
        amount: parseTyped(values.amount), currency, merchantName: values.merchantName.trim() || null, categoryId: values.categoryId || null,
        transactionDate: values.transactionDate, description: values.description.trim() || null, notes: values.notes.trim() || null,
        status: values.status, paymentMethod: values.paymentMethod || null,
        tags: [...new Set(values.tags.split(",").map((tag) => tag.trim()).filter(Boolean))],
    });

    const element = form({
        className: "stack",
        aliases: { merchant: "merchantName", category: "categoryId", date: "transactionDate" },
        note: (error) => (error.isTransient ? "Nothing was saved. What you typed is still here." : undefined),
        checks: (values) => [
            ...amountProblems(values.amount, currency, digits),
            ...(values.transactionDate ? [] : [{ field: "transactionDate", message: "Choose a date." }]),
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
            draw(body, null, { done, clean, focus: "amount", type, kept: { transactionDate: values.transactionDate } });
        },
        children: [
            !entry && segmented({
                name: "type", label: "Kind of entry", value: type, options: [["expense", "Expense"], ["income", "Income"]],
                onchange: (value) => draw(body, null, { done, clean, focus: "type", type: value, kept: { amount: amount.value, merchantName: merchant.value, transactionDate: date.value } }),
            }),
            field({ name: "amount", label: "Amount", control: amount }),
            field({ name: "merchantName", label: type === "income" ? "From" : "Merchant", control: merchant }),
            list,
            field({ name: "categoryId", label: "Category", control: category }),
            field({ name: "transactionDate", label: "Date", control: date }),
            h("details.more", { open: details }, h("summary", icon("chevron"), "More"),
                h("div.stack",
                    field({ name: "description", label: "Description", control: input({ value: entry?.description ?? "", maxlength: 500 }) }),
                    field({ name: "notes", label: "Notes", control: h("textarea", { rows: 2, maxlength: 2000, value: entry?.notes ?? "" }) }),
                    field({ name: "tags", label: "Tags", hint: "Separated by commas.", control: input({ value: (entry?.tags ?? []).join(", "), maxlength: 300 }) }),
                    h("div.field-row",
                        field({ name: "paymentMethod", label: "Paid by", control: select([["", "–"], ...methods.map((each) => [each, each])], entry?.paymentMethod ?? "") }),
                        field({ name: "status", label: "Status", control: select([["completed", "Completed"], ["pending", "Pending"], ["cancelled", "Cancelled"]], entry?.status ?? "completed") })))),
            h("div.form-actions",
                h("button.primary", { type: "submit", value: "save" }, "Save"),
                !entry && h("button", { type: "submit", value: "again" }, "Save and add another"),
                entry && h("button.quiet.danger-text", { type: "button", onclick: () => { done(); deleteEntry(entry); } }, icon("trash"), "Delete")),
        ],
    });
    element.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); element.requestSubmit(element.querySelector("button[value=save]")); }
    });
    replace(body, element);
    const target = focus === "type" ? element.querySelector("[name=type]:checked") : focus === "category" ? category : amount;
    target?.focus();
    if (target === amount) amount.select();

    function showStale() {
        const notice = h("div.banner", { role: "alert", data: { tone: "warn" } }, icon("alert"),
            h("div.banner-text", "This entry was changed elsewhere after you opened it. Your changes are not saved."),
            h("button.small", {
                type: "button", onclick: async () => {
                    try {
                        const fresh = await fetchEntry(entry);
                        clean();
                        draw(body, fresh, { done, clean, focus });
                    } catch (error) { append(replace(element.querySelector(".form-banner")), [banner(error)]); }
                },
            }, "Load the present version"));
        replace(element.querySelector(".form-banner"), notice);
        notice.querySelector("button").focus();
    }
}

function amountProblems(typed, currency, digits) {
    const problem = (message) => [{ field: "amount", message }];
    if (!typed.trim()) return problem("Enter an amount.");
    const amount = parseTyped(typed);
    if (amount === null) return problem("Enter an amount such as 12.50.");
    if (/^-/.test(amount) || !/[1-9]/.test(amount)) return problem("Enter an amount above zero.");
    const fraction = amount.split(".")[1]?.replace(/0+$/, "") ?? "";
    if (fraction.length > digits) return problem(digits ? `${currency} has ${digits} decimal places.` : `${currency} has no decimal places.`);
    return [];
}
