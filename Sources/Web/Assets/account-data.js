// Settings → Your data: taking it along, and deleting the account.

import { api, fetchFile, store } from "./api.js";
import { navigate } from "./app.js";
import { dayLong } from "./dates.js";
import { h, icon } from "./dom.js";
import { field, form, input } from "./forms.js";
import { describe, openDialog, toast } from "./overlays.js";
import { forget, state } from "./state.js";

export const section = () => ["Your data", "What is here of you: to take along, or to end.", part(), "data"];

const day = (instant) => dayLong(instant.slice(0, 10));

function part() {
    const take = h("button", { type: "button", onclick: () => download(take) }, icon("file"), "Download everything");
    return h("div.settings-list",
        h("p.muted", "One file in JSON with your profile, your sessions, your books with their entries as far as your role shows them, and what the audit log has of you. No password or key is in it."),
        h("div", take),
        state.user.deletionDueAt ? stay() : h("div", h("button.danger-text", { type: "button", onclick: leave }, icon("trash"), "Delete my account …")));
}

async function download(button) {
    button.disabled = true;
    try {
        const { blob, name } = await fetchFile("/users/me/export");
        const address = URL.createObjectURL(blob);
        h("a", { href: address, download: name ?? "purser.json" }).click();
        setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
        if (error.kind !== "unauthenticated" && error.code !== "REAUTHENTICATION_REQUIRED") toast(`No file was made. ${describe(error).text}`, { tone: "bad" });
    } finally { button.disabled = false; }
}

function leave() {
    const { email } = state.user;
    const content = form({
        className: "stack",
        checks: (values) => (values.confirmation.trim().toLowerCase() === email.toLowerCase() ? [] : [{ field: "confirmation", message: `Type ${email}.` }]),
        note: (error) => (error.code === "LAST_OWNER" ? "Under Members you give a book to somebody else, or archive it." : undefined),
        send: async (values) => {
            const { deletionDueAt } = await api.delete("/users/me", { confirmation: values.confirmation.trim() });
            close();
            forget();
            store("purser.signedOut", String(Date.now()));
            await navigate("/signin", { replace: true });
            toast(`Your account will be deleted on ${day(deletionDueAt)}. Sign in before then to keep it.`, { seconds: 15 });
        },
        children: [
            h("p", "At once you are signed out everywhere and your keys stop working. For a while you can still sign in and keep the account; after that it is erased: your name, your picture, and everything you sign in with."),
            h("p", "What you recorded in books that others share stays there, without your name. Books that are yours alone are archived, and nobody can open them again: download what you need first."),
            field({ name: "confirmation", label: "Your e-mail address, to confirm", control: input({ type: "email", autocomplete: "off", spellcheck: "false", autocapitalize: "none" }) }),
            h("div.form-actions", h("button.danger", { type: "submit" }, "Delete my account")),
        ],
    });
    const { close } = openDialog({ title: "Delete your account?", className: "question", body: h("div.dialog-body", content) });
    content.querySelector("[name=confirmation]").focus();
}

/// What stands on every screen until it is decided; null while nothing is.
export function farewell() {
    return state.user?.deletionDueAt ? stay() : null;
}

function stay() {
    const keep = h("button.small", { type: "button", onclick: async () => {
        keep.disabled = true;
        try {
            await api.post("/users/me/restore");
            state.user = { ...state.user, deletionDueAt: null };
            toast("Your account stays. Keys that you made for programs work again.");
            await navigate(location.pathname + location.search, { replace: true });
        } catch (error) {
            keep.disabled = false;
            if (error.kind !== "unauthenticated") toast(`Not kept. ${describe(error).text}`, { tone: "bad" });
        }
    } }, "Keep my account");
    return h("div.banner.farewell", { role: "status", data: { tone: "warn" } }, icon("alert"), h("div.banner-text", h("span", `Your account will be deleted on ${day(state.user.deletionDueAt)}.`)), keep);
}
