// The person: name, picture, and what others in a shared book see of them.

import { api, upload } from "./api.js";
import { reshow } from "./app.js";
import { timeZoneOptions } from "./book-form.js";
import { h, icon, replace } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { face } from "./members.js";
import { describe, toast } from "./overlays.js";
import { state } from "./state.js";

const LARGEST = 2 * 1024 * 1024;

function take(saved) {
    state.user = { ...state.user, ...saved, books: saved?.books ?? state.user.books };
}

export function profileForm() {
    const { user } = state;
    const done = Number(user.completeness ?? 100);
    return h("div.stack",
        avatarChoice(),
        form({
            className: "stack",
            send: async (values) => {
                take(await api.put("/users/me", {
                    firstName: values.firstName.trim() || null, lastName: values.lastName.trim() || null,
                    bio: values.bio.trim() || null, timeZone: values.timeZone || null,
                }));
                toast("Profile saved.");
                reshow();
            },
            children: [
                h("div.field-row",
                    field({ name: "firstName", label: "First name", control: input({ value: user.firstName ?? "", autocomplete: "given-name", maxlength: 100 }) }),
                    field({ name: "lastName", label: "Last name", control: input({ value: user.lastName ?? "", autocomplete: "family-name", maxlength: 100 }) })),
                field({ name: "email", label: "E-mail", control: input({ value: user.email, type: "email", readonly: true }), hint: "This is how you sign in." }),
                field({ name: "bio", label: "About you", optional: true, control: h("textarea", { rows: 2, maxlength: 500 }, user.bio ?? "") }),
                field({ name: "timeZone", label: "Time zone", control: select([["", "That of each book"], ...timeZoneOptions(user.timeZone)], user.timeZone ?? "") }),
                done < 100 && h("p.muted.small", `Your profile is ${done} % complete.`),
                h("div.form-actions", h("button.primary", { type: "submit" }, "Save profile")),
            ],
        }));
}

/// The picture, with a look at the one that was chosen before it is sent.
function avatarChoice() {
    const { user } = state;
    const shown = h("span", face({ name: user.displayName, avatarUrl: user.avatarUrl }));
    const problem = h("p.field-error", { hidden: true, role: "alert" });
    const file = h("input", { type: "file", hidden: true, accept: "image/jpeg,image/png,image/webp", "aria-label": "Picture", onchange: () => file.files[0] && send(file.files[0]) });
    const choose = h("button", { type: "button", onclick: () => file.click() }, user.avatarUrl ? "Another picture …" : "Choose a picture …");
    const fail = (text) => { problem.textContent = text; problem.hidden = false; };
    async function send(chosen) {
        problem.hidden = true;
        if (chosen.size > LARGEST) return fail("The picture is larger than 2 MB. Choose a smaller one.");
        choose.disabled = true;
        try {
            take(await upload("/users/me/avatar", {}, chosen, { method: "PATCH" }));
            toast("Picture saved.");
            reshow();
        } catch (error) {
            choose.disabled = false;
            file.value = "";
            if (error.kind !== "unauthenticated") fail(describe(error).text);
        }
    }
    async function remove() {
        try {
            await api.delete("/users/me/avatar");
            take({ avatarUrl: null });
            toast("Picture removed.");
            reshow();
        } catch (error) { toast(`Not removed. ${describe(error).text}`, { tone: "bad" }); }
    }
    const element = h("div.avatar-choice");
    replace(element, shown, h("div.stack", h("div.form-actions", choose, user.avatarUrl && h("button.quiet", { type: "button", onclick: remove }, icon("trash"), "Remove")), file, problem));
    return element;
}
