// Settings → Security: what one signs in with, and where one is signed in.

import { api, store } from "./api.js";
import { navigate, reshow } from "./app.js";
import { newPasswordField } from "./auth.js";
import * as codes from "./codes.js";
import { ago, instant } from "./dates.js";
import { h, icon, replace } from "./dom.js";
import { field, form, input, passwordInput } from "./forms.js";
import { confirm, load, skeleton, toast } from "./overlays.js";
import { resend } from "./recovery.js";
import { forget, state } from "./state.js";

/// Read as a distance; the moment itself is in the title.
const when = (value) => h("time", { datetime: value, title: instant(value) }, ago(value));
/// The server sees no other address of a browser that runs beside it.
const where = (address) => (/^(127\.|::1$)/.test(address ?? "") ? "the server’s own machine" : address ?? "unknown address");

const METHODS = { pwd: "password", totp: "code", recovery: "recovery code", passkey: "passkey", provider: "another service" };

/// [title, text, content, id] of each section that another file adds between the password and the sessions.
export const factorSections = [codes.section];

export function show(main) {
    let asked = null;
    const ways = () => (asked ??= api.get("/auth/reauthenticate").catch((error) => { asked = null; throw error; }));
    const byWays = (part) => {
        const body = h("div.stack");
        queueMicrotask(() => load(body, { placeholder: () => skeleton(2), fetch: ways, show: (found) => replace(body, part(found)), isCurrent: () => body.isConnected }));
        return body;
    };
    const section = (title, text, content, id) => h("section.settings-section", { id }, h("div", h("h2", title), h("p.muted", text)), h("div.panel-box", content));
    replace(main,
        h("header.screen-head", h("a.icon-button", { href: "/settings", "aria-label": "Back to the settings", title: "Settings" }, icon("chevron-left")), h("h1", { tabindex: "-1" }, "Security")),
        h("div.settings",
            section("E-mail", "How you sign in, and where letters about your account go.", byWays(addressPart), "address"),
            section("Password", "A few unrelated words are easy to keep and hard to guess.", byWays(passwordPart), "password"),
            factorSections.map((each) => section(...each())),
            section("Sessions", "Where you are signed in. End what you do not know.", sessionsPart(), "sessions")));
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
    return { title: "Security" };
}

/// Who came by a passkey or another service has no password to give.
function addressPart({ password }) {
    const { user } = state;
    const letter = h("button.small", { type: "button" }, "Send the letter again");
    letter.addEventListener("click", async () => {
        try {
            await resend(user.email);
            toast(`A letter is on its way to ${user.email}.`);
        } catch (error) { toast(error.message, { tone: "bad" }); }
    });
    const change = form({
        className: "stack",
        checks: (values) => [...(/^\S+@\S+$/.test(values.email.trim()) ? [] : [{ field: "email", message: "Enter an e-mail address." }]), ...(values.password || !password ? [] : [{ field: "password", message: "Enter your password." }])],
        send: async (values) => {
            await api.post("/auth/change-email", { email: values.email.trim(), password: password ? values.password : undefined });
            toast(`A letter is on its way to ${values.email.trim()}. Your address changes once you confirm it.`, { seconds: 8 });
            details.open = false;
            change.reset();
        },
        children: [
            field({ name: "email", label: "New e-mail address", control: input({ type: "email", inputmode: "email", autocomplete: "email", spellcheck: "false", autocapitalize: "none" }) }),
            password && field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }) }),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Change the address")),
        ],
    });
    const details = h("details.disclosure", h("summary", "Change the address"), change);
    return h("div.stack",
        h("div.security-line", h("strong", h("bdi", user.email)), user.emailVerified ? h("span.tag", icon("check"), "confirmed") : h("span.tag.waiting", "not confirmed")),
        !user.emailVerified && h("p.muted", "Please follow the link in the letter that was sent to you. "),
        !user.emailVerified && h("div", letter),
        details);
}

function passwordPart({ password, passkey, services }) {
    const others = h("input", { type: "checkbox", name: "others", checked: true });
    const content = form({
        className: "stack",
        checks: (values) => [
            ...(values.currentPassword || !password ? [] : [{ field: "currentPassword", message: "Enter your present password." }]),
            ...([...values.newPassword].length >= 8 ? [] : [{ field: "newPassword", message: "Choose at least 8 characters." }]),
        ],
        send: async (values) => {
            await api.post("/auth/change-password", { currentPassword: password ? values.currentPassword : undefined, newPassword: values.newPassword, endOtherSessions: others.checked });
            const what = password ? "Password changed." : "You have a password now.";
            toast(others.checked ? `${what} All other devices are signed out.` : what);
            reshow();
        },
        children: [
            input({ type: "email", name: "email", value: state.user.email, autocomplete: "username", hidden: true, readonly: true }),
            password ? field({ name: "currentPassword", label: "Present password", control: passwordInput({ autocomplete: "current-password" }) })
                : h("p.muted", passkey || services.length ? "You have none, and need none. With one you can sign in also where your passkey or the other service is not at hand." : "You have none. Set one: nothing else signs you in alone."),
            newPasswordField(password ? "New password" : "Password", "newPassword"),
            h("label.check", others, h("span", "Sign out all other devices")),
            h("div.form-actions", h("button.primary", { type: "submit" }, password ? "Change the password" : "Set a password")),
        ],
    });
    return content;
}

function sessionsPart() {
    const body = h("div.settings-list");
    const refresh = () => load(body, { placeholder: body.children.length ? null : () => skeleton(3), fetch: () => api.get("/auth/sessions"), show: (sessions) => replace(body, rows(sessions)), isCurrent: () => body.isConnected });
    const end = async (path, question, done) => {
        if (!(await confirm(question))) return;
        try {
            await api.delete(path);
            toast(done);
            refresh();
        } catch (error) { if (error.code !== "REAUTHENTICATION_REQUIRED") toast(error.message, { tone: "bad" }); }
    };
    const rows = (sessions) => [
        h("ul.item-list", sessions.map((each) => h("li",
            h("span.item-main",
                h("strong", h("bdi", each.device)),
                h("span.muted.small", h("bdi", { title: each.address ?? "" }, where(each.address)), " · signed in ", when(each.createdAt), " · last used ", when(each.lastUsedAt), ` · by ${each.methods.map((method) => METHODS[method] ?? method).join(" and ")}`)),
            each.current ? h("span.tag", "this device")
                : h("button.small", { type: "button", "aria-label": `End the session of ${each.device}`, onclick: () => end(`/auth/sessions/${each.id}`, { title: `End the session of ${each.device}?`, text: "It is signed out at once.", verb: "End the session", danger: true }, "The session is ended.") }, "End")))),
        h("div.form-actions",
            sessions.length > 1 && h("button.small", { type: "button", onclick: () => end("/auth/sessions", { title: "Sign out all other devices?", text: "Only this one stays signed in.", verb: "Sign them out", danger: true }, "All other devices are signed out.") }, "Sign out all other devices"),
            h("button.small", { type: "button", onclick: signOutEverywhere }, icon("sign-out"), "Sign out everywhere")),
    ];
    queueMicrotask(refresh);
    return body;
}

async function signOutEverywhere() {
    if (!(await confirm({ title: "Sign out everywhere?", text: "All devices, this one too.", verb: "Sign out", danger: true }))) return;
    try {
        await api.post("/auth/logout-all");
    } catch (error) {
        if (error.code === "REAUTHENTICATION_REQUIRED") return;
        if (error.kind !== "unauthenticated") return void toast(error.message, { tone: "bad" });
    }
    forget();
    store("purser.signedOut", String(Date.now()));
    await navigate("/signin", { replace: true });
}
