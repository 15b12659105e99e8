// The panel in which a category is made, changed, or deleted.

import { api } from "./api.js";
import { announce, categoryMark, DRAWN, h, icon, plural, replace, safeColor, uniqueID } from "./dom.js";
import { categoryField } from "./category-field.js";
import { field, form, input, segmented, select } from "./forms.js";
import { banner, confirm, openDialog, toast } from "./overlays.js";
import { orderedCategories, reloadCategories, state } from "./state.js";

const COLORS = ["#4f6bed", "#2b8ac6", "#1098ad", "#12876f", "#2f9e68", "#5c8a3a", "#b8860b", "#d9822b", "#c0563f", "#d6456b", "#c2559d", "#8f5bd1", "#6a7fdb", "#4d7c8a", "#8a5a44", "#7a7f87"];
const NAMES = ["Indigo", "Blue", "Cyan", "Teal", "Green", "Olive", "Ochre", "Orange", "Rust", "Red", "Magenta", "Purple", "Periwinkle", "Slate", "Brown", "Grey"];
const MOST_DEPTH = 5;

export function openCategory(category, { onsaved, parent } = {}) {
    const body = h("div.editor-body");
    let dirty = false;
    const panel = openDialog({
        title: category.id ? category.name : "New category", className: "panel", body,
        mayClose: () => !dirty || confirm({ title: "Discard the changes?", text: "This category has not been saved.", verb: "Discard", back: "Keep editing", danger: true }),
    });
    body.addEventListener("input", () => { dirty = true; });
    const done = async (text) => {
        dirty = false;
        panel.close();
        await reloadCategories().catch(() => {});
        toast(text);
        onsaved?.();
    };
    if (category.isSystem) drawSystem(body, category, { done, add: () => { dirty = false; panel.close(); openCategory({}, { onsaved, parent: category }); } });
    else draw(body, category, { done, parent });
}

/// Those of the system are the same in every book, so that reports can be compared; they can have children of one’s own.
function drawSystem(body, category, { add }) {
    replace(body, h("div.stack", h("div.system-category", categoryMark(category), h("strong", category.name)),
        h("p.muted", "This category comes with every book, and keeps its name and look. Give it subcategories of your own where you want to know more."),
        h("div.form-actions", h("button.primary", { type: "button", onclick: add }, icon("plus"), "Add a subcategory"),
            h("a.button", { href: `/entries?category=${encodeURIComponent(category.slug)}`, onclick: () => body.closest("dialog").close() }, icon("entries"), "Its entries"))));
}

function draw(body, category, { done, parent }) {
    let type = (category.id ? category.isIncome : parent?.isIncome) ? "income" : "expense";
    const preview = { name: category.name ?? "", icon: category.icon ?? parent?.icon ?? "miscellaneous", color: safeColor(category.color ?? parent?.color ?? COLORS[state.categories.length % COLORS.length]) };
    const mark = h("div.category-preview", { "aria-hidden": "true" });
    const name = input({ value: preview.name, maxlength: 50, required: true, oninput: () => { preview.name = name.value; show(); } });
    const show = () => replace(mark, categoryMark(preview), h("bdi", preview.name || "New category"));
    const parents = h("div");
    const forbidden = (id) => { for (let each = state.categories.find((one) => one.id === id), guard = 0; each && guard < 10; each = state.categories.find((one) => one.id === each.parentCategoryId), guard += 1) if (each.id === category.id) return true; return false; };
    function drawParents(chosen) {
        const options = orderedCategories(type).filter(({ category: each, depth }) => depth < MOST_DEPTH - 1 && !forbidden(each.id)).map(({ category: each, depth }) => [each.id, "\u2003".repeat(depth) + each.name]);
        replace(parents, field({ name: "parentCategoryId", label: "Belongs to", control: select([["", "Nothing, it stands by itself"], ...options], chosen ?? "") }));
    }
    const custom = h("input.color-own", { type: "color", value: preview.color, "aria-label": "A colour of your own", oninput: () => { preview.color = custom.value; show(); } });
    const element = form({
        className: "stack",
        checks: (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give the category a name." }]),
        send: async (values) => {
            const wanted = { name: values.name.trim(), icon: preview.icon, color: preview.color, isIncome: type === "income", parentCategoryId: values.parentCategoryId || null };
            if (category.id) await api.put(`/categories/${category.id}`, { ...wanted, sortOrder: category.sortOrder, version: category.version });
            else await api.post("/categories", wanted);
            await done(category.id ? "Saved." : `Added ${wanted.name}.`);
        },
        children: [
            mark,
            field({ name: "name", label: "Name", control: name }),
            !category.id && !parent && segmented({ name: "kind", label: "Kind", value: type, options: [["expense", "Spending"], ["income", "Income"]], onchange: (value) => { type = value; drawParents(); } }),
            parents,
            choices("Colour", "color", COLORS.map((value, index) => [value, NAMES[index], h("span.swatch", { css: { "--mark": value } })]), preview.color, (value) => { preview.color = value; custom.value = value; show(); }, custom),
            choices("Icon", "icon", [...DRAWN].map((value) => [value, value.replace("-", " "), icon(value)]), preview.icon, (value) => { preview.icon = value; show(); }),
            h("div.form-actions", h("button.primary", { type: "submit" }, category.id ? "Save" : "Add"), category.id && h("button.quiet.danger-text", { type: "button", onclick: () => remove(category, done) }, icon("trash"), "Delete")),
        ],
    });
    drawParents(category.parentCategoryId ?? parent?.id);
    show();
    replace(body, element);
    name.focus();
}

function choices(label, name, options, value, onpick, extra) {
    return h("fieldset.choices", { class: `choices-${name}` }, h("legend.label", label), h("div.choice-grid", options.map(([each, text, look]) => {
        const id = uniqueID("c");
        return h("span.choice", h("input", { type: "radio", name, id, value: each, checked: each === value, onchange: () => onpick(each) }), h("label", { htmlFor: id, title: text }, look, h("span.visually-hidden", text)));
    }), extra));
}

/// What is in it goes to another category first.
async function remove(category, done) {
    const target = categoryField({ value: state.categories.find((each) => each.slug === (category.isIncome ? "other-income" : "miscellaneous"))?.id ?? "", type: category.isIncome ? "income" : "expense", label: "Move its entries to" });
    const problem = h("div");
    const words = h("p", "Counting its entries …");
    const children = state.categories.filter((each) => each.parentCategoryId === category.id).length;
    const go = h("button.danger", { type: "button", onclick: run }, "Delete");
    const { close } = openDialog({
        title: `Delete ${category.name}?`, className: "question", actions: [h("button", { type: "button", onclick: () => close() }, "Cancel"), go],
        body: h("div.dialog-body.stack", words, h("div.field", h("span.label", "Move its entries to"), target.element), children ? h("p.muted", `${plural(children, "subcategory moves", "subcategories move")} up.`) : null, problem),
    });
    async function run() {
        if (target.value === category.id) return replace(problem, h("p.field-error", "Choose another category."));
        go.disabled = true;
        try {
            await api.delete(`/categories/${category.id}?reassignTo=${encodeURIComponent(target.value)}`);
            close();
            announce("Deleted.");
            await done(`Deleted ${category.name}.`);
        } catch (error) { go.disabled = false; replace(problem, banner(error)); }
    }
    try {
        const count = countIn(await api.get("/categories/tree"), category.id);
        words.textContent = count ? `${plural(count, "entry is", "entries are")} in this category.` : "No entry is in this category.";
    } catch { words.textContent = "Its entries are moved to another category first."; }
}

function countIn(nodes, id) {
    for (const node of nodes ?? []) {
        const found = node.id === id ? Number(node.entryCount) : countIn(node.children, id);
        if (found !== null) return found;
    }
    return null;
}
