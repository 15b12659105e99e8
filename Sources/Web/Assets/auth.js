// Signing up, signing in, and the one-time set-up of the first administrator.

import { api } from "./api.js";
import { bookForm, guessCurrency, guessTimeZone } from "./book-form.js";
import { h, icon, replace } from "./dom.js";
import { field, form, input, passwordInput } from "./forms.js";
import { navigate } from "./app.js";
import { secondStep } from "./signin-factors.js";
import { join, keptInvitation } from "./invited.js";
import { adopt, state } from "./state.js";
import { themeButton } from "./shell.js";
import { visitProblem, waysIn } from "./signin-ways.js";

const MINIMUM = 8;

export function frame(title, lead, ...content) {
    return h("div.entrance",
        h("div.entrance-top", h("a.brand", { href: "/" }, icon("logo", "brand-mark"), h("span", "Purser")), themeButton()),
        h("main.entrance-card", { id: "main", tabindex: "-1" }, h("h1", { tabindex: "-1" }, title), lead && h("p.lead", lead), content));
}

export const emailCheck = (values) => (/^\S+@\S+$/.test(values.email.trim()) ? [] : [{ field: "email", message: "Enter an e-mail address." }]);
export const newPasswordCheck = (values) => ([...values.password].length >= MINIMUM ? [] : [{ field: "password", message: `Choose at least ${MINIMUM} characters.` }]);

export const emailField = (properties, hint) => field({ name: "email", label: "E-mail", hint, control: input({ type: "email", autocomplete: "username", inputmode: "email", spellcheck: "false", autocapitalize: "none", ...properties }) });
export const newPasswordField = (label = "Password", name = "password") => field({ name, label, control: passwordInput({ autocomplete: "new-password" }), hint: `At least ${MINIMUM} characters. A few unrelated words are easy to keep and hard to guess.` });

async function enter(data, next) {
    // The answer to signing in may list the user without the books; /users/me always has them.
    adopt(data?.user?.books ? data.user : await api.get("/users/me"));
    await navigate(next, { replace: true });
}

/// Where to go after signing in: a path of this page, never another address.
function returnPath() {
    const next = new URLSearchParams(location.search).get("next") ?? "/";
    return /^\/(?![/\\])/.test(next) ? next : "/";
}

/// The same for the other of the two forms.
const carried = () => (returnPath() === "/" ? "" : `?next=${encodeURIComponent(returnPath())}`);
const invited = () => (returnPath() === "/invitation" ? keptInvitation() : null);

/// An address that is none of the page's, to someone who is not signed in.
export function lost(root, title) {
    replace(root, frame(title, `No screen is at ${location.pathname.slice(0, 80)}.`, h("a.button.primary", { href: "/" }, "To the start")));
    return { title };
}

export function signIn(root) {
    // Back from another service, to an account that has a second factor here.
    const step = new URLSearchParams(location.hash.slice(1));
    if (step.get("challenge")) {
        const next = returnPath();
        history.replaceState(history.state, "", location.pathname + location.search);
        secondStep(root, { challenge: step.get("challenge"), methods: (step.get("methods") ?? "").split(",") }, (session) => enter(session, next));
        return { title: "One more step" };
    }
    const content = form({
        className: "stack",
        checks: (values) => [...emailCheck(values), ...(values.password ? [] : [{ field: "password", message: "Enter your password." }])],
        send: async (values) => {
            const next = returnPath();
            const data = await api.post("/auth/login", { email: values.email.trim(), password: values.password, session: "cookie" }, { anonymous: true });
            if (data?.mfaRequired) secondStep(root, data, (session) => enter(session, next));
            else await enter(data, next);
        },
        children: [
            emailField({ value: invited()?.email ?? "" }),
            field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }) }),
            h("p.field-foot", h("a", { href: "/forgot" }, "Lost your password?")),
            h("button.primary.wide", { type: "submit" }, "Sign in"),
        ],
    });
    replace(root, frame("Sign in", null, visitProblem(), content, waysIn({ onsignedin: (data) => enter(data, returnPath()), next: returnPath() }), h("p.entrance-foot", "New here? ", h("a", { href: `/signup${carried()}` }, "Create an account"))));
    [...content.querySelectorAll("input")].find((each) => !each.value)?.focus();
    return { title: "Sign in" };
}

export function signUp(root) {
    const invitation = invited();
    const content = form({
        className: "stack",
        checks: (values) => [...emailCheck(values), ...newPasswordCheck(values)],
        send: async (values) => {
            const data = await api.post("/auth/register", {
                email: values.email.trim(), password: values.password, name: values.name.trim() || undefined,
                currency: guessCurrency(), timeZone: guessTimeZone(), session: "cookie", invitation: invitation?.token,
            }, { anonymous: true });
            if (data?.pending) return void lookIntoMail(root, values.email.trim());
            if (invitation) await enterInvited(invitation);
            else await welcome(root, data);
        },
        children: [
            field({ name: "name", label: "Your name", optional: true, control: input({ autocomplete: "name", maxlength: 100 }) }),
            emailField({ value: invitation?.email ?? "", readonly: Boolean(invitation?.email) }, invitation?.email && "The invitation was sent to this address."),
            newPasswordField(),
            h("button.primary.wide", { type: "submit" }, invitation ? "Create account and join" : "Create account"),
        ],
    });
    replace(root, frame("Create your account", invitation?.bookName ? ["You join ", h("strong", h("bdi", invitation.bookName)), " with it."] : "Your money stays on this machine.", content, h("p.entrance-foot", "Already have one? ", h("a", { href: `/signin${carried()}` }, "Sign in"))));
    content.querySelector("input").focus();
    return { title: "Create your account" };
}

/// The letter has shown whose the address is, and the button has said what follows: nothing more is asked.
async function enterInvited({ token }) {
    try { await join(token); } catch {
        // The account is there all the same; what became of the invitation is said at its place.
        adopt(await api.get("/users/me"));
        await navigate("/invitation", { replace: true });
    }
}

/// With a new account: first its book; of one's own it can wait while an invitation does not.
export async function welcome(root, data) {
    adopt(data?.user?.books ? data.user : await api.get("/users/me"));
    if (keptInvitation()) await navigate("/invitation", { replace: true });
    else bookSetUp(root);
}

function lookIntoMail(root, address) {
    replace(root, frame("Look into your mail", `A letter with a link is on its way to ${address}. Your account is opened by it. The link works for 24 hours.`, h("p.entrance-foot", h("a", { href: "/signin" }, "Back to the sign-in"))));
    document.title = "Look into your mail – Purser";
    root.querySelector("h1").focus();
}

function bookSetUp(root) {
    const done = () => navigate(returnPath() === "/" ? "/import?welcome" : returnPath(), { replace: true });
    replace(root, frame("Set up your book", "A book holds your entries, in one currency. We made a guess at the details.",
        bookForm({ book: state.book, submit: "Open the book", onsaved: done, secondary: h("button.link", { type: "button", onclick: done }, "Later, in the settings") })));
    document.title = "Set up your book – Purser";
    root.querySelector("h1").focus();
}

export function setUp(root, { token }) {
    const content = form({
        className: "stack",
        checks: (values) => [...emailCheck(values), ...newPasswordCheck(values)],
        send: async (values) => {
            const data = await api.post("/auth/setup", { token, email: values.email.trim(), password: values.password, session: "cookie" }, { anonymous: true });
            history.replaceState(null, "", "/signup"); // the used token need not stay in the history
            adopt(data?.user?.books ? data.user : await api.get("/users/me"));
            if (state.book) bookSetUp(root);
            else await navigate("/", { replace: true });
        },
        children: [emailField(), newPasswordField(), h("button.primary.wide", { type: "submit" }, "Create the administrator")],
    });
    replace(root, frame("Welcome to Purser", "This link works once. It makes the account that looks after this server.", content));
    content.querySelector("input").focus();
    return { title: "Set up" };
}
