// Where the money went, month by month.

import { api } from "./api.js";
import { categoryChart, monthChart } from "./charts.js";
import { addMonths, dayRelative, firstOfMonth, isMonth, lastOfMonth, monthLong, monthShort } from "./dates.js";
import { announce, categoryMark, h, icon, plural, replace, safeColor } from "./dom.js";
import { openEditor } from "./editor.js";
import { amountText } from "./entries.js";
import { onEntriesChange } from "./entries-store.js";
import { changePercent, formatMoney, formatPercent, formatShare, isNegative, moneyParts, scaled, sharePercent } from "./money.js";
import { emptyState, load, skeleton } from "./overlays.js";
import { bookToday, categoryOf, loadCategories, state } from "./state.js";

export function show(main, query) {
    const present = bookToday().slice(0, 7);
    let month = isMonth(query.get("month")) ? query.get("month") : present;
    let charts = [];
    let turn = 0;
    let alive = true;
    // Early in a month, or after importing old statements, the present month would be a row of zeros.
    let mayMove = !isMonth(query.get("month"));
    let moved = false;

    const name = h("span.month-name", { "aria-live": "polite" });
    const before = h("button.icon-button", { type: "button", "aria-label": "Month before", title: "Month before ([)", onclick: () => go(addMonths(month, -1)) }, icon("chevron-left"));
    const after = h("button.icon-button", { type: "button", "aria-label": "Month after", title: "Month after (])", onclick: () => go(addMonths(month, 1)) }, icon("chevron-right"));
    const back = h("button.quiet.small", { type: "button", onclick: () => go(present) }, "This month");
    const body = h("div.dashboard");
    const months = h("div.month-switch", { role: "group", "aria-label": "Month" }, before, name, after, back);
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Dashboard"), months), body);

    function go(next) {
        month = next;
        mayMove = moved = false;
        history.pushState(null, "", month === present ? "/" : `/?month=${month}`);
        refresh();
        announce(monthLong(month));
    }

    function refresh() {
        const mine = ++turn;
        name.textContent = monthLong(month);
        back.hidden = month === present;
        load(body, {
            placeholder: body.firstElementChild?.matches(".cards") ? null : placeholder,
            fetch: async () => {
                const [data] = await Promise.all([api.get("/analytics/dashboard", { months: 12, month }), loadCategories()]);
                return data;
            },
            show: draw,
            isCurrent: () => alive && mine === turn,
        });
    }

    function draw(data) {
        for (const chart of charts) chart.destroy();
        charts = [];
        const categories = Array.isArray(data.byCategory) ? data.byCategory : data.byCategory?.categories ?? [];
        const nothingEver = !data.recent?.length && data.byMonth.every((each) => !Number(each.count));
        months.hidden = nothingEver;
        if (nothingEver) return replace(body, welcome());
        const other = monthWithEntries(data, month);
        if (mayMove && other) {
            mayMove = false;
            moved = true;
            month = other;
            return refresh();
        }
        mayMove = false;
        const context = { month, present, currency: data.currency ?? state.book.currency };
        const byMonth = monthPanel(data.byMonth, context, go);
        const byCategory = categoryPanel(categories, data.totals, context);
        replace(body, moved ? note(`Nothing in ${monthLong(present)} yet. This is ${monthLong(month)}.`) : elsewhere(other, context, go), cards(data, context), byMonth.element, byCategory.element, latest(data.recent ?? []));
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
        actions: { monthBefore: () => go(addMonths(month, -1)), monthAfter: () => go(addMonths(month, 1)) },
    };
}

function placeholder() {
    return [h("div.cards", { "aria-hidden": "true" }, Array.from({ length: 4 }, () => h("div.card", skeleton(2)))), h("div.panel-box.tall", skeleton(6)), h("div.panel-box.tall", skeleton(6))];
}

function welcome() {
    return emptyState({
        symbol: "logo", title: "Your book is open. Now fill it.",
        text: "Download a statement from your bank as CSV or OFX and drop it here: Purser reads it, shows what it found, and adds only what is new.",
        actions: [h("a.button.primary", { href: "/import" }, icon("import"), "Import a statement"), h("button", { type: "button", onclick: () => openEditor() }, icon("plus"), "Add an entry")],
    });
}

/// Null while the month has entries itself; else the last one before it, or the latest of all, that has some.
function monthWithEntries(data, month) {
    if (Number(data.totals.count)) return null;
    const filled = data.byMonth.filter((each) => each.month < month && Number(each.count)).at(-1)?.month;
    const other = filled ?? data.recent?.[0]?.transactionDate.slice(0, 7);
    return other && other !== month ? other : null;
}

const note = (text, ...actions) => h("div.banner", { data: { tone: "note" } }, icon("dashboard"), h("div.banner-text", text), actions);

function elsewhere(other, { month }, go) {
    return other && note(`There are no entries in ${monthLong(month)}.`, h("button.small", { type: "button", onclick: () => go(other) }, `Show ${monthLong(other)}`));
}

// MARK: cards

function cards(data, { month, present, currency }) {
    const { totals, previous } = data;
    // Half a month against a whole one says nothing; until a month is over, the one before is only named.
    const under = month >= present;
    const earlier = monthShort(addMonths(month, -1));
    const saved = sharePercent(totals.net, totals.income);
    const savedBefore = sharePercent(previous.net, previous.income);
    const points = saved !== null && savedBefore !== null ? Math.round((saved - savedBefore) * 10) / 10 : null;
    const inEarlier = (key) => `${formatMoney(previous[key], currency)} in ${earlier}`;
    const compare = (key) => ({ value: under || !Number(previous.count) ? null : changePercent(totals[key], previous[key]), text: (value) => formatPercent(Math.abs(value)), title: inEarlier(key), instead: Number(previous.count) ? inEarlier(key) : null });
    // A share of an amount that may be on either side of zero means nothing to anyone.
    const net = { value: null, instead: Number(previous.count) ? inEarlier("net") : null };
    return h("section.cards", { "aria-label": "Totals" },
        card("Income", amount(totals.income, currency), compare("income"), earlier, 1, "income"),
        card("Spending", amount(totals.expenses, currency), compare("expenses"), earlier, -1, "expenses"),
        card("Net", amount(totals.net, currency), net, earlier, 1, isNegative(totals.net) ? "minus" : "net"),
        card("Saved", saved === null ? "–" : formatPercent(saved), { value: under ? null : points, text: (value) => `${new Intl.NumberFormat().format(Math.abs(value))} pts`, instead: savedBefore === null ? null : `${formatPercent(savedBefore)} in ${earlier}` }, earlier, 1, "saved"));
}

function amount(text, currency) {
    return moneyParts(text, currency).map((part) => (part.type === "fraction" || part.type === "decimal" ? h("span.fraction", part.value) : part.value));
}

function card(title, value, change, earlier, goodDirection, kind) {
    let line;
    if (change.value === null) line = h("p.change.muted", change.instead ?? `Nothing in ${earlier}`);
    else if (change.value === 0) line = h("p.change.muted", `Same as ${earlier}`);
    else {
        const up = change.value > 0;
        line = h("p.change", { data: { tone: (up ? 1 : -1) === goodDirection ? "good" : "bad" }, title: change.title },
            icon(up ? "up" : "down"), h("span.visually-hidden", up ? "up" : "down"), h("span", change.text(change.value)), h("span.muted", ` from ${earlier}`));
    }
    return h("div.card", { data: { kind } }, h("h2", title), h("p.figure", value), line);
}

// MARK: the charts and their lists

function monthPanel(months, { month, currency }, go) {
    const canvas = h("canvas", { role: "img", "aria-label": `Income and spending by month, ${months.length} months` });
    const table = h("div.visually-hidden", h("table", h("caption", "Income and spending by month"),
        h("thead", h("tr", ["Month", "Income", "Spending", "Net"].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", months.map((each) => h("tr", h("th", { scope: "row" }, monthLong(each.month)), [each.income, each.expenses, each.net].map((text) => h("td", formatMoney(text, currency))))))));
    const element = h("section.panel-box.by-month",
        h("header", h("h2", "By month"), h("ul.legend", h("li", { data: { kind: "income" } }, "Income"), h("li", { data: { kind: "expenses" } }, "Spending"))),
        h("div.canvas-holder", canvas), table);
    return { element, chart: monthChart(canvas, months, { currency, month, choose: go }) };
}

const SHOWN = 10;

function categoryPanel(categories, totals, { month, currency }) {
    const title = h("header", h("h2", "Spending by category"));
    if (!categories.length) {
        return { element: h("section.panel-box.by-category", title, h("p.panel-empty", `No spending in ${monthLong(month)}.`)) };
    }
    const shown = categories.length <= SHOWN + 2 ? categories.length : SHOWN; // a button for two rows saves nothing
    const largest = scaled(categories[0].amount) || 1n;
    const item = (each, index) => {
        const width = Number((scaled(each.amount) * 1000n) / largest) / 10;
        const content = [
            categoryMark(each.slug || each.categoryId ? each : null),
            h("span.cat-name", each.name || "No category"),
            h("span.cat-amount", formatMoney(each.amount, currency)),
            h("span.cat-share", formatShare(Number(each.share))),
            h("span.cat-bar", { "aria-hidden": "true" }, h("span", { css: { "inline-size": `${Math.max(width, 0.6)}%`, "--mark": safeColor(each.color) } })),
        ];
        const target = each.slug && `/entries?type=expense&category=${encodeURIComponent(each.slug)}&from=${firstOfMonth(month)}&to=${lastOfMonth(month)}`;
        return h("li", { hidden: index >= shown }, target ? h("a.cat-row", { href: target, title: plural(Number(each.count), "entry", "entries") }, content) : h("span.cat-row", content));
    };
    const list = h("ol.cat-list", categories.map(item));
    const rest = categories.length - shown;
    const more = rest > 0 && h("button.quiet.small", { type: "button", onclick: () => { for (const each of list.children) each.hidden = false; more.remove(); } }, `Show ${rest} more`);
    const canvas = h("canvas", { role: "img", "aria-label": "Shares of spending by category; the list has the amounts" });
    const element = h("section.panel-box.by-category", title,
        h("div.cat-body",
            h("div.ring", canvas, h("div.ring-total", h("span.muted", "Total"), h("strong", formatMoney(totals.expenses, currency)))),
            h("div.cat-side", list, more)));
    return { element, chart: categoryChart(canvas, categories, { currency }) };
}

const LATEST = 8;

function latest(entries) {
    const now = bookToday();
    const item = (entry) => {
        const category = categoryOf(entry);
        return h("li", h("button.latest-row", { type: "button", onclick: () => openEditor(entry), data: { status: entry.status } },
            categoryMark(category, entry.type),
            h("span.who", h("bdi.name", entry.merchantName || entry.description || (entry.type === "income" ? "Income" : "Expense")),
                h("span.sub", `${dayRelative(entry.transactionDate, now)}${category ? ` · ${category.name}` : ""}`)),
            h("span.amount", { data: { type: entry.type } }, amountText(entry))));
    };
    return h("section.panel-box.latest", h("header", h("h2", "Latest entries"), h("a", { href: "/entries" }, "All entries")),
        entries.length ? h("ul", entries.slice(0, LATEST).map(item)) : h("p.panel-empty", "No entries yet."));
}
