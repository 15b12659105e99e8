// What a letter of invitation leads to. The token is behind the #: it is never sent with the address of the page.

import { api } from "./api.js";
import { navigate } from "./app.js";
import { frame } from "./auth.js";
import { h, icon, replace } from "./dom.js";
import { forgetInvitation, join, keepInvitation, keptInvitation } from "./invited.js";
import { roleName, whatYouMay } from "./members.js";
import { banner, describe, toast } from "./overlays.js";
import { signOut } from "./settings.js";
import { state } from "./state.js";

export const KIND = { household: "household", business: "business", organization: "organisation", personal: "book" };

/// Kept over signing in or up, and out of the history.
function token() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
        forgetInvitation();
        keepInvitation(given);
        history.replaceState(null, "", "/invitation");
    }
    return given ?? keptInvitation()?.token;
}

export function show(root) {
    const key = token();
    const content = h("div.stack", { "aria-live": "polite" });
    const title = "Your invitation";
    replace(root, frame(title, null, content));
    if (key) ask(content, key);
    else replace(content, h("p", "Open the link of the letter again: it was not kept here."), h("a.button", { href: "/" }, "To the start"));
    return { title };
}

/// To one who has accepted it before, in another window, the letter still opens the book.
async function answered(content, key) {
    if (state.user) {
        try { return await join(key); } catch { /* then it was not they, or they are in it no longer */ }
    }
    forgetInvitation();
    replace(content, h("p", "This invitation was answered, withdrawn, or is too old. Ask for a new one."), h("a.button", { href: "/" }, "To the start"));
}

async function ask(content, key) {
    let invitation;
    try {
        invitation = await api.get(`/invitations/${encodeURIComponent(key)}`, undefined, { anonymous: true });
    } catch (error) {
        if (error.status === 404) return answered(content, key);
        return replace(content, banner(error, { retry: () => ask(content, key) }));
    }
    keepInvitation(key, invitation);
    const about = [h("p", h("bdi", invitation.invitedBy), " invites you to the ", KIND[invitation.bookKind] ?? "book", " ", h("strong", h("bdi", invitation.bookName)), "."),
        h("p", "You would be: ", h("strong", h("bdi", invitation.roleName ?? roleName(invitation.role))), ". ", !invitation.roleName && whatYouMay(invitation.role)),
        h("p.muted", "The invitation was sent to ", h("bdi", invitation.email), ".")];
    if (!state.user) {
        const next = encodeURIComponent("/invitation");
        return replace(content, about,
            h("a.button.primary.wide", { href: `/signup?next=${next}` }, "Create an account"),
            h("a.button.wide", { href: `/signin?next=${next}` }, "I have an account: sign in"));
    }
    if (state.user.email.toLowerCase() !== invitation.email.toLowerCase()) {
        return replace(content, about, h("p", "You are signed in as ", h("bdi", state.user.email), ". Sign in with the account of ", h("bdi", invitation.email), " to accept."),
            h("button.primary.wide", { type: "button", onclick: async () => { await signOut(); navigate("/signin?next=%2Finvitation", { replace: true }); } }, icon("sign-out"), "Sign out"));
    }
    const answer = async (body) => {
        for (const button of content.querySelectorAll("button")) button.disabled = true;
        try { await body(); } catch (error) {
            for (const button of content.querySelectorAll("button")) button.disabled = false;
            if (error.status === 404) ask(content, key);
            else toast(describe(error).text, { tone: "bad" });
        }
    };
    const decline = async () => {
        await api.post(`/invitations/${encodeURIComponent(key)}/decline`);
        forgetInvitation();
        toast("Declined.");
        return navigate("/", { replace: true });
    };
    replace(content, about,
        h("button.primary.wide", { type: "button", onclick: () => answer(() => join(key)) }, "Accept"),
        h("button.wide", { type: "button", onclick: () => answer(decline) }, "Decline"));
}

/// What waits for an answer, above every screen: for those who have come without their letter.
export function noteOfInvitations() {
    const holder = h("div.invitation-notes");
    // Only a confirmed address shows whose it is.
    if (!state.user.emailVerified) return holder;
    const draw = (all) => replace(holder, all.map((each) => {
        const act = (body) => async () => {
            for (const button of note.querySelectorAll("button")) button.disabled = true;
            try { await body(); } catch (error) {
                toast(describe(error).text, { tone: "bad" });
                for (const button of note.querySelectorAll("button")) button.disabled = false;
            }
        };
        const decline = async () => {
            await api.post(`/invitations/${each.id}/decline`);
            toast("Declined.");
            draw(all.filter((other) => other !== each));
        };
        const note = h("div.banner", { role: "status", data: { tone: "note" } }, icon("mail"),
            h("div.banner-text", h("span", h("bdi", each.invitedBy), " invites you to the ", KIND[each.bookKind] ?? "book", " ", h("strong", h("bdi", each.bookName)), `, as: ${each.roleName ?? roleName(each.role)}.`), !each.roleName && h("span.muted", whatYouMay(each.role))),
            h("button.small", { type: "button", onclick: act(() => join(each.id)) }, "Accept"),
            h("button.small", { type: "button", onclick: act(decline) }, "Decline"));
        return note;
    }));
    api.get("/invitations").then((all) => draw(all ?? []), () => { /* it is there the next time */ });
    return holder;
}
