// Who is in the book, who is invited, and what each may do.

import { api } from "./api.js";
import { navigate } from "./app.js";
import { archive, newBook, restore } from "./books.js";
import { h, icon, plural, replace } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { confirm, describe, emptyState, load, openDialog, skeleton, toast } from "./overlays.js";
import { editPlace, placeFields, placeOf } from "./organization.js";
import { LINE, openMenu } from "./popover.js";
import { dropBook, may, replaceBook, state } from "./state.js";

export const ROLES = [
    ["owner", "Owner", "Everything, also giving the book away and archiving it.", "You may do everything, also give the book away and archive it."],
    ["admin", "Administrator", "Everything but giving the book away and archiving it.", "You may do everything but give the book away and archive it."],
    ["member", "Member", "Sees all, records entries, changes what they recorded.", "You see everything in it, record entries, and change those that you recorded."],
    ["viewer", "Viewer", "Sees all, changes nothing.", "You see everything in it, and change nothing."],
];
const ORDER = ROLES.map(([role]) => role);
export const whatYouMay = (role) => ROLES.find(([each]) => each === role)?.[3] ?? "";
export const roleName = (role) => ROLES.find(([each]) => each === role)?.[1] ?? role;

export function show(main) {
    const book = state.book;
    const manages = may("user:manage") && !book.isArchived && book.kind !== "personal";
    const owns = may("book:archive") && book.kind !== "personal";
    const body = h("div");
    let alive = true;
    const invite = h("button.primary", { type: "button", onclick: () => inviteSomebody(book, refresh) }, icon("plus"), "Invite somebody");
    const more = owns && h("button.icon-button", { type: "button", "aria-label": "More about this book", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => openMenu(more, [
        { text: "Book settings", symbol: "settings", onpick: () => navigate("/settings") },
        book.isArchived ? { text: "Restore the book", symbol: "restore", onpick: () => restore(book) } : { text: "Archive the book …", symbol: "file", danger: true, onpick: () => archive(book) },
    ], book.name) }, icon("more"));
    replace(main,
        h("header.screen-head", h("h1", { tabindex: "-1" }, "Members"), h("div.screen-actions", book.kind === "organization" && h("a.button", { href: "/organisation" }, h("span", "Departments", h("span.hide-narrow", " and roles"))), manages && invite, more)),
        book.isArchived && h("div.banner", { role: "status" }, icon("file"), h("div.banner-text", h("span", "This book is archived: it can be read, not changed.")), owns && h("button.small", { type: "button", onclick: () => restore(book) }, "Restore")),
        h("p.lead", h("bdi", book.name), book.description && [": ", h("bdi", book.description)]), body);

    const refresh = () => load(body, {
        placeholder: () => skeleton(4, "skeleton-row"), isCurrent: () => alive,
        fetch: async () => Promise.all([everyMember(book), manages ? api.get(`/books/${book.id}/invitations`) : []]),
        show([members, invitations]) {
            members.sort((left, right) => ORDER.indexOf(left.role) - ORDER.indexOf(right.role) || left.name.localeCompare(right.name));
            const owners = members.filter((each) => each.role === "owner").length;
            replace(body,
                h("ul.people", { "aria-label": "Members" }, members.map((each) => memberRow(each, { book, manages, owners, refresh }))),
                manages && invitations.length > 0 && [h("h2.people-head", "Invited"), h("ul.people", { "aria-label": "Open invitations" }, invitations.map((each) => invitationRow(each, book, refresh)))],
                members.length === 1 && !invitations.length && alone(book, manages, refresh));
        },
    });
    refresh();
    return { title: "Members", dispose() { alive = false; }, actions: manages ? { new: () => inviteSomebody(book, refresh) } : {} };
}

async function everyMember(book) {
    const all = [];
    let cursor;
    do {
        const page = await api.get(`/books/${book.id}/members`, { cursor }, { whole: true });
        all.push(...(page.data ?? []));
        cursor = page.meta.nextCursor;
    } while (cursor);
    return all;
}

function alone(book, manages, refresh) {
    if (book.kind === "personal") {
        return emptyState({ symbol: "people", title: "This book is yours alone", text: "To keep money together with others, open a household or a business and invite them.", actions: [h("button.primary", { type: "button", onclick: newBook }, icon("plus"), "New book")] });
    }
    return emptyState({ symbol: "people", title: "Nobody else is here yet", text: "Whoever you invite gets a letter with a link, and sees this book once they accept.", actions: manages ? [h("button.primary", { type: "button", onclick: () => inviteSomebody(book, refresh) }, icon("plus"), "Invite somebody")] : [] });
}

export function face(person) {
    if (person.avatarUrl) return h("img.face", { src: person.avatarUrl, alt: "", width: 36, height: 36, loading: "lazy" });
    const words = (person.name || "?").trim().split(/\s+/);
    const first = (word) => [...word][0] ?? "";
    return h("span.face", { "aria-hidden": "true" }, (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "")).toUpperCase());
}

function memberRow(member, { book, manages, owners, refresh }) {
    const isMe = member.userId === state.user.id;
    const iOwn = book.role === "owner";
    const touches = manages && (iOwn || member.role !== "owner") && !(member.role === "owner" && owners === 1);
    const path = `/books/${book.id}/members/${member.userId}`;
    const role = touches && !member.roleId
        ? select(ROLES.filter(([each]) => iOwn || each !== "owner").map(([each, text]) => [each, text]), member.role, { "aria-label": `Role of ${member.name}`, class: "small role-choice", onchange: () => changeRole(role, member, path, refresh) })
        : member.roleName ? h("span.tag", member.roleName) : h("span.tag", { title: ROLES.find(([each]) => each === member.role)?.[2] }, roleName(member.role));
    const choices = [
        manages && (iOwn || member.role !== "owner") && book.kind === "organization" && { text: "Role, department and title …", symbol: "edit", onpick: () => editPlace(member, path, refresh) },
        iOwn && !isMe && manages && { text: "Give them the book …", symbol: "people", onpick: () => transfer(book, member) },
        !isMe && touches && { text: "Remove …", symbol: "trash", danger: true, onpick: () => remove(member, path, book, refresh) },
        isMe && book.kind !== "personal" && !(member.role === "owner" && owners === 1) && { text: "Leave this book …", symbol: "sign-out", danger: true, onpick: () => leave(path, book) },
    ].filter(Boolean);
    const button = choices.length > 0 && h("button.icon-button.small", { type: "button", "aria-label": `More about ${member.name}`, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => openMenu(button, choices, member.name) }, icon("more"));
    return h("li.person-row", { data: { user: member.userId } }, face(member),
        h("span.item-main", h("strong", h("bdi", member.name), isMe && h("span.muted", " (you)")), (member.title || member.departmentName) && h("span.small", [member.title, member.departmentName].filter(Boolean).join(", ")), member.email && h("span.muted.small", member.email)), role, button || h("span.no-button"));
}

async function changeRole(control, member, path, refresh) {
    const before = member.role;
    const wanted = control.value;
    if (wanted === "owner" && !(await confirm({ title: `Make ${member.name} an owner?`, text: "An owner may do everything, also remove you.", verb: "Make an owner" }))) {
        control.value = before;
        return;
    }
    control.disabled = true;
    try {
        await api.patch(path, { role: wanted });
        toast(`${member.name} is now: ${roleName(wanted)}.`);
        // One who has taken the right from themselves sees less from now on.
        if (member.userId === state.user.id) return void reload("/members");
        refresh();
    } catch (error) {
        control.disabled = false;
        control.value = before;
        toast(`Not changed. ${describe(error).text}`, { tone: "bad" });
    }
}

async function reload(path) {
    replaceBook(await api.get(`/books/${state.book.id}`));
    navigate(path, { replace: true });
}

async function remove(member, path, book, refresh) {
    if (!(await confirm({ title: `Remove ${member.name}?`, text: `They see nothing of “${book.name}” from then on. What they have recorded stays.`, verb: "Remove", danger: true }))) return;
    try {
        await api.delete(path);
        toast(`Removed ${member.name}.`);
        refresh();
    } catch (error) { toast(`Not removed. ${describe(error).text}`, { tone: "bad" }); }
}

async function leave(path, book) {
    if (!(await confirm({ title: `Leave “${book.name}”?`, text: "You see nothing of it from then on. What you have recorded stays in it. To come back you need an invitation.", verb: "Leave", danger: true }))) return;
    try {
        await api.delete(path);
        dropBook(book.id);
        toast(`You have left “${book.name}”.`);
        navigate("/", { replace: true });
    } catch (error) { toast(`You have not left. ${describe(error).text}`, { tone: "bad" }); }
}

async function transfer(book, member) {
    if (!(await confirm({ title: `Give “${book.name}” to ${member.name}?`, text: "They become its owner, and you stay as an administrator. Only they can give it back.", verb: "Give the book", danger: true }))) return;
    try {
        replaceBook(await api.post(`/books/${book.id}/transfer`, { userId: member.userId }));
        toast(`“${book.name}” is now ${member.name}’s.`);
        navigate("/members", { replace: true });
    } catch (error) { toast(`Not given. ${describe(error).text}`, { tone: "bad" }); }
}

// MARK: invitations

const days = (instant) => Math.max(0, Math.ceil((new Date(instant) - Date.now()) / 86_400_000));

function invitationRow(invitation, book, refresh) {
    const path = `/books/${book.id}/invitations/${invitation.id}`;
    const act = async (body, done, failed) => {
        try {
            await body();
            toast(done);
            refresh();
        } catch (error) { toast(`${failed} ${describe(error).text}`, { tone: "bad" }); }
    };
    const button = h("button.icon-button.small", { type: "button", "aria-label": `More about the invitation of ${invitation.email}`, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => openMenu(button, [
        { text: "Send the letter again", symbol: "restore", onpick: () => act(() => api.post(`${path}/resend`), `Sent again to ${invitation.email}.`, "Not sent.") }, LINE,
        { text: "Withdraw", symbol: "trash", danger: true, onpick: () => act(() => api.delete(path), `Withdrew the invitation of ${invitation.email}.`, "Not withdrawn.") },
    ], invitation.email) }, icon("more"));
    return h("li.person-row", h("span.face", { "aria-hidden": "true" }, icon("mail")),
        h("span.item-main", h("strong", h("bdi", invitation.email)), h("span.muted.small", invitation.isExpired ? "The link is too old. Send the letter again." : `Invited by ${invitation.invitedBy}, open for ${plural(days(invitation.expiresAt), "more day")}`)),
        h("span.tag", h("bdi", invitation.roleName ?? roleName(invitation.role))), button);
}

async function inviteSomebody(book, refresh) {
    let place = null;
    if (book.kind === "organization") {
        try { place = await placeFields(); } catch (error) { return void toast(describe(error).text, { tone: "bad" }); }
    }
    const words = h("p.hint");
    const roles = ROLES.filter(([role]) => role !== "owner");
    const role = select(roles.map(([each, text]) => [each, text]), "member", { onchange: () => explain() });
    const explain = () => { words.textContent = roles.find(([each]) => each === role.value)?.[2] ?? ""; };
    explain();
    // What is not said of a new place is left out.
    const given = (wanted) => Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
    const content = form({
        className: "stack",
        aliases: { roleId: "role" },
        checks: (values) => (/^\S+@\S+$/.test(values.email.trim()) ? [] : [{ field: "email", message: "Enter an e-mail address." }]),
        send: async (values) => {
            await api.post(`/books/${book.id}/invitations`, { email: values.email.trim(), ...(place ? given(placeOf(values)) : { role: values.role }) });
            close();
            toast(`The invitation is on its way to ${values.email.trim()}.`);
            refresh();
        },
        children: [
            field({ name: "email", label: "E-mail", control: input({ type: "email", inputmode: "email", maxlength: 254, spellcheck: "false", autocapitalize: "none" }) }),
            place ?? h("div", field({ name: "role", label: "As", control: role }), words),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Send the invitation")),
        ],
    });
    const { close } = openDialog({ title: `Invite somebody to “${book.name}”`, className: "question", body: h("div.dialog-body", content) });
    content.querySelector("input").focus();
}
