// Settings → Security: codes of an authenticator app as a second factor.

import { api, renewTokens } from "./api.js";
import { h, icon, plural, replace } from "./dom.js";
import { field, form, input, passwordInput } from "./forms.js";
import { confirm, load, openDialog, skeleton, toast } from "./overlays.js";
import { state } from "./state.js";

export const section = () => ["Two-step sign-in", "A code of an authenticator app on your phone, besides your password. Whoever has only one of them stays out.", part(), "codes"];

function part() {
    const body = h("div.settings-list");
    const refresh = () => load(body, { placeholder: body.children.length ? null : () => skeleton(2), fetch: () => api.get("/auth/mfa"), show: (now) => replace(body, shown(now, refresh)), isCurrent: () => body.isConnected });
    queueMicrotask(refresh);
    return body;
}

function shown(now, refresh) {
    if (!now.enabled) {
        return [
            now.required && !now.methods.length ? h("div.banner", { role: "status", data: { tone: "bad" } }, icon("alert"), h("div.banner-text", h("span", "This server asks you to sign in with a second factor. Set one up to go on."))) : h("p.muted", "Off. Any authenticator app will do."),
            h("button.primary", { type: "button", onclick: () => enrol(refresh) }, "Set up an authenticator app"),
        ];
    }
    return [
        h("div.security-line", h("span.tag", icon("check"), "on"), h("span.muted", `${plural(now.recoveryCodesLeft, "recovery code")} left`)),
        now.recoveryCodesLeft <= 3 && h("p.muted", "Make new recovery codes before you run out of them."),
        h("div.form-actions",
            h("button.small", { type: "button", onclick: () => renew(refresh) }, "New recovery codes"),
            !now.required && h("button.small", { type: "button", onclick: () => disable(refresh) }, "Turn it off")),
    ];
}

async function enrol(refresh) {
    let enrolment;
    try { enrolment = await api.post("/auth/mfa/enable"); } catch (error) {
        if (error.code !== "REAUTHENTICATION_REQUIRED") toast(error.message, { tone: "bad" });
        return;
    }
    const content = form({
        className: "stack",
        checks: (values) => (values.code.trim() ? [] : [{ field: "code", message: "Enter the six digits." }]),
        send: async (values) => {
            const { recoveryCodes } = await api.post("/auth/mfa/verify", { code: values.code.trim() });
            close();
            // The access token still says that a second factor is missing; a new one does not.
            await renewTokens().catch(() => {});
            refresh();
            showCodes(recoveryCodes, "Two-step sign-in is on");
        },
        children: [
            h("img.qr", { src: `data:image/svg+xml,${encodeURIComponent(enrolment.qrSVG)}`, alt: "The secret as a QR code", width: 200, height: 200 }),
            h("details.disclosure", h("summary", "No camera at hand?"), h("p", "Type this secret into the app:"), h("code.secret", enrolment.secret.match(/.{1,4}/g).join(" "))),
            field({ name: "code", label: "The code it shows", control: input({ inputmode: "numeric", autocomplete: "one-time-code", maxlength: 8, class: "code-input" }) }),
            h("div.form-actions", h("button.primary", { type: "submit" }, "Turn it on")),
        ],
    });
    const { close } = openDialog({ title: "Set up an authenticator app", className: "question", body: h("div.dialog-body", h("p.muted", "Scan this with the app, then type in the code that it shows."), content) });
    content.querySelector("[name=code]").focus();
}

async function disable(refresh) {
    let password = true;
    try { ({ password } = await api.get("/auth/reauthenticate")); } catch (error) { return void toast(error.message, { tone: "bad" }); }
    const content = form({
        className: "stack",
        checks: (values) => [...(values.password || !password ? [] : [{ field: "password", message: "Enter your password." }]), ...(values.code.trim() ? [] : [{ field: "code", message: "Enter a code." }])],
        send: async (values) => {
            const typed = values.code.trim();
            await api.post("/auth/mfa/disable", { password: password ? values.password : undefined, [/^[\d ]+$/.test(typed) ? "code" : "recoveryCode"]: typed });
            close();
            toast("Two-step sign-in is off. All other devices are signed out.");
            refresh();
        },
        children: [
            input({ type: "email", name: "email", value: state.user.email, autocomplete: "username", hidden: true, readonly: true }),
            password && field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }) }),
            field({ name: "code", label: "Code, or recovery code", control: input({ autocomplete: "one-time-code", maxlength: 64 }) }),
            h("div.form-actions", h("button.danger", { type: "submit" }, "Turn it off")),
        ],
    });
    const { close } = openDialog({ title: "Turn two-step sign-in off?", className: "question", body: h("div.dialog-body", h("p.muted", password ? "Your password alone will sign you in." : "No code will be asked for any more."), content) });
    content.querySelector("[name=password], [name=code]").focus();
}

async function renew(refresh) {
    if (!(await confirm({ title: "New recovery codes?", text: "The ones you have work no more.", verb: "Make new ones" }))) return;
    try {
        const { recoveryCodes } = await api.post("/auth/mfa/recovery-codes");
        refresh();
        showCodes(recoveryCodes, "Your new recovery codes");
    } catch (error) {
        if (error.code !== "REAUTHENTICATION_REQUIRED") toast(error.message, { tone: "bad" });
    }
}

/// Shown this once: to save, to copy, to print.
function showCodes(codes, title) {
    const text = `Purser, recovery codes of ${state.user.email}\n\n${codes.join("\n")}\n`;
    const file = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    openDialog({
        title, className: "question recovery-dialog",
        body: h("div.dialog-body",
            h("p", "Keep these recovery codes where you find them without your phone. Each signs you in once. They are not shown again."),
            h("ul.recovery-codes", codes.map((code) => h("li", h("code", code)))),
            h("div.form-actions",
                h("a.button.small", { href: file, download: "purser-recovery-codes.txt" }, "Save"),
                h("button.small", { type: "button", onclick: () => navigator.clipboard?.writeText(text).then(() => toast("Copied."), () => toast("Copying did not work.", { tone: "bad" })) }, icon("copy"), "Copy"),
                h("button.small", { type: "button", onclick: () => window.print() }, "Print"))),
        onclose: () => URL.revokeObjectURL(file),
    });
}
