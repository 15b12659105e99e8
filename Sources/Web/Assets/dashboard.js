// Where the money went: a month at first, or any other span.

import { api } from "./api.js";
import { monthLong } from "./dates.js";
import { announce, h, icon, replace } from "./dom.js";
import { cards, categoryPanel, latest, monthPanel } from "./dashboard-panels.js";
import { changePanel, merchantPanel } from "./dashboard-changes.js";
import { waysToBegin } from "./editor.js";
import { onEntriesChange } from "./entries-store.js";
import { emptyState, load, skeleton } from "./overlays.js";
import { monthOf, periodFrom, quarterOf, spanOf, yearOf } from "./period.js";
import { openPopover } from "./popover.js";
import { bookToday, loadCategories, scopeWords, state } from "./state.js";

export function show(main, query) {
    const present = bookToday().slice(0, 7);
    const asked = periodFrom(query);
    let period = asked ?? monthOf(present);
    let charts = [];
    let turn = 0;
    let alive = true;
    // Early in a month, or after importing old statements, the present month would be a row of zeros.
    let mayMove = !asked;
    let moved = false;

    const name = h("button.quiet.period-name", { type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-live": "polite", onclick: () => choosePeriod() });
    const step = (by) => () => go(period.shifted(by));
    const before = h("button.icon-button", { type: "button", "aria-label": "Period before", title: "Before ([)", onclick: step(-1) }, icon("chevron-left"));
    const after = h("button.icon-button", { type: "button", "aria-label": "Period after", title: "After (])", onclick: step(1) }, icon("chevron-right"));
    const back = h("button.quiet.small", { type: "button", onclick: () => go(monthOf(present)) }, "This month");
    const body = h("div.dashboard");
    const months = h("div.month-switch", { role: "group", "aria-label": "Period" }, before, name, after, back);
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Dashboard"), months), scopeWords() && h("p.muted.small.scope-note", scopeWords()), body);

    function go(next) {
        period = next;
        mayMove = moved = false;
        history.pushState(null, "", period.kind === "month" && period.first === present ? "/" : `/?${period.query}`);
        refresh();
        announce(period.name);
    }
    const goMonth = (month) => go(monthOf(month));

    function choosePeriod() {
        const month = period.last;
        const offers = () => {
            const listed = [monthOf(month), quarterOf(month), yearOf(month), monthOf(present), yearOf(present), yearOf(`${Number(present.slice(0, 4)) - 1}-01`)];
            return listed.filter((each, index) => listed.findIndex((one) => one.query === each.query) === index);
        };
        const item = (each) => h("button.menu-item", { type: "button", "aria-pressed": String(each.query === period.query), onclick: () => { popover.close(); go(each); } }, h("span", each.name), each.query === period.query && icon("check", "icon picker-check"));
        const from = h("input", { type: "date", value: period.from, "aria-label": "From", max: "9999-12-31" });
        const to = h("input", { type: "date", value: period.to, "aria-label": "To", max: "9999-12-31" });
        const own = (event) => {
            event.preventDefault();
            if (!from.value || !to.value || from.value > to.value) return to.focus();
            popover.close();
            go(spanOf(from.value, to.value));
        };
        const popover = openPopover(name, h("div.period-choice",
            h("div.period-list", offers().map(item)),
            h("form.popover-form", { onsubmit: own }, h("div.range", from, h("span.muted", "–"), to), h("button.small", { type: "submit" }, "Show these days"))), { label: "Period" });
    }

    function refresh() {
        const mine = ++turn;
        replace(name, h("span", period.name), icon("chevron-down"));
        back.hidden = period.kind === "month" && period.first === present;
        const isCurrent = () => alive && mine === turn;
        load(body, {
            placeholder: body.firstElementChild?.matches(".cards") ? null : placeholder, isCurrent,
            fetch: async () => (await Promise.all([figures(period), loadCategories()]))[0],
            show: (data) => draw(data, isCurrent),
        });
    }

    function draw(data, isCurrent) {
        for (const chart of charts) chart.destroy();
        charts = [];
        const nothingEver = !data.recent.length && data.byMonth.every((each) => !Number(each.count));
        months.hidden = nothingEver;
        if (nothingEver) return replace(body, welcome());
        const other = monthWithEntries(data, period);
        if (mayMove && other) {
            mayMove = false;
            moved = true;
            period = monthOf(other);
            return refresh();
        }
        mayMove = false;
        const context = { period, present, currency: data.currency ?? state.book.currency };
        const byMonth = monthPanel(data.byMonth, context, goMonth);
        const byCategory = categoryPanel(data.byCategory, data.totals, context);
        const empty = !Number(data.totals.count);
        replace(body, moved ? note(`Nothing in ${monthLong(present)} yet. This is ${period.name}.`) : other && note(`There are no entries in ${period.name}.`, h("button.small", { type: "button", onclick: () => goMonth(other) }, `Show ${monthLong(other)}`)),
            cards(data, context),
            h("div.dash-side", byMonth.element, !empty && changePanel(context, isCurrent), !empty && merchantPanel(context, isCurrent)),
            h("div.dash-side", byCategory.element, latest(data.recent)));
        charts = [byMonth.chart, byCategory.chart].filter(Boolean);
        for (const chart of charts) chart.draw();
    }

    const stopListening = onEntriesChange(({ kind }) => { if (kind !== "removed") refresh(); });
    const redraw = () => { for (const chart of charts) chart.draw(); };
    document.addEventListener("themechange", redraw);
    refresh();
    return {
        title: "Dashboard",
        dispose() {
            alive = false;
            stopListening();
            document.removeEventListener("themechange", redraw);
            for (const chart of charts) chart.destroy();
        },
        actions: { monthBefore: step(-1), monthAfter: step(1) },
    };
}

/// One question for a month; for another span the same is put together from its parts.
async function figures(period) {
    if (period.kind === "month") {
        const data = await api.get("/analytics/dashboard", { months: 12, month: period.first });
        return { ...data, recent: data.recent ?? [], byCategory: Array.isArray(data.byCategory) ? data.byCategory : data.byCategory?.categories ?? [] };
    }
    const range = { startDate: period.from, endDate: period.to };
    const [overview, spending, trends, recent] = await Promise.all([
        api.get("/analytics/overview", range), api.get("/analytics/spending-by-category", range),
        api.get("/analytics/trends", { months: 12, month: period.last }), api.get("/entries", { ...range, limit: 8 }),
    ]);
    const totals = (each) => ({ income: each?.totalIncome ?? "0", expenses: each?.totalExpenses ?? "0", net: each?.net ?? "0", count: each?.entryCount ?? (Number(each?.totalIncome ?? 0) || Number(each?.totalExpenses ?? 0) ? 1 : 0) });
    return { currency: overview.currency, totals: totals(overview), previous: totals(overview.previous), byMonth: trends.months ?? [], byCategory: spending.categories ?? [], recent };
}

function placeholder() {
    return [h("div.cards", { "aria-hidden": "true" }, Array.from({ length: 4 }, () => h("div.card", skeleton(2)))), h("div.panel-box.tall", skeleton(6)), h("div.panel-box.tall", skeleton(6))];
}

function welcome() {
    return emptyState({
        symbol: "logo", title: "Your book is open. Now fill it.",
        text: "Download a statement from your bank in any of its formats and drop it here: Purser reads it, shows what it found, and adds only what is new.",
        actions: waysToBegin("/import?welcome"),
    });
}

/// Null while the span has entries itself; else the last month before it, or the latest of all, that has some.
function monthWithEntries(data, { first }) {
    if (Number(data.totals.count)) return null;
    const filled = data.byMonth.filter((each) => each.month < first && Number(each.count)).at(-1)?.month;
    const other = filled ?? data.recent[0]?.transactionDate.slice(0, 7);
    return other && other !== first ? other : null;
}

const note = (text, ...actions) => h("div.banner", { data: { tone: "note" } }, icon("dashboard"), h("div.banner-text", text), actions);
