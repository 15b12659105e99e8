// "Confirm your e-mail": a quiet line above every screen until it is done, or put away for the day.

import { api, store, stored } from "./api.js";
import { h, icon } from "./dom.js";
import { toast } from "./overlays.js";
import { state } from "./state.js";

const PUT_AWAY = "purser.addressNote";
const DAY = 86_400_000;

/// Nothing where the address is confirmed.
export function noteOfAddress() {
    const { user } = state;
    if (user.emailVerified || Date.now() - (Number(stored(PUT_AWAY)) || 0) < DAY) return null;
    const send = h("button.small", { type: "button" }, "Send the letter again");
    send.addEventListener("click", async () => {
        if (send.disabled) return;
        send.disabled = true;
        try {
            await api.post("/auth/resend-verification", { email: user.email });
            toast(`A letter is on its way to ${user.email}.`);
        } catch (error) {
            send.disabled = false;
            toast(error.message, { tone: "bad" });
        }
    });
    const note = h("div.banner.address-note", { role: "status", data: { tone: "note" } },
        h("div.banner-text", h("span", "Confirm your e-mail address: follow the link in the letter to ", h("bdi", user.email), ".")),
        send,
        h("button.icon-button.small", { type: "button", "aria-label": "Not now", title: "Not now", onclick: () => { store(PUT_AWAY, String(Date.now())); note.remove(); } }, icon("close")));
    return note;
}
