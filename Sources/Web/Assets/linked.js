// Settings → Security: the other services that sign one in.

import { api } from "./api.js";
import { instant } from "./dates.js";
import { h, icon, replace } from "./dom.js";
import { confirm, load, skeleton, toast } from "./overlays.js";

const PROBLEMS = {
    state: "That took too long, or was begun in another window. Try again.",
    denied: "You were not signed in there, so nothing is linked.",
    provider: "The other service could not be asked, or its answer was not one to trust. Try again later.",
    taken: "That account there is linked to another account here.",
    limit: "You have as many linked accounts as there can be. Unlink one first.",
};

/// [title, text, content, id] for the settings.
export function linkedSection() {
    return ["Linked accounts", "Other services that may say who you are.", linkedList(), "linked"];
}

function linkedList() {
    const body = h("div.settings-list");
    const fetch = async () => {
        const [links, providers] = await Promise.all([api.get("/auth/links"), api.get("/auth/oauth")]);
        return { links, providers };
    };
    const refresh = () => load(body, { placeholder: body.children.length ? null : () => skeleton(2), fetch, show: (found) => replace(body, rows(found, refresh)), isCurrent: () => body.isConnected });
    queueMicrotask(refresh);
    return body;
}

/// What the visit came to stands in the page's address once; a reload need not say it again.
function outcome(providers) {
    const found = new URLSearchParams(location.search);
    const problem = PROBLEMS[found.get("problem")];
    const linked = providers.find((each) => each.id === found.get("linked"));
    if (problem || linked) history.replaceState(history.state, "", location.pathname + location.hash);
    if (linked) toast(`${linked.name} is linked. You can sign in with it from now on.`);
    return problem && h("div.banner", { role: "alert", data: { tone: "bad" } }, icon("alert"), h("div.banner-text", h("span", problem)));
}

function rows({ links, providers }, refresh) {
    const rest = providers.filter((provider) => !links.some((each) => each.provider === provider.id));
    return [
        outcome(providers),
        links.length ? h("ul.item-list", links.map((each) => h("li",
            h("span.item-main", h("strong", h("bdi", each.name)), h("span.muted", each.email && h("bdi", `${each.email} · `), `linked ${instant(each.linkedAt)}${each.lastUsedAt ? ` · last used ${instant(each.lastUsedAt)}` : ""}`)),
            h("button.small", { type: "button", "aria-label": `Unlink ${each.name}`, onclick: () => unlink(each, refresh) }, "Unlink"))))
            : h("p.muted", providers.length ? "None yet." : "Your administrator has set up no other service."),
        rest.length > 0 && h("div.form-actions", rest.map((each) => h("button.small", { type: "button", onclick: () => link(each) }, icon("plus"), `Link ${each.name}`))),
    ];
}

async function link(provider) {
    try {
        const { address } = await api.post(`/auth/links/${encodeURIComponent(provider.id)}`);
        location.assign(address);
    } catch (error) { toast(error.message, { tone: "bad" }); }
}

async function unlink(each, refresh) {
    if (!(await confirm({ title: `Unlink ${each.name}?`, text: "It does not sign you in here any more. Your account there stays as it is.", verb: "Unlink", danger: true }))) return;
    try {
        await api.delete(`/auth/links/${encodeURIComponent(each.provider)}`);
        toast(`${each.name} is unlinked.`);
        refresh();
    } catch (error) { toast(error.message, { tone: "bad" }); }
}
