// The departments of an organisation, and the roles that it makes itself.

import { api } from "./api.js";
import { h, icon, plural, replace } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { confirm, describe, emptyState, load, openDialog, skeleton, toast } from "./overlays.js";
import { inTree as inOrder, may, state } from "./state.js";

/// What each permission lets one do, by its part before the colon.
const GROUPS = [
    ["Entries", [["entry:view", "see expenses and incomes"], ["entry:create", "record them"], ["entry:edit-own", "change what they recorded"], ["entry:edit", "change what anybody recorded"], ["import:run", "import statements"]]],
    ["Order", [["rule:manage", "change rules"], ["category:manage", "change categories and payment methods"]]],
    ["Book", [["book:view", "see its name and settings"], ["book:manage", "change them"], ["activity:view", "see what happened"], ["audit:read", "read the audit log"]]],
    ["People", [["member:view", "see who is in it"], ["user:manage", "invite, remove, change roles"], ["department:manage", "change departments"], ["role:manage", "change roles"]]],
    ["Budgets and reports", [["budget:view", "see budgets"], ["budget:create", "propose budgets"], ["budget:approve", "approve budgets"], ["budget:manage", "change budgets"], ["report:view", "see reports"], ["report:generate", "have reports made"]]],
    ["Other programs", [["webhook:manage", "connect them"]]],
];

export function show(main) {
    const body = h("div");
    let alive = true;
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Organisation")), h("p.lead", h("bdi", state.book.name)), body);
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
const SHORT = { department: "of their department", own: "of their own entries" };

const changes = (permission) => may(permission) && !state.book.isArchived;

async function remove(path, name, refresh) {
    if (!(await confirm({ title: `Delete “${name}”?`, text: "Nobody may be in it any more.", verb: "Delete", danger: true }))) return;
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

function departmentList(departments, refresh) {
    const mayChange = changes("department:manage");
    return h("section", h("div.section-head", h("h2.people-head", "Departments"), mayChange && h("button.small", { type: "button", onclick: () => editDepartment({}, departments, refresh) }, icon("plus"), "New department")),
        departments.length ? h("ul.people", { "aria-label": "Departments" }, inOrder(departments).map((each) => h("li.person-row.plain", { css: { "--depth": String(each.depth) } },
            h("span.item-main.indented", h("strong", h("bdi", each.name)), h("span.muted.small", plural(Number(each.memberCount), "member"))),
            mayChange && buttons(each.name, () => editDepartment(each, departments, refresh), () => remove(`/departments/${each.id}`, each.name, refresh)))))
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
            h("span.item-main", h("strong", h("bdi", each.name)), h("span.muted.small", [plural(each.permissions.length, "permission"), SHORT[each.scope], plural(Number(each.memberCount), "member")].filter(Boolean).join(", "))),
            mayChange && buttons(each.name, () => editRole(each, refresh), () => remove(`/roles/${each.id}`, each.name, refresh)))))
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

/// Where somebody is in the organisation: role, department, title.
export async function editPlace(member, path, refresh) {
    let departments, roles;
    try {
        [departments, roles] = await Promise.all([api.get("/departments"), api.get("/roles")]);
    } catch (error) { return void toast(describe(error).text, { tone: "bad" }); }
    const content = form({
        className: "stack",
        send: async (values) => {
            const wanted = { departmentId: values.departmentId || null, title: values.title.trim() || null };
            if (member.role !== "owner") wanted.roleId = values.roleId || null;
            await api.patch(path, wanted);
            close();
            toast(`Saved ${member.name}’s place.`);
            refresh();
        },
        children: [
            member.role !== "owner" && field({ name: "roleId", label: "Role of the organisation", control: select([["", "None: the built-in one"], ...roles.map((each) => [each.id, each.name])], member.roleId ?? "") }),
            field({ name: "departmentId", label: "Department", control: select([["", "None"], ...inOrder(departments).map((each) => [each.id, `${"– ".repeat(each.depth)}${each.name}`])], member.departmentId ?? "") }),
            field({ name: "title", label: "Title", optional: true, control: input({ value: member.title ?? "", maxlength: 100 }) }),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Save")),
        ],
    });
    const { close } = openDialog({ title: member.name, className: "question", body: h("div.dialog-body", content) });
}
