// What a letter of invitation leads to. The token is behind the #: it is never sent with the address of the page.

import { api, store, stored } from "./api.js";
import { navigate } from "./app.js";
import { frame } from "./auth.js";
import { go } from "./books.js";
import { h, icon, replace } from "./dom.js";
import { banner, describe, toast } from "./overlays.js";
import { signOut } from "./settings.js";
import { adopt, state } from "./state.js";
import { roleName } from "./members.js";

const KEPT = "purser.invitation";
const KIND = { household: "household", business: "business", organization: "organisation", personal: "book" };

/// Kept over signing in or up, and out of the history.
function token() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
        store(KEPT, given);
        history.replaceState(null, "", "/invitation");
    }
    return given ?? stored(KEPT);
}

export function show(root) {
    const key = token();
    const content = h("div.stack", { "aria-live": "polite" });
    const title = "Your invitation";
    replace(root, frame(title, null, content));
    if (key) ask(root, content, key);
    else replace(content, h("p", "Open the link of the letter again: it was not kept here."), h("a.button", { href: "/" }, "To the start"));
    return { title };
}

async function ask(root, content, key) {
    let invitation;
    try {
        invitation = await api.get(`/invitations/${encodeURIComponent(key)}`, undefined, { anonymous: true });
    } catch (error) {
        if (error.status === 404) store(KEPT, null);
        return replace(content, error.status === 404
            ? [h("p", "This invitation was answered, withdrawn, or is too old. Ask for a new one."), h("a.button", { href: "/" }, "To the start")]
            : banner(error, { retry: () => ask(root, content, key) }));
    }
    const about = [h("p", h("bdi", invitation.invitedBy), " invites you to the ", KIND[invitation.bookKind] ?? "book", " ", h("strong", h("bdi", invitation.bookName)), "."),
        h("p.muted", `You would be: ${roleName(invitation.role)}. The invitation was sent to ${invitation.email}.`)];
    if (!state.user) {
        const next = encodeURIComponent("/invitation");
        return replace(content, about,
            h("a.button.primary.wide", { href: `/signin?next=${next}` }, "Sign in to accept"),
            h("p.entrance-foot", "New here? ", h("a", { href: `/signup?next=${next}` }, "Create an account"), " with this address."));
    }
    if (state.user.email.toLowerCase() !== invitation.email.toLowerCase()) {
        return replace(content, about, h("p", `You are signed in as ${state.user.email}. Sign in with the account of ${invitation.email} to accept.`),
            h("button.primary.wide", { type: "button", onclick: async () => { await signOut(); navigate("/signin?next=%2Finvitation", { replace: true }); } }, icon("sign-out"), "Sign out"));
    }
    const answer = async (verb) => {
        for (const button of content.querySelectorAll("button")) button.disabled = true;
        try {
            const book = await api.post(`/invitations/${encodeURIComponent(key)}/${verb}`);
            store(KEPT, null);
            if (verb === "decline") { toast("Declined."); return navigate("/", { replace: true }); }
            adopt(await api.get("/users/me"));
            toast(`Welcome to “${book.name}”.`);
            return go(state.user.books.find((each) => each.id === book.id) ?? book, "/");
        } catch (error) {
            for (const button of content.querySelectorAll("button")) button.disabled = false;
            toast(describe(error).text, { tone: "bad" });
        }
    };
    replace(content, about,
        h("button.primary.wide", { type: "button", onclick: () => answer("accept") }, "Accept"),
        h("button.wide", { type: "button", onclick: () => answer("decline") }, "Decline"));
}
