// What happened in the book, newest first, and what happens while one looks.

import { api } from "./api.js";
import { dayRelative, instant } from "./dates.js";
import { announce, h, icon, plural, replace } from "./dom.js";
import { select } from "./forms.js";
import { liveMark } from "./live.js";
import { formatMoney } from "./money.js";
import { banner, emptyState, load, skeleton } from "./overlays.js";
import { bookToday, state } from "./state.js";

const KINDS = [["", "Everything"], ["expense", "Expenses"], ["income", "Income"], ["category", "Categories"], ["import", "Imports undone"], ["rules", "Rules"], ["book", "The book"], ["household", "Members"]];
const THINGS = { expense: "an expense", income: "an income", category: "a category" };
const VERBS = { created: "added", updated: "changed", deleted: "deleted", restored: "brought back", duplicated: "copied", categorised: "sorted" };
const count = (number) => (number === undefined ? "some entries" : plural(Number(number), "entry", "entries"));
const lower = (role) => ({ owner: "the owner", admin: "administrator", member: "member", viewer: "viewer" })[role] ?? role;
const SENTENCES = {
    "expense.bulk_imported": (data) => `imported ${count(data.imported)}`, "import.undone": (data) => `took back an import of ${count(data.removed)}`,
    "rules.applied": (data) => `applied rules to ${count(data.changed)}`, "book.opened": () => "opened the book", "book.updated": () => "changed the book’s settings",
    "book.archived": () => "archived the book", "book.restored": () => "brought the book back", "book.transferred": (data, subject) => `handed the book over${subject ? ` to ${subject}` : ""}`,
    "household.member_invited": (data, subject) => `invited ${subject ?? "somebody"}${data.role ? ` as ${lower(data.role)}` : ""}`, "household.member_added": (data) => `joined the book${data.role ? ` as ${lower(data.role)}` : ""}`,
    "household.member_removed": (data, subject) => `removed ${subject ?? "a member"}`, "household.member_changed": (data, subject) => (data.role ? `made ${subject ?? "a member"} ${lower(data.role)}` : `changed what ${subject ?? "a member"} may do`), "household.created": () => "made the household",
};

/// Whose name is in the sentence already.
const isInSentence = (name) => name.startsWith("household.") || name === "book.transferred";

/// "added an expense", of any event, also one that this page does not know.
export function sentence({ name, data = {}, user, subject }) {
    if (name === "household.member_removed" && data.userId === user?.id) return "left the book";
    if (SENTENCES[name]) return SENTENCES[name](data, subject);
    const [kind, verb = ""] = name.split(".");
    return `${VERBS[verb] ?? verb.replaceAll("_", " ")} ${THINGS[kind] ?? kind.replaceAll("_", " ")}`;
}

export function show(main, query) {
    const body = h("div.feed");
    const more = h("div.list-more");
    const mark = liveMark();
    let kind = query.get("name") ?? "";
    let shown = [];
    let cursor = null;
    let alive = true;
    const filter = select(KINDS, kind, { "aria-label": "Show", onchange: (event) => { kind = event.target.value; history.replaceState(null, "", kind ? `/activity?name=${encodeURIComponent(kind)}` : "/activity"); refresh(); } });
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Activity"), mark.element, h("div.screen-actions", filter)), body, more);

    const refresh = () => {
        replace(more);
        return load(body, {
            placeholder: () => skeleton(8, "skeleton-row"), isCurrent: () => alive,
            fetch: () => api.get("/activity", { name: kind || undefined, limit: 50 }, { whole: true }),
            show({ data, meta }) {
                shown = data ?? [];
                cursor = meta.nextCursor ?? null;
                draw();
            },
        });
    };

    function draw(fresh = 0) {
        if (!shown.length) {
            replace(more);
            return replace(body, emptyState({ symbol: "activity", title: "Nothing has happened yet", text: kind ? "Nothing of this kind. Choose another, or everything." : "What you and the other members of this book do appears here, as it happens.", actions: kind ? [] : [h("a.button", { href: "/entries" }, icon("entries"), "To the entries")] }));
        }
        const today = bookToday();
        const days = new Map();
        for (const event of shown) {
            const day = dayOf(event.at);
            if (!days.has(day)) days.set(day, []);
            days.get(day).push(event);
        }
        let index = 0;
        replace(body, [...days].map(([day, events]) => h("section", h("h2.feed-day", dayRelative(day, today)), h("ol.feed-list", events.map((event) => row(event, index++ < fresh))))));
        replace(more, cursor && h("button", { type: "button", onclick: showMore }, "Show more"));
    }

    function row(event, isNew) {
        const who = event.user?.id === state.user.id ? "You" : event.user?.name ?? "Purser";
        return h("li.feed-row", { data: { new: String(isNew) } },
            h("span.avatar", { "aria-hidden": "true" }, [...(event.user?.name ?? "P")][0].toUpperCase()),
            h("span.feed-text", h("strong", h("bdi", who)), ` ${sentence(event)}`, event.subject && !isInSentence(event.name) && [": ", h("bdi.feed-subject", event.subject)]),
            event.amount != null && h("span.amount", formatMoney(String(event.amount), event.currency)),
            h("time.muted.small", { datetime: event.at, title: instant(event.at) }, instant(event.at, { timeStyle: "short" })));
    }

    async function showMore(press) {
        press.currentTarget.disabled = true;
        try {
            const { data, meta } = await api.get("/activity", { name: kind || undefined, limit: 50, cursor }, { whole: true });
            if (!alive) return;
            shown = [...shown, ...data];
            cursor = meta.nextCursor ?? null;
            draw();
        } catch (error) { if (alive) replace(more, banner(error, { retry: () => showMore(press) })); }
    }

    function happened({ detail: event }) {
        if (kind && event.name.split(".")[0] !== kind) return;
        if (shown.some((each) => Number(each.number) === Number(event.number))) return;
        shown = [event, ...shown].sort((left, right) => right.number - left.number);
        draw(1);
        announce(`${event.user?.name ?? "Purser"} ${sentence(event)}`);
    }
    document.addEventListener("activity", happened);
    refresh();
    return { title: "Activity", dispose() { alive = false; mark.stop(); document.removeEventListener("activity", happened); } };
}

function dayOf(at) {
    try { return new Intl.DateTimeFormat("en-CA", { timeZone: state.book?.timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at)); } catch { return at.slice(0, 10); }
}
