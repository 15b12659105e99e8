// The person, the book, the look, and the way out.

import { api, store } from "./api.js";
import { navigate, reshow } from "./app.js";
import { bookForm } from "./book-form.js";
import { h, icon, replace } from "./dom.js";
import { segmented } from "./forms.js";
import { describe, toast } from "./overlays.js";
import { profileForm } from "./profile.js";
import * as bookScreens from "./routes-books.js";
import * as liveScreens from "./routes-live.js";
import * as signInScreens from "./routes-signin.js";
import { importProfiles, paymentMethods } from "./settings-lists.js";
import { forget, may, state } from "./state.js";
import { setTheme, theme } from "./shell.js";

export function show(main) {
    const { user, book } = state;
    const section = (title, text, content, id) => h("section.settings-section", { id }, h("div", h("h2", title), h("p.muted", text)), h("div.panel-box", content));
    replace(main,
        h("header.screen-head", h("h1", { tabindex: "-1" }, "Settings")),
        h("div.settings",
            section("Profile", "Your name and picture as others in a shared book see them.", profileForm()),
            book && may("book:manage") && !book.isArchived && section("Book", "The currency, the clock and the year your entries are kept by.", bookForm({ book, submit: "Save book", onsaved: () => { toast("Book saved."); reshow(); } })),
            book && section("Payment methods", "How you pay. Offered when you write down an entry.", paymentMethods(), "payment-methods"),
            book && section("Import profiles", "How the files of your banks are read.", importProfiles(), "profiles"),
            [...signInScreens.sections(), ...bookScreens.sections(), ...liveScreens.sections()].map((each) => section(...each)),
            section("Appearance", "Kept in this browser.", segmented({ name: "theme", label: "Theme", value: theme(), options: [["system", "System", "theme-system"], ["light", "Light", "theme-light"], ["dark", "Dark", "theme-dark"]], onchange: setTheme })),
            section("Session", `Signed in as ${user.email}.`, h("button", { type: "button", onclick: signOut }, icon("sign-out"), "Sign out"))));
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
    return { title: "Settings" };
}

export async function signOut() {
    try {
        await api.post("/auth/logout");
    } catch (error) {
        if (error.kind !== "unauthenticated") return void toast(`Still signed in. ${describe(error).text}`, { tone: "bad" });
    }
    forget();
    store("purser.signedOut", String(Date.now()));
    await navigate("/signin", { replace: true });
}
