// Changing an entry where it stands: the row becomes four fields. Enter keeps, Escape forgets, Tab goes on.

import { complete, suggestions } from "./complete.js";
import { announce, categoryMark, h, icon } from "./dom.js";
import { amountProblems } from "./entry-checks.js";
import { changeEntry, fetchEntry } from "./entries-store.js";
import { fractionDigits, parseTyped, typedText } from "./money.js";
import { describe, toast } from "./overlays.js";
import { pickCategory } from "./picker.js";
import { state } from "./state.js";

/// ended(saved) is called once, when the row is to be drawn again.
export function editInPlace(row, entry, { field = "merchant", ended, refreshed }) {
    let categoryId = entry.categoryId ?? "";
    let busy = false;
    let over = false;
    let picking = false;
    const date = h("input", { type: "date", value: entry.transactionDate, max: "9999-12-31", "aria-label": "Date" });
    const merchant = h("input", { value: entry.merchantName ?? "", maxlength: 255, "aria-label": entry.type === "income" ? "From" : "Merchant" });
    const amount = h("input.amount-field", { inputmode: "decimal", autocomplete: "off", value: typedText(entry.amount), maxlength: 24, "aria-label": `Amount in ${entry.currency}` });
    const category = h("button.cell-category", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => choose("") });
    const problem = h("span.cell-problem", { role: "alert" });
    const completion = complete(merchant, { label: "Merchants", least: 2, find: async (text) => (await suggestions("merchant", text)).map((each) => ({ ...each, text: each.value })), onpick: (item) => { merchant.value = item.text; } });
    const cells = { date: row.querySelector(".c-date"), merchant: row.querySelector(".c-who"), category: row.querySelector(".c-cat"), amount: row.querySelector(".c-amount") };
    const controls = { date, merchant, category, amount };

    function label() {
        const chosen = state.categories.find((each) => each.id === categoryId);
        category.replaceChildren(categoryMark(chosen), h("bdi", chosen?.name ?? "No category"), icon("chevron-down"));
        category.setAttribute("aria-label", `Category: ${chosen?.name ?? "none"}`);
    }
    function choose(typed) {
        picking = true;
        pickCategory(category, { type: entry.type, value: categoryId, none: entry.categoryId ? undefined : "No category", typed, onpick: (value) => { categoryId = value; label(); }, onclose: () => { picking = false; } });
    }
    const values = () => ({ transactionDate: date.value, merchantName: merchant.value.trim() || null, categoryId: categoryId || null, amount: parseTyped(amount.value) });
    function isChanged() {
        const now = values();
        return now.transactionDate !== entry.transactionDate || now.merchantName !== (entry.merchantName || null) || now.categoryId !== (entry.categoryId || null) || now.amount !== parseTyped(typedText(entry.amount));
    }
    function refuse(control, text) {
        control.setAttribute("aria-invalid", "true");
        problem.textContent = text;
        control.closest("td").append(problem);
        control.focus();
    }
    function end(saved) {
        if (over) return;
        over = true;
        completion.hide();
        row.removeEventListener("focusout", left);
        row.removeAttribute("data-editing");
        ended(saved);
    }
    async function save() {
        if (busy || over) return;
        if (!isChanged()) return end(false);
        const wrong = amountProblems(amount.value, entry.currency, fractionDigits(entry.currency))[0];
        if (wrong) return refuse(amount, wrong.message);
        if (!date.value) return refuse(date, "Choose a date.");
        busy = true;
        row.setAttribute("aria-busy", "true");
        try {
            await changeEntry(entry, values());
            announce("Saved.");
            end(true);
        } catch (error) {
            if (error.kind === "unauthenticated") return end(false);
            if (error.kind === "stale") {
                toast("This entry was changed elsewhere meanwhile. It now shows its present state.");
                try { refreshed(await fetchEntry(entry)); } catch { /* the next reload shows it */ }
                return end(false);
            }
            const first = error.fields?.[0];
            const names = { transactionDate: date, merchantName: merchant, categoryId: category, amount };
            refuse(names[first?.field] ?? merchant, first?.message ?? describe(error).text);
        } finally {
            busy = false;
            row.removeAttribute("aria-busy");
        }
    }
    function left(event) {
        // Going elsewhere keeps what was changed, as a cell of a spreadsheet does.
        if (row.contains(event.relatedTarget) || picking || busy) return;
        setTimeout(() => { if (!over && !picking && !row.contains(document.activeElement) && document.hasFocus()) save(); });
    }

    for (const [name, control] of Object.entries(controls)) {
        cells[name].replaceChildren(control);
        control.addEventListener("input", () => { control.removeAttribute("aria-invalid"); problem.remove(); });
        control.addEventListener("keydown", (event) => {
            if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); end(false); }
            if (event.key === "Enter" && (control !== category || event.ctrlKey || event.metaKey)) { event.preventDefault(); event.stopPropagation(); save(); }
        });
    }
    category.addEventListener("keydown", (event) => { if (event.key === "ArrowDown" || (event.key.length === 1 && /\p{L}/u.test(event.key) && !event.ctrlKey && !event.metaKey)) { event.preventDefault(); choose(event.key.length === 1 ? event.key : ""); } });
    row.querySelector(".c-act").replaceChildren(
        h("button.icon-button.small", { type: "button", "aria-label": "Keep the changes", title: "Keep (Enter)", onclick: save }, icon("check")),
        h("button.icon-button.small", { type: "button", "aria-label": "Forget the changes", title: "Forget (Esc)", onclick: () => end(false) }, icon("close")));
    label();
    row.setAttribute("data-editing", "");
    row.addEventListener("focusout", left);
    const target = controls[field] ?? merchant;
    target.focus();
    if (target.select && target.type !== "date") target.select();
    return { save, cancel: () => end(false) };
}
