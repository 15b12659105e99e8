// Links in letters, and asking for them: /verify, /forgot, /reset, /confirm-email.

import { api } from "./api.js";
import { emailCheck, emailField, frame, newPasswordCheck, newPasswordField, welcome } from "./auth.js";
import { h, replace } from "./dom.js";
import { field, form, passwordInput } from "./forms.js";
import { banner } from "./overlays.js";
import { forget, loadSession, state } from "./state.js";

/// The token stands behind the #, which no browser sends. It need not stay in the history either.
function takeToken() {
    const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
    if (token) history.replaceState(null, "", location.pathname);
    return token;
}

const onwards = () => (state.user ? h("a.button.primary.wide", { href: "/" }, "To the dashboard") : h("a.button.primary.wide", { href: "/signin" }, "Sign in"));
const card = (root, title, lead, ...content) => { replace(root, frame(title, lead, ...content)); root.querySelector("h1").focus(); };

/// What a link does that needs nothing but itself.
function useLink(root, { title, path, done }) {
    const token = takeToken();
    const attempt = async () => {
        card(root, title, "One moment …");
        try {
            const data = await api.post(path, { token }, { anonymous: true });
            if (state.user) await loadSession();
            const [heading, text] = done(data);
            card(root, heading, text, onwards());
        } catch (error) {
            if (error.code === "TOKEN_INVALID" || !token) card(root, "This link does not work any more", "It has been used, or is too old. Ask for a new letter.", h("a.button.primary.wide", { href: state.user ? "/settings/security" : "/signin" }, state.user ? "To the settings" : "To the sign-in"));
            else card(root, title, null, banner(error, { retry: attempt }));
        }
    };
    attempt();
    return { title };
}

export const verify = (root) => useLink(root, { title: "Confirm your address", path: "/auth/verify-email", done: () => ["Thank you", "Your e-mail address is confirmed."] });

export const confirmEmail = (root) => useLink(root, { title: "Your new address", path: "/auth/confirm-email", done: (data) => ["Your address is changed", `From now on you sign in as ${data.email}.`] });

export function forgot(root) {
    const content = form({
        className: "stack",
        checks: emailCheck,
        send: async (values) => {
            await api.post("/auth/forgot-password", { email: values.email.trim() }, { anonymous: true });
            card(root, "Look into your mail", `If there is an account with the address ${values.email.trim()}, a letter with a link is on its way. The link works for an hour.`, h("p.entrance-foot", h("a", { href: "/signin" }, "Back to the sign-in")));
        },
        children: [emailField(), h("button.primary.wide", { type: "submit" }, "Send me a link")],
    });
    replace(root, frame("Lost your password?", "We send you a link to set a new one.", content, h("p.entrance-foot", h("a", { href: "/signin" }, "Back to the sign-in"))));
    content.querySelector("input").focus();
    return { title: "Lost your password?" };
}

export function reset(root) {
    const title = "Set a new password";
    const token = takeToken();
    if (!token) {
        card(root, "Open the link once more", "This page works only by the link in the letter.", h("a.button.primary.wide", { href: "/forgot" }, "Ask for a letter"));
        return { title };
    }
    const content = form({
        className: "stack",
        checks: newPasswordCheck,
        aliases: { token: "password" },
        send: async (values) => {
            await api.post("/auth/reset-password", { token, password: values.password }, { anonymous: true });
            if (state.user) forget();
            card(root, "Your password is set", "All devices were signed out. Sign in with the new password.", h("a.button.primary.wide", { href: "/signin" }, "Sign in"));
        },
        children: [newPasswordField("New password"), h("button.primary.wide", { type: "submit" }, "Set the password")],
    });
    replace(root, frame(title, "All devices that are signed in are signed out.", content, h("p.entrance-foot", h("a", { href: "/forgot" }, "Ask for a new link"))));
    content.querySelector("input").focus();
    return { title };
}

/// For the settings: another letter.
export async function resend(email) {
    await api.post("/auth/resend-verification", { email });
}

/// The link of a new account: its password is asked for, since whoever reads the mail need not be who registered.
export function openAccount(root) {
    const title = "Open your account";
    const token = takeToken();
    const over = () => card(root, "This link does not work any more", "It has been used, or is too old, or there were too many wrong passwords. Register once more.", h("a.button.primary.wide", { href: "/signup" }, "Create an account"));
    if (!token) {
        over();
        return { title };
    }
    const content = form({
        className: "stack",
        checks: (values) => (values.password ? [] : [{ field: "password", message: "Enter the password that you chose." }]),
        send: async (values) => {
            try {
                const data = await api.post("/auth/register/complete", { token, password: values.password, session: "cookie" }, { anonymous: true });
                if (state.user) forget();
                history.replaceState(null, "", "/signup"); // the used link need not stay in the history
                await welcome(root, data);
            } catch (error) {
                if (error.code !== "TOKEN_INVALID") throw error;
                over();
            }
        },
        children: [
            field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }), hint: "The one that you chose when you registered." }),
            h("button.primary.wide", { type: "submit" }, "Open the account"),
        ],
    });
    replace(root, frame(title, "Your address is confirmed by this link.", content));
    content.querySelector("input").focus();
    return { title };
}
