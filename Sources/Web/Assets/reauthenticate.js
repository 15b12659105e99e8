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

/// With a second factor neither the password nor another service is enough: a code or a touch of a key goes with it. A
/// passkey that sees who is there is enough.
function showWays(body, ways, done) {
    const problem = h("div");
    const factors = ways.factors.filter((each) => each !== "passkey" || (havePasskeys() && (!ways.passkey || !ways.code)));
    const second = factors.length ? secondPart(factors) : null;
    const isHalf = ways.secondFactor && !second;
    const hasPassword = ways.password && !isHalf;
    const services = isHalf ? [] : ways.services;
    const others = [
        ways.passkey && havePasskeys() && h("button.wide", { type: "button", onclick: (event) => attempt(event.target, problem, async () => {
            await show(await signed());
            done();
        }) }, "Use a passkey"),
        services.map((each) => h("button.wide", { type: "button", onclick: (event) => attempt(event.target, problem, async () => {
            const { address } = await api.post(`/auth/reauthenticate/services/${encodeURIComponent(each.id)}`, { next: location.pathname + location.search, ...(await second?.read()) });
            location.assign(address);
        }) }, `Sign in with ${each.name} again`)),
    ].flat().filter(Boolean);
    if (!hasPassword && !others.length) return void replace(body, noWay(ways));
    replace(body,
        h("p.muted", "You signed in a while ago. Show once more that it is you to go on."),
        hasPassword ? passwordForm(second, done) : services.length > 0 && second && h("div.stack.alone-code", second.element),
        hasPassword && others.length > 0 && h("div.ways-or", h("span", "or")),
        problem,
        others.length > 0 && h("div.stack.confirm-ways", others));
    (body.querySelector("input:not([hidden])") ?? body.querySelector("button"))?.focus();
}

/// The new tokens that follow from a proof end those that other tabs have.
const show = (proof) => api.post("/auth/reauthenticate", proof, { renews: true });

/// What a passkey signs; beside a password or a service a touch is enough.
async function signed(beside = false) {
    const { ceremony, publicKey } = await api.post("/auth/reauthenticate/passkey", { beside });
    return { ceremony, credential: await prove(publicKey) };
}

/// Nothing that the account has can show here and now who is there: what to do instead.
function noWay(ways) {
    const lead = "You signed in a while ago, and this needs a sign that it is you.";
    const isElsewhere = !havePasskeys() && (ways.passkey || ways.factors.includes("passkey"));
    if (isElsewhere) return h("p", `${lead} Yours is a passkey, and this browser has none at this address: they need https. Open Purser where you use your passkey.`);
    if (ways.password) return h("p", `${lead} Sign out and in again to go on.`);
    const email = state.user?.email ?? "";
    const problem = h("div");
    const content = h("div.stack",
        h("p", `${lead} Your account has nothing to show it with: no password, and no passkey that asks who you are. Set a password by a letter to `, h("strong", h("bdi", email)), "; then sign in with it."),
        problem,
        h("div.form-actions", h("button.primary", { type: "button", onclick: (event) => attempt(event.target, problem, async () => {
            await api.post("/auth/forgot-password", { email }, { anonymous: true });
            replace(content, h("p", { role: "status" }, "A letter is on its way to ", h("strong", h("bdi", email)), ". Follow its link to set a password. All devices are signed out then."));
        }) }, "Send me the letter")));
    return content;
}

function passwordForm(second, done) {
    return form({
        className: "stack",
        aliases: { code: "factor", recoveryCode: "factor" },
        checks: (values) => [
            ...(values.password ? [] : [{ field: "password", message: "Enter your password." }]),
            ...(values.factor === undefined || values.factor.trim() ? [] : [{ field: "factor", message: "Enter a code." }]),
        ],
        send: async (values) => {
            try {
                await show({ password: values.password, ...(await second?.read()) });
            } catch (error) {
                // What was signed is still good where only the password was wrong.
                if (error.code !== "WRONG_PASSWORD") second?.forget();
                throw error;
            }
            done();
        },
        children: [
            input({ type: "email", name: "email", value: state.user?.email ?? "", autocomplete: "username", hidden: true, readonly: true }),
            field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }) }),
            second?.element,
            h("div.form-actions", h("button.primary", { type: "submit" }, "Go on")),
        ],
    });
}

const FACTORS = {
    totp: { name: "code", label: "Code", hint: "Six digits of your authenticator app.", offer: "Use a code of the app" },
    recovery: { name: "recoveryCode", label: "Recovery code", hint: "One of those you wrote down. Each works once.", offer: "Lost the device? Use a recovery code" },
    passkey: { offer: "Use a security key or passkey" },
};

/// The second factor, one of those that the account has. read() → what the server takes; forget() what was signed.
function secondPart(factors) {
    const element = h("div.stack");
    let chosen;
    let control = null;
    let kept = null;
    const choose = (factor) => {
        chosen = factor;
        const { name, label, hint } = FACTORS[factor];
        control = !name ? null : factor === "recovery"
            ? input({ autocapitalize: "none", spellcheck: "false", maxlength: 64 })
            : input({ inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8, class: "code-input" });
        replace(element,
            name ? field({ name: "factor", label, control, hint }) : h("p.muted", "Then your browser asks for your security key or passkey. A touch of it is enough."),
            factors.filter((each) => each !== factor).map((each) => h("p.field-foot", h("button.link", { type: "button", onclick: () => { choose(each); control?.focus(); } }, FACTORS[each].offer))));
    };
    choose(factors[0]);
    return {
        element,
        read: async () => {
            if (!control) return (kept ??= await signed(true));
            return control.value.trim() ? { [FACTORS[chosen].name]: control.value.trim() } : {};
        },
        forget: () => { kept = null; },
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
