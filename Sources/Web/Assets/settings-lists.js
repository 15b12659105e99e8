// The settings that are lists: payment methods, and how the files of each bank are read.

import { api } from "./api.js";
import { h, icon, replace } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { banner, confirm, load, openDialog, skeleton, toast } from "./overlays.js";
import { mayChange } from "./state.js";

const KINDS = [["card", "Card"], ["bank", "Bank account"], ["cash", "Cash"], ["wallet", "Wallet"], ["other", "Other"]];

/// A list with its form. `rows(items, refresh)` draws it.
function listOf(path, rows) {
    const body = h("div.settings-list");
    const refresh = () => load(body, { placeholder: body.children.length ? null : () => skeleton(3), fetch: () => api.get(path), show: (items) => replace(body, rows(items ?? [], refresh)), isCurrent: () => body.isConnected });
    queueMicrotask(refresh);
    return body;
}

async function remove(path, { title, text, refresh, done }) {
    if (!(await confirm({ title, text, verb: "Delete", danger: true }))) return;
    try {
        await api.delete(path);
        toast(done);
        refresh();
    } catch (error) { toast(error.message, { tone: "bad" }); }
}

export function paymentMethods() {
    const manages = mayChange("category:manage");
    return listOf("/payment-methods", (items, refresh) => [
        items.length ? h("ul.item-list", items.map((each) => h("li",
            h("span.item-main", h("strong", h("bdi", each.name)), h("span.muted", KINDS.find(([kind]) => kind === each.kind)?.[1] ?? each.kind)), each.isDefault && h("span.tag", "offered first"),
            manages && h("button.icon-button.small", { type: "button", "aria-label": `Edit ${each.name}`, onclick: () => editMethod(each, refresh) }, icon("edit")),
            manages && h("button.icon-button.small", { type: "button", "aria-label": `Delete ${each.name}`, onclick: () => remove(`/payment-methods/${each.id}`, { title: `Delete ${each.name}?`, text: "Entries that were paid with it keep its name.", done: `Deleted ${each.name}.`, refresh }) }, icon("trash")))))
            : h("p.muted", "None yet. Name your cards and accounts, and entries can say how they were paid."),
        manages && h("button.small", { type: "button", onclick: () => editMethod({}, refresh) }, icon("plus"), "Add a payment method"),
    ]);
}

function editMethod(method, refresh) {
    const first = h("input", { type: "checkbox", name: "isDefault", checked: Boolean(method.isDefault) });
    const content = form({
        className: "stack",
        checks: (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give it a name." }]),
        send: async (values) => {
            const wanted = { name: values.name.trim(), kind: values.kind, isDefault: first.checked };
            if (method.id) await api.put(`/payment-methods/${method.id}`, { ...wanted, version: method.version });
            else await api.post("/payment-methods", wanted);
            close();
            refresh();
        },
        children: [
            field({ name: "name", label: "Name", control: input({ value: method.name ?? "", maxlength: 50, required: true }) }),
            field({ name: "kind", label: "Kind", control: select(KINDS, method.kind ?? "card") }),
            h("label.check", first, h("span", "Offer it first for new entries")),
            h("div.form-actions", h("button.primary", { type: "submit" }, method.id ? "Save" : "Add")),
        ],
    });
    const { close } = openDialog({ title: method.id ? method.name : "New payment method", className: "question", body: h("div.dialog-body", content) });
    content.querySelector("input").focus();
}

export function importProfiles() {
    const manages = mayChange("import:run");
    return listOf("/import-profiles", (items, refresh) => [
        items.length ? h("ul.item-list", items.map((each) => h("li",
            h("span.item-main", h("strong", h("bdi", each.name)), h("span.muted.small", words(each))),
            manages && h("button.icon-button.small", { type: "button", "aria-label": `Rename ${each.name}`, onclick: () => rename(each, refresh) }, icon("edit")),
            manages && h("button.icon-button.small", { type: "button", "aria-label": `Delete ${each.name}`, onclick: () => remove(`/import-profiles/${each.id}`, { title: `Delete ${each.name}?`, text: "Its files are looked at afresh from then on. Nothing that was imported changes.", done: `Deleted ${each.name}.`, refresh }) }, icon("trash")))))
            : h("p.muted", "None yet. When you correct how a file is read, you can give that a name; files like it are recognised from then on."),
    ]);
}

function words({ mapping = {}, currency }) {
    const order = { dmy: "day first", mdy: "month first", ymd: "year first" }[mapping.dateOrder];
    const ends = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" }[mapping.delimiter];
    return [ends && `columns end with ${ends}`, order && `dates ${order}`, mapping.decimal && `decimal ${mapping.decimal === "," ? "comma" : "point"}`, mapping.negate === true && "signs turned round", currency].filter(Boolean).join(" · ") || "as detected";
}

function rename(profile, refresh) {
    const problem = h("div");
    const name = input({ value: profile.name, maxlength: 100 });
    const content = form({
        className: "stack",
        checks: (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give it a name." }]),
        send: async (values) => {
            try {
                await api.put(`/import-profiles/${profile.id}`, { name: values.name.trim(), signature: profile.signature, mapping: profile.mapping, currency: profile.currency, version: profile.version });
            } catch (error) {
                if (error.kind !== "stale") throw error;
                return replace(problem, banner(error));
            }
            close();
            refresh();
        },
        children: [field({ name: "name", label: "Name", control: name }), problem, h("div.form-actions", h("button.primary", { type: "submit" }, "Save"))],
    });
    const { close } = openDialog({ title: "Rename the profile", className: "question", body: h("div.dialog-body", content) });
    name.select();
}
