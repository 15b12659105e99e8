// An invitation on its way to an answer. It is kept in this browser over signing in or up, and gone once answered.

import { api, store, stored } from "./api.js";
import { go } from "./books.js";
import { toast } from "./overlays.js";
import { adopt, state } from "./state.js";

const TOKEN = "purser.invitation";
const ABOUT = "purser.invitation.about";

export function keepInvitation(token, invitation) {
    store(TOKEN, token);
    if (invitation) store(ABOUT, JSON.stringify({ email: invitation.email, bookName: invitation.bookName }));
}

export function forgetInvitation() {
    store(TOKEN, null);
    store(ABOUT, null);
}

/// {token, email, bookName}; nothing where none is kept.
export function keptInvitation() {
    const token = stored(TOKEN);
    if (!token) return null;
    try {
        return { token, ...JSON.parse(stored(ABOUT) ?? "{}") };
    } catch { return { token }; }
}

/// Becomes a member, and opens the book. `key` is the token of the letter, or the id of the invitation.
export async function join(key) {
    const book = await api.post(`/invitations/${encodeURIComponent(key)}/accept`);
    forgetInvitation();
    adopt(await api.get("/users/me"));
    toast(`Welcome to “${book.name}”.`);
    return go(state.user.books.find((each) => each.id === book.id) ?? book, "/");
}
