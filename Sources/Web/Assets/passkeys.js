// Passkeys: the browser's words for them, the list in the settings, and the button at sign-in.

import { api, APIError } from "./api.js";
import { instant } from "./dates.js";
import { h, icon, replace } from "./dom.js";
import { field, form, input } from "./forms.js";
import { confirm, load, openDialog, skeleton, toast } from "./overlays.js";

/// Browsers have passkeys on https pages and on this machine itself.
export const havePasskeys = () => window.isSecureContext && typeof PublicKeyCredential === "function";

function bytes(text) {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
}

function text(buffer) {
    return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const descriptors = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

/// Asks the authenticator, and says in the page's words what came of it.
async function ask(ceremony) {
    try {
        return await ceremony();
    } catch (error) {
        const message = {
            NotAllowedError: "Nothing was done. You may try again.",
            InvalidStateError: "This device has a passkey for your account already.",
            SecurityError: "Passkeys do not work at this address. They need the one that your administrator has set up, with https.",
            NotSupportedError: "This device knows no kind of passkey that works here.",
        }[error.name];
        throw message ? new APIError("refused", { message }) : error;
    }
}

async function create(options) {
    const made = await ask(() => navigator.credentials.create({ publicKey: {
        ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: descriptors(options.excludeCredentials),
    } }));
    return {
        id: made.id, type: made.type,
        response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject), transports: made.response.getTransports?.() ?? [] },
    };
}

/// The authenticator's answer to the server's options.
export async function prove(options) {
    const signed = await ask(() => navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: descriptors(options.allowCredentials) } }));
    const { clientDataJSON, authenticatorData, signature, userHandle } = signed.response;
    return {
        id: signed.id, type: signed.type,
        response: { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: userHandle ? text(userHandle) : null },
    };
}

/// Signs in; the answer is that of `/auth/login`.
export async function signInWithPasskey() {
    const { ceremony, publicKey } = await api.post("/auth/passkeys/login/options", {}, { anonymous: true });
    const credential = await prove(publicKey);
    return api.post("/auth/passkeys/login", { ceremony, credential, session: "cookie" }, { anonymous: true });
}

/// As the second step of signing in.
export const passkeyFactor = {
    method: "passkey", text: "Use a passkey",
    use: async (challenge) => {
        const { ceremony, publicKey } = await api.post("/auth/passkeys/login/options", { challenge }, { anonymous: true });
        const credential = await prove(publicKey);
        return api.post("/auth/passkeys/login", { ceremony, credential, challenge }, { anonymous: true });
    },
};

/// [title, text, content, id] for the settings.
export function passkeySection() {
    return ["Passkeys", "Sign in with your finger, your face or the code of your device instead of a password. Nobody can guess it or talk you out of it.", passkeyList(), "passkeys"];
}

function passkeyList() {
    const body = h("div.settings-list");
    const refresh = () => load(body, { placeholder: body.children.length ? null : () => skeleton(2), fetch: () => api.get("/auth/passkeys"), show: (passkeys) => replace(body, rows(passkeys, refresh)), isCurrent: () => body.isConnected });
    queueMicrotask(refresh);
    return body;
}

function rows(passkeys, refresh) {
    return [
        passkeys.length ? h("ul.item-list", passkeys.map((each) => h("li",
            h("span.item-main", h("strong", h("bdi", each.name)),
                h("span.muted", `added ${instant(each.createdAt)} · ${each.lastUsedAt ? `last used ${instant(each.lastUsedAt)}` : "not used yet"}${each.isSynced ? " · kept in step between your devices" : ""}`),
                !each.signsInAlone && h("span.muted", "Goes beside your password as a second step. Alone it signs nobody in, as it does not ask who holds it.")),
            h("button.icon-button.small", { type: "button", "aria-label": `Rename ${each.name}`, onclick: () => rename(each, refresh) }, icon("edit")),
            h("button.icon-button.small", { type: "button", "aria-label": `Remove ${each.name}`, onclick: () => remove(each, refresh) }, icon("trash")))))
            : h("p.muted", "None yet."),
        havePasskeys() ? h("button.small", { type: "button", onclick: () => add(refresh) }, icon("plus"), "Add a passkey")
            : h("p.muted.small", "This browser has no passkeys at this address: they need https."),
    ];
}

function nameField(value) {
    return field({ name: "name", label: "Name", control: input({ value, maxlength: 100 }), hint: "To know it by, such as “Phone” or “Key on my ring”." });
}

const nameCheck = (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give it a name." }]);

function add(refresh) {
    const content = form({
        className: "stack",
        checks: nameCheck,
        send: async (values) => {
            const { ceremony, publicKey } = await api.post("/auth/passkeys/options");
            const added = await api.post("/auth/passkeys", { ceremony, name: values.name.trim(), credential: await create(publicKey) });
            close();
            if (added.signsInAlone) toast("Passkey added. You can sign in with it from now on.");
            else toast("Key added, as a second step beside your password. It does not ask who holds it, so alone it signs nobody in.", { seconds: 10 });
            refresh();
        },
        children: [
            nameField(`Passkey on ${navigator.userAgentData?.platform || "this device"}`),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Go on")),
        ],
    });
    const { close } = openDialog({ title: "Add a passkey", className: "question", body: h("div.dialog-body", h("p.muted", "Your browser asks you next where to keep it."), content) });
    content.querySelector("input").select();
}

function rename(passkey, refresh) {
    const content = form({
        className: "stack",
        checks: nameCheck,
        send: async (values) => {
            await api.put(`/auth/passkeys/${passkey.id}`, { name: values.name.trim() });
            close();
            refresh();
        },
        children: [nameField(passkey.name), h("div.form-actions", h("button.primary", { type: "submit" }, "Save"))],
    });
    const { close } = openDialog({ title: "Rename the passkey", className: "question", body: h("div.dialog-body", content) });
    content.querySelector("input").select();
}

async function remove(passkey, refresh) {
    if (!(await confirm({ title: `Remove ${passkey.name}?`, text: "It does not sign in here any more. Delete it from the device as well.", verb: "Remove", danger: true }))) return;
    try {
        await api.delete(`/auth/passkeys/${passkey.id}`);
        toast(`Removed ${passkey.name}.`);
        refresh();
    } catch (error) { toast(error.message, { tone: "bad" }); }
}
