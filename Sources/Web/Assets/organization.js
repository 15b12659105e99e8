// The departments of an organisation, and the roles that it makes itself.

import { api } from "./api.js";
import { h, icon, plural, replace } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { ROLES } from "./members.js";
import { confirm, describe, emptyState, load, openDialog, skeleton, toast } from "./overlays.js";
import { inTree as inOrder, may, state } from "./state.js";

/// What each permission lets one do, by its part before the colon.
const GROUPS = [
    ["Entries", [["entry:view", "see entries"], ["entry:create", "record entries"], ["entry:edit-own", "change what they recorded"], ["entry:edit", "change what anybody recorded"], ["import:run", "import statements"]]],
    ["Order", [["rule:manage", "change rules"], ["category:manage", "change categories and payment methods"]]],
    ["Book", [["book:view", "see the book’s settings"], ["book:manage", "change the book’s settings"], ["activity:view", "see what happened"], ["audit:read", "read the audit log"]]],
    ["People", [["member:view", "see who is in it"], ["user:manage", "invite, remove, change roles"], ["department:manage", "change departments"], ["role:manage", "change roles"]]],
    ["Budgets and reports", [["budget:view", "see budgets"], ["budget:create", "propose budgets"], ["budget:approve", "approve budgets"], ["budget:manage", "change budgets"], ["report:view", "see reports"], ["report:generate", "have reports made"]]],
    ["Other programs", [["webhook:manage", "connect other programs"]]],
];

/// A permission in words, by its name in the API.
export const permissionWords = (name) => GROUPS.flatMap(([, items]) => items).find(([each]) => each === name)?.[1] ?? name;

export function show(main) {
    const body = h("div");
    let alive = true;
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Departments and roles"), h("div.screen-actions", h("a.button", { href: "/members" }, icon("people"), "Members"))), h("p.lead", h("bdi", state.book.name)), body);
    if (state.book.kind !== "organization") {
        replace(body, emptyState({ symbol: "people", title: "This book is no organisation", text: "Only an organisation has departments and roles of its own.", actions: [h("a.button", { href: "/members" }, "Members")] }));
        return { title: "Organisation", dispose() {} };
    }
    const refresh = () => load(body, {
        placeholder: () => skeleton(6, "skeleton-row"), isCurrent: () => alive,
        fetch: () => Promise.all([api.get("/departments"), api.get("/roles")]),
        show: ([departments, roles]) => replace(body, departmentList(departments, refresh), roleList(roles, refresh)),
    });
    refresh();
    return { title: "Organisation", dispose() { alive = false; } };
}

/// Which entries a role reaches.
const SCOPES = [["all", "All entries of the organisation"], ["department", "Those of the member’s department, and what they record"], ["own", "What the member records"]];
const SHORT = { department: "with what is of their department", own: "with what they record" };

const changes = (permission) => may(permission) && !state.book.isArchived;

/// `inUse` says who is in the way, where somebody is.
async function remove(path, name, refresh, inUse) {
    if (inUse) return void toast(inUse, { tone: "bad" });
    if (!(await confirm({ title: `Delete “${name}”?`, text: "Nobody is in it. It cannot be brought back.", verb: "Delete", danger: true }))) return;
    try {
        await api.delete(path);
        toast(`Deleted ${name}.`);
        refresh();
    } catch (error) { toast(`Not deleted. ${describe(error).text}`, { tone: "bad" }); }
}

function buttons(name, edit, drop) {
    return [h("button.icon-button.small", { type: "button", "aria-label": `Edit ${name}`, onclick: edit }, icon("edit")),
        h("button.icon-button.small", { type: "button", "aria-label": `Delete ${name}`, onclick: drop }, icon("trash"))];
}

function departmentInUse(department, departments) {
    if (Number(department.memberCount)) return `${plural(Number(department.memberCount), "member is", "members are")} in “${department.name}”. Give them another department first, under Members.`;
    return departments.some((each) => each.parentId === department.id) && `“${department.name}” has departments of its own. Move or delete them first.`;
}

/// What a role may do, as far as a line has room.
function inShort(permissions) {
    if (!permissions.length) return "do nothing";
    const words = permissions.map(permissionWords);
    return words.length <= 4 ? words.join(", ") : `${words.slice(0, 3).join(", ")} and ${words.length - 3} things more`;
}

function departmentList(departments, refresh) {
    const mayChange = changes("department:manage");
    return h("section", h("div.section-head", h("h2.people-head", "Departments"), mayChange && h("button.small", { type: "button", onclick: () => editDepartment({}, departments, refresh) }, icon("plus"), "New department")),
        departments.length ? h("ul.people", { "aria-label": "Departments" }, inOrder(departments).map((each) => h("li.person-row.plain", { css: { "--depth": String(each.depth) } },
            h("span.item-main.indented", h("strong", h("bdi", each.name)), h("span.muted.small", plural(Number(each.memberCount), "member"))),
            mayChange && buttons(each.name, () => editDepartment(each, departments, refresh), () => remove(`/departments/${each.id}`, each.name, refresh, departmentInUse(each, departments))))))
            : h("p.muted", "None."));
}

function editDepartment(department, departments, refresh) {
    const others = inOrder(departments).filter((each) => each.id !== department.id);
    const content = form({
        className: "stack",
        checks: (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give it a name." }]),
        send: async (values) => {
            const wanted = { name: values.name.trim(), parentId: values.parentId || null };
            if (department.id) await api.put(`/departments/${department.id}`, { ...wanted, version: department.version });
            else await api.post("/departments", wanted.parentId ? wanted : { name: wanted.name });
            close();
            refresh();
        },
        children: [
            field({ name: "name", label: "Name", control: input({ value: department.name ?? "", maxlength: 100, required: true }) }),
            field({ name: "parentId", label: "Part of", control: select([["", "Nothing: at the top"], ...others.map((each) => [each.id, `${"– ".repeat(each.depth)}${each.name}`])], department.parentId ?? "") }),
            h("div.form-actions", h("button.primary", { type: "submit" }, department.id ? "Save" : "Add")),
        ],
        aliases: { slug: "name" },
    });
    const { close } = openDialog({ title: department.id ? department.name : "New department", className: "question", body: h("div.dialog-body", content) });
    content.querySelector("input").focus();
}

function roleList(roles, refresh) {
    const mayChange = changes("role:manage");
    return h("section", h("div.section-head", h("h2.people-head", "Roles"), mayChange && h("button.small", { type: "button", onclick: () => editRole({}, refresh) }, icon("plus"), "New role")),
        roles.length ? h("ul.people", { "aria-label": "Roles" }, roles.map((each) => h("li.person-row.plain",
            h("span.item-main", h("strong", h("bdi", each.name)), h("span.muted.small", `${plural(Number(each.memberCount), "member")} · may ${inShort(each.permissions)}${SHORT[each.scope] ? `, ${SHORT[each.scope]}` : ""}`)),
            mayChange && buttons(each.name, () => editRole(each, refresh), () => remove(`/roles/${each.id}`, each.name, refresh, Number(each.memberCount) && `${plural(Number(each.memberCount), "member has", "members have")} the role “${each.name}”. Give them another one first, under Members.`)))))
            : h("p.muted", "None."),
        h("p.muted.small.list-hint", "A member with one of these has its rights in the place of Administrator, Member or Viewer. An owner has every right."));
}

/// Only what one has oneself can be given.
function editRole(role, refresh) {
    const has = new Set(role.permissions ?? ["book:view"]);
    const box = ([name, text]) => h("label.check", h("input", { type: "checkbox", name: "permissions", value: name, checked: has.has(name), disabled: !may(name) && !has.has(name) }), h("span", text));
    const content = form({
        className: "stack",
        checks: (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give it a name." }]),
        send: async (values) => {
            const permissions = [...content.querySelectorAll("[name=permissions]:checked")].map((each) => each.value);
            const wanted = { name: values.name.trim(), permissions, scope: values.scope };
            if (role.id) await api.put(`/roles/${role.id}`, { ...wanted, version: role.version });
            else await api.post("/roles", wanted);
            close();
            refresh();
        },
        children: [
            field({ name: "name", label: "Name", control: input({ value: role.name ?? "", maxlength: 100, required: true }) }),
            field({ name: "scope", label: "Reaches", control: select(SCOPES, role.scope ?? "all") }),
            GROUPS.map(([title, items]) => h("fieldset.permission-group", h("legend", title), items.map(box))),
            h("div.form-actions", h("button.primary", { type: "submit" }, role.id ? "Save" : "Add")),
        ],
    });
    const { close } = openDialog({ title: role.id ? role.name : "New role", className: "question", body: h("div.dialog-body", content) });
    content.querySelector("input").focus();
}

/// What an organisation has to choose from: role, department, title. `place` is where somebody is so far.
export async function placeFields(place = {}) {
    const [departments, roles] = await Promise.all([api.get("/departments"), api.get("/roles")]);
    const builtIn = ROLES.filter(([role]) => role !== "owner").map(([role, text]) => [role, text]);
    return [
        place.role !== "owner" && field({ name: "role", label: "Role", control: select([{ label: "Built in", options: builtIn }, ...(roles.length ? [{ label: "Of the organisation", options: roles.map((each) => [each.id, each.name]) }] : [])], place.roleId ?? place.role ?? "member") }),
        field({ name: "departmentId", label: "Department", control: select([["", "None"], ...inOrder(departments).map((each) => [each.id, `${"– ".repeat(each.depth)}${each.name}`])], place.departmentId ?? "") }),
        field({ name: "title", label: "Title", optional: true, control: input({ value: place.title ?? "", maxlength: 100, placeholder: "Treasurer" }) }),
    ];
}

/// The same as the API takes it. A role of the organisation is an id, a built-in one a word.
export function placeOf({ role, departmentId, title }) {
    const place = { departmentId: departmentId || null, title: title.trim() || null };
    if (role) Object.assign(place, ROLES.some(([each]) => each === role) ? { role } : { roleId: role });
    return place;
}

export async function editPlace(member, path, refresh) {
    let fields;
    try { fields = await placeFields(member); } catch (error) { return void toast(describe(error).text, { tone: "bad" }); }
    const content = form({
        className: "stack",
        aliases: { roleId: "role" },
        send: async (values) => {
            await api.patch(path, placeOf(values));
            close();
            toast(`Saved ${member.name}’s place.`);
            refresh();
        },
        children: [fields, h("div.form-actions", h("button.primary", { type: "submit" }, "Save"))],
    });
    const { close } = openDialog({ title: member.name, className: "question", body: h("div.dialog-body", content) });
    content.querySelector("select").focus();
}
