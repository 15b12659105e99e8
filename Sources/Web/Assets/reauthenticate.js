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
        const prefer = ways.password ? "password" : ways.code ? "code" : null;
        showWays(body, ways, prefer, () => close("yes"));
    });
}

function showWays(body, ways, typed, done) {
    const problem = h("div");
    const others = [
        ways.password && typed !== "password" && h("button.wide", { type: "button", onclick: () => showWays(body, ways, "password", done) }, "Use your password"),
        ways.code && typed !== "code" && h("button.wide", { type: "button", onclick: () => showWays(body, ways, "code", done) }, "Use a code of your device"),
        ways.passkey && havePasskeys() && h("button.wide", { type: "button", onclick: (event) => attempt(event.target, problem, async () => {
            const { ceremony, publicKey } = await api.post("/auth/reauthenticate/passkey");
            await api.post("/auth/reauthenticate", { ceremony, credential: await prove(publicKey) });
            done();
        }) }, "Use a passkey"),
        ways.services.map((each) => h("button.wide", { type: "button", onclick: (event) => attempt(event.target, problem, async () => {
            const { address } = await api.post(`/auth/reauthenticate/services/${encodeURIComponent(each.id)}`, { next: location.pathname + location.search });
            location.assign(address);
        }) }, `Sign in with ${each.name} again`)),
    ].flat().filter(Boolean);
    replace(body,
        h("p.muted", typed || others.length ? "You signed in a while ago. Show once more that it is you to go on." : "You signed in a while ago. Sign out and in again to go on."),
        typed && typedForm(typed, done),
        typed && others.length > 0 && h("div.ways-or", h("span", "or")),
        problem,
        others.length > 0 && h("div.stack.confirm-ways", others));
    (body.querySelector("input:not([hidden])") ?? body.querySelector("button"))?.focus();
}

function typedForm(kind, done) {
    const isCode = kind === "code";
    return form({
        className: "stack",
        checks: (values) => (values[kind].trim() ? [] : [{ field: kind, message: isCode ? "Enter the six digits." : "Enter your password." }]),
        send: async (values) => {
            await api.post("/auth/reauthenticate", { [kind]: isCode ? values.code.trim() : values.password });
            done();
        },
        children: [
            !isCode && input({ type: "email", name: "email", value: state.user?.email ?? "", autocomplete: "username", hidden: true, readonly: true }),
            isCode
                ? field({ name: "code", label: "Code", control: input({ inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8, class: "code-input" }), hint: "Six digits of the program on your device." })
                : field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }) }),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Go on")),
        ],
    });
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
