// The panel in which a rule is made or changed: when … then …, and what that would do to what is there.

import { api } from "./api.js";
import { append, h, icon, plural, replace } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { parseTyped, typedText } from "./money.js";
import { banner, confirm, describe, openDialog, toast } from "./overlays.js";
import { categoryField } from "./category-field.js";
import { FIELDS, opsFor } from "./rule-words.js";
import { exactly, LONGEST_TEXT, putBack, toTheTop } from "./rules-store.js";
import { loadCategories } from "./state.js";

export async function ruleFromEntry(entry) {
    const name = entry.merchantName || entry.description || "";
    await openRule({
        name, conditions: { match: "all", items: [exactly(entry.merchantName ? "merchant" : "description", name)] },
        actions: { categoryId: entry.categoryId ?? undefined, addTags: entry.tags?.length ? entry.tags : undefined },
    }, { first: true });
}

/// `rule` with an id is changed, one without is a proposal, put before the others with `first`. onsaved() after every change.
export async function openRule(rule = {}, { onsaved, first = false } = {}) {
    const body = h("div.editor-body");
    let dirty = false;
    const panel = openDialog({
        title: rule.id ? "Edit rule" : "New rule", className: "panel wide-panel", body,
        mayClose: () => !dirty || confirm({ title: "Discard the changes?", text: "This rule has not been saved.", verb: "Discard", back: "Keep editing", danger: true }),
    });
    body.addEventListener("input", () => { dirty = true; });
    try { await loadCategories(); } catch (error) { return void replace(body, banner(error)); }
    const clean = () => { dirty = false; };
    draw(body, rule, { clean, close: () => { clean(); panel.close(); }, onsaved, first });
}

function draw(body, rule, { clean, close, onsaved, first }) {
    const conditions = (rule.conditions?.items?.length ? rule.conditions.items : [{ field: "merchant", op: "contains", value: "" }]).map((each) => conditionRow(each, () => tidy()));
    const list = h("div.condition-list", conditions.map((each) => each.element));
    const match = select([["all", "all of these hold"], ["any", "any of these holds"]], rule.conditions?.match ?? "all", { "aria-label": "When" });
    const actions = rule.actions ?? {};
    const category = categoryField({ value: actions.categoryId ?? "", none: "Leave as it is" });
    const splits = (actions.split ?? []).map((each) => splitRow(each));
    const splitList = h("div.condition-list", splits.map((each) => each.element));
    const name = input({ value: rule.name ?? "", maxlength: 100, placeholder: "Found by itself when left empty" });
    const problem = h("p.field-error", { hidden: true, role: "alert" });

    function tidy() {
        for (const [index, each] of [...conditions].entries()) if (each.gone) conditions.splice(index, 1);
        match.hidden = conditions.length < 2;
    }
    const more = h("button.quiet.small", { type: "button", onclick: () => { const row = conditionRow({ field: "text", op: "contains", value: "" }, tidy); conditions.push(row); list.append(row.element); tidy(); row.focus(); } }, icon("plus"), "Another condition");
    const moreSplit = h("button.quiet.small", { type: "button", onclick: () => { for (const part of splits.length ? [{}] : [{ percent: "50" }, { rest: true }]) { const row = splitRow(part); splits.push(row); splitList.append(row.element); } } }, icon("plus"), "Another part");

    /// The rule as it stands here, or null after having said what is missing.
    function read(values) {
        const refuse = (text, control) => { problem.textContent = text; problem.hidden = false; control?.focus(); return null; };
        problem.hidden = true;
        const items = [];
        for (const each of conditions) {
            const item = each.read();
            if (item.problem) return refuse(item.problem, item.control);
            items.push(item);
        }
        if (!items.length) return refuse("Add at least one condition.", more);
        const split = splits.filter((each) => !each.gone).map((each) => each.read());
        const wrong = split.find((each) => each.problem);
        if (wrong) return refuse(wrong.problem, wrong.control);
        const tags = [...new Set(values.addTags.split(",").map((tag) => tag.trim()).filter(Boolean))];
        const then = Object.fromEntries(Object.entries({
            categoryId: category.value || null, merchantName: values.merchantName.trim() || null, addTags: tags.length ? tags : null,
            notes: values.notes.trim() || null, paymentMethod: values.paymentMethod.trim() || null, split: split.length ? split : null,
        }).filter(([, value]) => value !== null));
        if (!Object.keys(then).length) return refuse("Say what the rule does: choose a category, for example.", category.button);
        return { name: name.value.trim() || suggestedName(items), isEnabled: rule.isEnabled ?? true, conditions: { match: match.value, items }, actions: then };
    }

    const element = form({
        className: "stack rule-form",
        send: async (values) => {
            const wanted = read(values);
            if (!wanted) return;
            const saved = rule.id ? await api.put(`/rules/${rule.id}`, { ...wanted, position: rule.position, version: rule.version }) : await api.post("/rules", wanted);
            if (first && !rule.id) await toTheTop([saved.id]);
            clean();
            onsaved?.();
            document.dispatchEvent(new CustomEvent("ruleschange"));
            await offerToApply(body, saved, close);
        },
        children: [
            h("fieldset.rule-part", h("legend", "When"), match, list, more),
            h("fieldset.rule-part", h("legend", "Then"), h("div.stack",
                h("div.field", h("span.label", "Category"), category.element),
                field({ name: "merchantName", label: "Merchant’s name", control: input({ value: actions.merchantName ?? "", maxlength: 255, placeholder: "Leave as it is" }) }),
                field({ name: "addTags", label: "Add tags", control: input({ value: (actions.addTags ?? []).join(", "), maxlength: 300 }), hint: "Separated by commas." }),
                h("details.more", { open: Boolean(actions.split?.length || actions.notes || actions.paymentMethod) }, h("summary", icon("chevron"), "More"), h("div.stack",
                    field({ name: "paymentMethod", label: "Paid by", control: input({ value: actions.paymentMethod ?? "", maxlength: 50 }) }),
                    field({ name: "notes", label: "Notes", control: input({ value: actions.notes ?? "", maxlength: 2000 }) }),
                    h("div.field", h("span.label", "Split into several categories"), h("p.hint", "Each part becomes an entry of its own; together they are exactly the whole."), splitList, moreSplit))))),
            field({ name: "name", label: "Name", optional: true, control: name }),
            problem,
            h("div.form-actions", h("button.primary", { type: "submit" }, "Save"),
                rule.id && h("button.quiet.danger-text", { type: "button", onclick: remove }, icon("trash"), "Delete")),
        ],
    });
    async function remove() {
        try {
            const order = await api.get("/rules").then((rules) => rules.map((each) => each.id), () => []);
            await api.delete(`/rules/${rule.id}`);
            close();
            document.dispatchEvent(new CustomEvent("ruleschange"));
            toast(`Deleted the rule ${rule.name}.`, { action: "Undo", onaction: async () => {
                const { id, version, position, ...again } = rule;
                try { await putBack((await api.post("/rules", again)).id, rule.id, order); document.dispatchEvent(new CustomEvent("ruleschange")); } catch (error) { toast(`Not restored. ${describe(error).text}`, { tone: "bad" }); }
            } });
        } catch (error) {
            replace(element.querySelector(".form-banner"), banner(error));
        }
    }
    replace(body, element);
    tidy();
    conditions[0].focus();
}

const suggestedName = (items) => String(items.find((each) => typeof each.value === "string" && !["type", "date", "amount"].includes(each.field))?.value ?? FIELDS.find(([each]) => each === items[0].field)?.[1] ?? "Rule").slice(0, 100);

/// After saving: what it fits among the entries that are there, and whether they are to follow.
async function offerToApply(body, saved, close) {
    let found = null;
    try { found = await api.post("/rules/apply", { ids: [saved.id], dryRun: true }); } catch { /* the rule is saved; that is what was asked for */ }
    const changed = Number(found?.changed ?? 0);
    if (!changed) {
        close();
        return toast(found && Number(found.matched) ? `Saved. It fits ${plural(Number(found.matched), "entry", "entries")}, which are as it says already.` : "Saved. It works on what you import from now on.");
    }
    const go = h("button.primary", { type: "button", onclick: apply }, `Change ${plural(changed, "entry", "entries")}`);
    const state = h("div");
    async function apply() {
        go.disabled = true;
        try {
            const done = await api.post("/rules/apply", { ids: [saved.id], dryRun: false });
            close();
            toast(`${plural(Number(done.changed), "entry", "entries")} changed.`);
            document.dispatchEvent(new CustomEvent("entrieschange", { detail: { kind: "created", entry: null } }));
        } catch (error) { go.disabled = false; replace(state, banner(error, { retry: apply })); }
    }
    replace(body, h("div.rule-result", h("div.empty-mark.good", icon("check")), h("h3", "Saved"),
        h("p", `It fits ${plural(Number(found.matched), "entry", "entries")} that are there already, and would change ${new Intl.NumberFormat().format(changed)}. What you import from now on follows it anyway.`),
        state, h("div.form-actions", go, h("button", { type: "button", onclick: close }, "Leave them"))));
    go.focus();
}

// MARK: one condition

function conditionRow(item, removed) {
    const self = { gone: false };
    const what = select(FIELDS, item.field, { "aria-label": "What", onchange: () => shape({ op: opsFor(what.value)[0][0], value: "" }) });
    const rest = h("div.condition-rest");
    let op; let value; let value2;
    function shape({ op: chosen, value: first, value2: second }) {
        op = select(opsFor(what.value), chosen, { "aria-label": "How", onchange: () => shape({ op: op.value, value: value.value, value2: value2?.value }) });
        const control = (text, label) => {
            if (what.value === "type") return select([["expense", "spending"], ["income", "income"]], text, { "aria-label": label });
            const type = what.value === "date" ? { type: "date" } : what.value === "amount" ? { inputmode: "decimal" } : {};
            return h("input", { ...type, value: what.value === "amount" && text ? typedText(text) : text ?? "", "aria-label": label, autocomplete: "off", maxlength: LONGEST_TEXT });
        };
        value = control(first, "Value");
        value2 = op.value === "between" ? control(second, "Upper value") : null;
        replace(rest, op, h("span.range", value, value2 && [h("span.muted", "–"), value2]));
    }
    shape(item);
    self.element = h("div.condition", what, rest, h("button.icon-button.small", { type: "button", "aria-label": "Remove this condition", onclick: () => { self.gone = true; self.element.remove(); removed(); } }, icon("close")));
    self.focus = () => value.focus();
    self.read = () => {
        const one = (control) => (what.value === "amount" ? parseTyped(control.value) : control.value.trim());
        for (const control of [value, value2].filter(Boolean)) if (!one(control)) return { problem: what.value === "amount" ? "Enter an amount such as 12.50." : "Say what to look for.", control };
        return { field: what.value, op: op.value, value: one(value), ...(value2 ? { value2: one(value2) } : {}) };
    };
    return self;
}

function splitRow(part) {
    const self = { gone: false };
    const category = categoryField({ value: part.categoryId ?? "", none: "Choose a category" });
    const kind = select([["percent", "%"], ["amount", "amount"], ["rest", "the rest"]], part.rest ? "rest" : part.amount !== undefined ? "amount" : "percent", { "aria-label": "Share", onchange: () => { value.hidden = kind.value === "rest"; } });
    const value = h("input", { inputmode: "decimal", value: typedText(part.percent ?? part.amount ?? ""), "aria-label": "How much", hidden: Boolean(part.rest), maxlength: 20 });
    self.element = h("div.condition.split", category.element, h("span.range", value, kind), h("button.icon-button.small", { type: "button", "aria-label": "Remove this part", onclick: () => { self.gone = true; self.element.remove(); } }, icon("close")));
    self.read = () => {
        if (!category.value) return { problem: "Choose a category for each part.", control: category.button };
        if (kind.value === "rest") return { categoryId: category.value, rest: true };
        const text = parseTyped(value.value);
        if (!text) return { problem: "Say how much each part is.", control: value };
        // Percentages are numbers, never money.
        return kind.value === "percent" ? { categoryId: category.value, percent: Number(text) } : { categoryId: category.value, amount: text };
    };
    return self;
}
