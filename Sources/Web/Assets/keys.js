// Keys for programs: what there is, and a new one, which is shown once.

import { api } from "./api.js";
import { instant } from "./dates.js";
import { h, icon, replace } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { confirm, describe, load, openDialog, skeleton, toast } from "./overlays.js";
import { state } from "./state.js";

const SCOPES = [
    ["entry:view", "See entries"], ["entry:create", "Add entries"], ["entry:edit-own", "Change own entries"], ["entry:edit", "Change all entries"],
    ["import:run", "Import statements"], ["rule:manage", "Change rules"], ["category:manage", "Change categories"], ["book:view", "See the book"], ["book:manage", "Change the book"],
    ["member:view", "See members"], ["user:manage", "Manage members"], ["activity:view", "See activity"], ["audit:read", "Read the audit log"],
    ["report:view", "See reports"],
];
const SERVICE_SCOPES = [["token:validate", "Check sign-ins"], ["audit:write", "Write to the audit log"]];
const LIFETIMES = [["30", "30 days"], ["90", "90 days"], ["365", "A year"], ["", "Never"]];

export const keyList = () => listOf({ path: "/api-keys", scopes: SCOPES, isService: false, empty: "None yet. A key lets a program of yours do what you choose, without your password.", add: "Make a key" });
export const serviceKeyList = () => listOf({ path: "/service-keys", scopes: SERVICE_SCOPES, isService: true, empty: "None yet. A service asks in its own name whether a sign-in is valid, or writes to the audit log.", add: "Make a key for a service" });

function listOf(kind) {
    const body = h("div.settings-list");
    const refresh = () => load(body, {
        placeholder: body.children.length ? null : () => skeleton(3), fetch: () => api.get(kind.path), isCurrent: () => body.isConnected,
        show: (keys) => replace(body,
            keys.length ? h("ul.item-list", keys.map((key) => row(key))) : h("p.muted", kind.empty),
            h("button.small", { type: "button", onclick: () => make(kind, refresh) }, icon("plus"), kind.add)),
    });
    function row(key) {
        const isOver = key.expiresAt && new Date(key.expiresAt) <= new Date();
        const book = key.bookId && (state.user.books ?? []).find((each) => each.id === key.bookId)?.name;
        const words = [`…${key.hint}`, book && `only ${book}`, key.scopes.map((name) => kind.scopes.find(([each]) => each === name)?.[1] ?? name).join(", "), isOver ? "expired" : key.expiresAt && `until ${instant(key.expiresAt, { dateStyle: "medium" })}`, key.lastUsedAt ? `used ${instant(key.lastUsedAt)}` : "never used"];
        return h("li", h("span.item-main", h("strong", h("bdi", key.name)), h("span.muted.small", words.filter(Boolean).join(" · "))), isOver && h("span.tag", "expired"),
            h("button.icon-button.small", { type: "button", "aria-label": `Revoke ${key.name}`, onclick: () => revoke(key) }, icon("trash")));
    }
    async function revoke(key) {
        if (!(await confirm({ title: `Revoke “${key.name}”?`, text: "The program that uses it is refused from the next request on. This cannot be undone.", verb: "Revoke", danger: true }))) return;
        try {
            await api.delete(`${kind.path}/${key.id}`);
            toast(`Revoked ${key.name}.`);
            refresh();
        } catch (error) { if (error.kind !== "unauthenticated") toast(`Not revoked. ${describe(error).text}`, { tone: "bad" }); }
    }
    queueMicrotask(refresh);
    return body;
}

function make(kind, refresh) {
    const boxes = kind.scopes.map(([name, text], index) => [name, h("input", { type: "checkbox", value: name, checked: index === 0 }), text]);
    const lifetimes = kind.isService ? LIFETIMES.filter(([days]) => days) : LIFETIMES;
    const books = [["", "All my books"], ...(state.user.books ?? []).map((book) => [book.id, book.name])];
    const problem = h("p.field-error", { hidden: true, role: "alert" }, "Choose at least one.");
    const content = form({
        className: "stack",
        checks: (values) => {
            problem.hidden = boxes.some(([, box]) => box.checked);
            return values.name.trim() ? [] : [{ field: "name", message: "Give it a name." }];
        },
        send: async (values) => {
            const scopes = boxes.filter(([, box]) => box.checked).map(([name]) => name);
            if (!scopes.length) return;
            const made = await api.post(kind.path, { name: values.name.trim(), scopes, ...(values.bookId ? { bookId: values.bookId } : {}), ...(values.days ? { expiresInDays: Number(values.days) } : {}) });
            close();
            showSecret(made);
            refresh();
        },
        children: [
            field({ name: "name", label: "What is it for?", control: input({ maxlength: 100, required: true, placeholder: kind.isService ? "Budget service" : "Household script" }) }),
            h("fieldset.scope-list", h("legend", "What may it do?"), h("div.scope-grid", boxes.map(([, box, text]) => h("label.check", box, h("span", text))))), problem,
            !kind.isService && books.length > 2 && field({ name: "bookId", label: "Which book does it open?", control: select(books, "") }),
            field({ name: "days", label: "How long is it valid?", control: select(lifetimes, "90") }),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Make the key")),
        ],
    });
    const { close } = openDialog({ title: kind.add, className: "question", body: h("div.dialog-body", content) });
    content.querySelector("input").focus();
}

function showSecret(made) {
    const copy = h("button", { type: "button", onclick: async () => {
        try {
            await navigator.clipboard.writeText(made.key);
            replace(copy, icon("check"), "Copied");
        } catch { getSelection().selectAllChildren(text); } // without the right to copy it is at least selected
    } }, icon("copy"), "Copy");
    const text = h("code", made.key);
    const { close } = openDialog({
        title: made.name, className: "question",
        body: h("div.dialog-body.stack", h("p", "This is the key. It is shown this once: keep it in a safe place."), h("div.secret-box", text, copy)),
        actions: [h("button.primary", { type: "button", onclick: () => close() }, "I have kept it")],
    });
}
