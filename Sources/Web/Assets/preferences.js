// Settings → Preferences and Letters: what somebody has chosen for themselves. Each is saved as soon as it is chosen.

import { api } from "./api.js";
import { currencyOptions } from "./book-form.js";
import { h } from "./dom.js";
import { field, select } from "./forms.js";
import { describe, load, skeleton, toast } from "./overlays.js";
import { applyPreferences, state } from "./state.js";

const LANGUAGES = [["en", "English"], ["de", "Deutsch"], ["hi", "हिन्दी"]];

export const sections = () => [
    ["Preferences", "For you alone, on every device. Saved as you choose.", preferences(), "preferences"],
    ["Letters", "What Purser writes to you.", letters(), "letters"],
];

/// Saves one choice, and takes it back where that fails.
async function save(control, send, undo) {
    control.disabled = true;
    try {
        await send();
        toast("Saved.");
    } catch (error) {
        undo();
        if (error.kind !== "unauthenticated") toast(`Not saved. ${describe(error).text}`, { tone: "bad" });
    } finally {
        control.disabled = false;
        control.focus({ preventScroll: true });
    }
}

function choice({ name, label, hint, options, value, send }) {
    let saved = value;
    const control = select(options, value, { onchange: () => save(control, async () => { await send(control.value); saved = control.value; }, () => { control.value = saved; }) });
    return field({ name, label, hint, control });
}

function check({ name, label, hint, value, send }) {
    const control = h("input", { type: "checkbox", name, checked: value, onchange: () => save(control, () => send(control.checked), () => { control.checked = !control.checked; }) });
    return h("label.check.with-hint", control, h("span", label, hint && h("span.muted.small", hint)));
}

/// What the page knows of them from then on.
async function choose(change) {
    await api.put("/users/me/preferences", change);
    state.user = { ...state.user, preferences: { ...state.user.preferences, ...change } };
    applyPreferences(state.user.preferences);
}

function preferences() {
    const chosen = state.user.preferences ?? {};
    const today = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date());
    const [year, month, day] = today.split("-");
    return h("div.stack",
        choice({
            name: "dateFormat", label: "Days are written", value: chosen.dateFormat ?? "system",
            options: [["system", `As this browser does: ${new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(new Date())}`], ["yyyy-MM-dd", today], ["dd.MM.yyyy", `${day}.${month}.${year}`], ["dd/MM/yyyy", `${day}/${month}/${year}`], ["MM/dd/yyyy", `${month}/${day}/${year} (month first)`]],
            send: (dateFormat) => choose({ dateFormat }),
        }),
        choice({
            name: "newCurrency", label: "Currency of new books", value: chosen.currency ?? "",
            options: [["", "That of the book in front"], ...currencyOptions(chosen.currency)],
            send: (currency) => choose({ currency: currency || null }),
        }),
        check({ name: "darkMode", label: "Dark on all my devices", hint: "Where a browser has no choice of its own, under Appearance.", value: Boolean(chosen.darkMode), send: (darkMode) => choose({ darkMode }) }),
        h("p.muted.small", "Nothing of yours is passed on to anybody, so there is nothing to switch off here."));
}

function letters() {
    const body = h("div.stack");
    const refresh = () => load(body, {
        placeholder: () => skeleton(3), isCurrent: () => body.isConnected,
        fetch: () => api.get("/users/me/notification-preferences"),
        show: (told) => body.replaceChildren(...parts(told)),
    });
    queueMicrotask(refresh);
    return body;
}

function parts(told) {
    const isOn = told.emailEnabled && told.preferences.members;
    return [
        choice({
            name: "language", label: "Written in", options: LANGUAGES, value: state.user.language ?? "en",
            send: async (language) => { await api.put("/users/me", { language }); state.user = { ...state.user, language }; },
        }),
        check({
            name: "members", label: "Shared books", hint: "Somebody joins by your invitation, your role is changed, you are removed, a book is given to you.", value: isOn,
            // Whoever has turned all letters off elsewhere turns these on by asking for them.
            send: (members) => api.put("/users/me/notification-preferences", members ? { emailEnabled: true, preferences: { members } } : { preferences: { members } }),
        }),
        h("p.muted.small", "Letters about signing in, your password and your account always come: they are how you learn that somebody else tries to get in."),
    ];
}
