// "Is it still you?": asked before what keeps others out is changed, when signing in was a while ago.

import { api } from "./api.js";
import { h, replace } from "./dom.js";
import { field, form, input, passwordInput } from "./forms.js";
import { banner, openDialog, toast } from "./overlays.js";
import { havePasskeys, prove } from "./passkeys.js";
import { state } from "./state.js";

let asking = null;

/// Resolves to whether the person has proved who they are. Several requests share one question.
export function reauthenticate() {
    asking ??= ask().finally(() => { asking = null; });
    return asking;
}

async function ask() {
    const ways = await api.get("/auth/reauthenticate");
    return new Promise((resolve) => {
        const body = h("div.dialog-body");
        const { close } = openDialog({ title: "Is it still you?", className: "question", body, onclose: (value) => resolve(value === "yes") });
        showWays(body, ways, () => close("yes"));
    });
}

/// With a second factor neither the password nor another service is enough: a code goes with it. A passkey is.
function showWays(body, ways, done) {
    const problem = h("div");
    const code = ways.secondFactor && ways.code ? codePart() : null;
    const isHalf = ways.secondFactor && !code;
    const hasPassword = ways.password && !isHalf;
    const services = isHalf ? [] : ways.services;
    const others = [
        ways.passkey && havePasskeys() && h("button.wide", { type: "button", onclick: (event) => attempt(event.target, problem, async () => {
            const { ceremony, publicKey } = await api.post("/auth/reauthenticate/passkey");
            await api.post("/auth/reauthenticate", { ceremony, credential: await prove(publicKey) });
            done();
        }) }, "Use a passkey"),
        services.map((each) => h("button.wide", { type: "button", onclick: (event) => attempt(event.target, problem, async () => {
            const { address } = await api.post(`/auth/reauthenticate/services/${encodeURIComponent(each.id)}`, { next: location.pathname + location.search, ...code?.read() });
            location.assign(address);
        }) }, `Sign in with ${each.name} again`)),
    ].flat().filter(Boolean);
    replace(body,
        h("p.muted", hasPassword || others.length ? "You signed in a while ago. Show once more that it is you to go on." : "You signed in a while ago. Sign out and in again to go on."),
        hasPassword ? passwordForm(code, done) : services.length > 0 && code && h("div.stack.alone-code", code.element),
        hasPassword && others.length > 0 && h("div.ways-or", h("span", "or")),
        problem,
        others.length > 0 && h("div.stack.confirm-ways", others));
    (body.querySelector("input:not([hidden])") ?? body.querySelector("button"))?.focus();
}

function passwordForm(code, done) {
    return form({
        className: "stack",
        aliases: { code: "factor", recoveryCode: "factor" },
        checks: (values) => [
            ...(values.password ? [] : [{ field: "password", message: "Enter your password." }]),
            ...(!code || values.factor.trim() ? [] : [{ field: "factor", message: "Enter a code." }]),
        ],
        send: async (values) => {
            await api.post("/auth/reauthenticate", { password: values.password, ...code?.read() });
            done();
        },
        children: [
            input({ type: "email", name: "email", value: state.user?.email ?? "", autocomplete: "username", hidden: true, readonly: true }),
            field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }) }),
            code?.element,
            h("div.form-actions", h("button.primary", { type: "submit" }, "Go on")),
        ],
    });
}

/// The second factor: six digits, or one of the codes that were written down. read() → what the server takes.
function codePart() {
    const element = h("div.stack");
    let isRecovery = false;
    let control;
    const draw = () => {
        control = isRecovery
            ? input({ autocapitalize: "none", spellcheck: "false", maxlength: 64 })
            : input({ inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8, class: "code-input" });
        replace(element,
            field({ name: "factor", label: isRecovery ? "Recovery code" : "Code", control, hint: isRecovery ? "One of those you wrote down. Each works once." : "Six digits of your authenticator app." }),
            h("p.field-foot", h("button.link", { type: "button", onclick: () => { isRecovery = !isRecovery; draw(); control.focus(); } }, isRecovery ? "Use a code of the app" : "Lost the device? Use a recovery code")));
    };
    draw();
    return {
        element,
        read: () => (control.value.trim() ? { [isRecovery ? "recoveryCode" : "code"]: control.value.trim() } : {}),
    };
}

async function attempt(button, problem, body) {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    replace(problem);
    try {
        await body();
    } catch (error) {
        replace(problem, banner(error));
    } finally {
        button.removeAttribute("aria-disabled");
    }
}

const OUTCOMES = {
    done: "You have shown that it is you. Now do it once more.",
    denied: "You were not signed in there, so nothing is confirmed.",
    provider: "The other service could not be asked, or its answer was not one to trust. Try again later.",
    other: "That is another account there than the one that you have linked.",
    stale: "The other service did not ask you to sign in again. Sign out there first.",
    factor: "Your account has a second factor: enter a code before you go to the other service.",
    state: "That took too long, or was begun in another window. Try again.",
};

/// Back from another service: what came of it stands in the page's address once.
export function tellOutcome() {
    const address = new URL(location.href);
    const outcome = address.searchParams.get("confirm");
    if (!OUTCOMES[outcome]) return;
    address.searchParams.delete("confirm");
    history.replaceState(history.state, "", address.pathname + address.search + address.hash);
    toast(OUTCOMES[outcome], outcome === "done" ? { seconds: 8 } : { tone: "bad", seconds: 8 });
}
