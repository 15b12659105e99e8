// The second step of signing in.

import { api } from "./api.js";
import { frame } from "./auth.js";
import { h, replace } from "./dom.js";
import { field, form, input } from "./forms.js";

/// Ways to do the second step that another file adds: {method, text, use(challenge) → session data}.
export const otherFactors = [];

/// Asks for what the account's second factor is. enter(data) goes on with the session.
export function secondStep(root, step, enter, { recovery = false } = {}) {
    const has = (method) => step.methods.includes(method);
    const again = () => secondStep(root, step, enter, { recovery: !recovery });
    const over = (error) => {
        if (error.code !== "CHALLENGE_EXPIRED") throw error;
        replace(root, frame("That took too long", "Or there were too many wrong codes. Sign in again.", h("a.button.primary.wide", { href: "/signin", onclick: () => location.reload() }, "Sign in again")));
    };
    const name = recovery ? "recoveryCode" : "code";
    const control = recovery
        ? input({ autocapitalize: "none", spellcheck: "false", maxlength: 64, placeholder: "xxxx-xxxx-xxxx-…" })
        : input({ inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8, pattern: "[0-9 ]*", class: "code-input" });
    const content = form({
        className: "stack",
        aliases: { code: name },
        checks: (values) => (values[name].trim() ? [] : [{ field: name, message: recovery ? "Enter one of your recovery codes." : "Enter the six digits." }]),
        send: async (values) => {
            try {
                await enter(await api.post("/auth/mfa/verify", { challenge: step.challenge, [name]: values[name].trim() }, { anonymous: true }));
            } catch (error) { over(error); }
        },
        children: [
            has("totp") && field({ name, label: recovery ? "Recovery code" : "Code", control, hint: recovery ? "One of those you wrote down. Each works once." : "Six digits of your authenticator app." }),
            has("totp") && h("button.primary.wide", { type: "submit" }, "Sign in"),
        ],
    });
    const others = otherFactors.filter((each) => has(each.method)).map((each) => h("button.wide", { type: "button", onclick: async (event) => {
        event.target.disabled = true;
        try { await enter(await each.use(step.challenge)); } catch (error) {
            event.target.disabled = false;
            over(error);
        }
    } }, each.text));
    replace(root, frame("One more step", recovery || !has("totp") ? null : "Your password is right. Now the code of your authenticator app.", content, others.length > 0 && h("div.stack.second-ways", others),
        has("recovery") && h("p.entrance-foot", h("button.link", { type: "button", onclick: again }, recovery ? "Use a code of the app" : "Lost the device? Use a recovery code"))));
    (content.querySelector("input") ?? root.querySelector("h1")).focus();
    document.title = "One more step – Purser";
}
