// The ways to sign in beside the password: a passkey, another service.

import { api } from "./api.js";
import { h, icon, replace } from "./dom.js";
import { banner } from "./overlays.js";
import { havePasskeys, signInWithPasskey } from "./passkeys.js";

/// What a visit to another service came to, when it came to nothing.
const PROBLEMS = {
    state: "That took too long, or was begun in another window. Try again.",
    denied: "You were not signed in there, so you are not signed in here.",
    provider: "The other service could not be asked, or its answer was not one to trust. Try again later.",
    link: "There is an account with your address already. Sign in to it as usual, then link the other service under Settings, Security.",
    email: "The other service does not vouch for your e-mail address. Confirm it there first, or create an account here.",
    closed: "New accounts are made by the administrator here.",
    terms: "Create your account here first, since there are terms to accept. You can link the other service afterwards.",
    disabled: "This account has been disabled. Ask your administrator.",
};

/// A banner for the problem in the page's address; nothing without one.
export function visitProblem() {
    const text = PROBLEMS[new URLSearchParams(location.search).get("problem")];
    return text ? h("div.banner", { role: "alert", data: { tone: "bad" } }, icon("alert"), h("div.banner-text", h("span", text))) : null;
}

/// onsignedin(answer) goes on from there; `next` is where to.
export function waysIn({ onsignedin, next }) {
    const problem = h("div");
    const services = h("div.ways-list");
    const passkey = havePasskeys() && h("button.wide", { type: "button" }, icon("key"), "Sign in with a passkey");
    if (passkey) passkey.addEventListener("click", async () => {
        if (passkey.getAttribute("aria-disabled")) return;
        passkey.setAttribute("aria-disabled", "true");
        replace(problem);
        try {
            await onsignedin(await signInWithPasskey());
        } catch (error) {
            replace(problem, banner(error));
        } finally {
            passkey.removeAttribute("aria-disabled");
        }
    });
    const element = h("div.ways", { hidden: !passkey }, h("div.ways-or", h("span", "or")), problem, passkey, services);
    api.get("/auth/oauth", {}, { anonymous: true }).then((providers) => {
        replace(services, (providers ?? []).map((each) => h("a.button.wide", { href: `/api/v1/auth/oauth/${encodeURIComponent(each.id)}?${new URLSearchParams({ next })}` }, `Sign in with ${each.name}`)));
        if (providers?.length) element.hidden = false;
    }).catch(() => { /* the password works all the same */ });
    return element;
}
