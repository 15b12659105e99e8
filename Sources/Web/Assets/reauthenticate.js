// "Is it still you?": asked before what keeps others out is changed, when signing in was a while ago.

import { api } from "./api.js";
import { h } from "./dom.js";
import { field, form, input, passwordInput } from "./forms.js";
import { openDialog } from "./overlays.js";
import { state } from "./state.js";

let asking = null;

/// Resolves to whether the person has proved who they are. Several requests share one question.
export function reauthenticate() {
    asking ??= ask().finally(() => { asking = null; });
    return asking;
}

function ask() {
    return new Promise((resolve) => {
        const content = form({
            className: "stack",
            checks: (values) => (values.password ? [] : [{ field: "password", message: "Enter your password." }]),
            send: async (values) => {
                await api.post("/auth/reauthenticate", { password: values.password });
                close("yes");
            },
            children: [
                input({ type: "email", name: "email", value: state.user?.email ?? "", autocomplete: "username", hidden: true, readonly: true }),
                field({ name: "password", label: "Password", control: passwordInput({ autocomplete: "current-password" }) }),
                h("div.form-actions", h("button.primary", { type: "submit" }, "Go on")),
            ],
        });
        const { close } = openDialog({
            title: "Is it still you?", className: "question",
            body: h("div.dialog-body", h("p.muted", "You signed in a while ago. Give your password once more to go on."), content),
            onclose: (value) => resolve(value === "yes"),
        });
        content.querySelector("[name=password]").focus();
    });
}
