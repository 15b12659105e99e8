// The panels of the dashboard that come with the first answer: cards, months, categories, latest entries.

import { categoryChart, monthChart } from "./charts.js";
import { dayRelative, monthLong } from "./dates.js";
import { categoryMark, h, icon, plural, safeColor } from "./dom.js";
import { openEditor } from "./editor.js";
import { spendingAddress } from "./entry-filters.js";
import { amountText, nameOf } from "./entry-row.js";
import { addAmounts, changePercent, formatMoney, formatPercent, formatShare, isNegative, moneyParts, scaled, sharePercent } from "./money.js";
import { navigate } from "./app.js";
import { bookToday, categoryOf } from "./state.js";

// MARK: cards

export function cards(data, { period, present, currency }) {
    const { totals, previous } = data;
    // Half a month against a whole one says nothing; until a span is over, the one before is only named.
    const under = period.last >= present;
    const earlier = period.shifted(-1).short;
    const soFar = under && period.first <= present ? "so far, against " : "";
    // More than twice the income spent, as when the salary is still to come: a number of no use.
    const share = (each) => { const percent = sharePercent(each.net, each.income); return percent !== null && percent < -100 ? null : percent; };
    const saved = share(totals);
    const savedBefore = share(previous);
    const shareText = (value) => (value === null ? "–" : formatPercent(value));
    const points = saved !== null && savedBefore !== null ? Math.round((saved - savedBefore) * 10) / 10 : null;
    const inEarlier = (key) => `${soFar}${formatMoney(previous[key], currency)} in ${earlier}`;
    const compare = (key) => ({ value: under || !Number(previous.count) ? null : changePercent(totals[key], previous[key]), text: (value) => formatPercent(Math.abs(value)), title: inEarlier(key), instead: Number(previous.count) ? inEarlier(key) : null });
    // A share of an amount that may be on either side of zero means nothing to anyone.
    const net = { value: null, instead: Number(previous.count) ? inEarlier("net") : null };
    const entriesOf = (type) => `/entries?type=${type}&from=${period.from}&to=${period.to}`;
    return h("section.cards", { "aria-label": "Totals" },
        card("Income", amount(totals.income, currency), compare("income"), earlier, 1, "income", entriesOf("income")),
        card("Spending", amount(totals.expenses, currency), compare("expenses"), earlier, -1, "expenses", entriesOf("expense")),
        card("Net", amount(totals.net, currency), net, earlier, 1, isNegative(totals.net) ? "minus" : "net"),
        card("Saved", shareText(saved), { value: under ? null : points, text: (value) => `${new Intl.NumberFormat().format(Math.abs(value))} pts`, instead: Number(previous.count) ? `${soFar}${shareText(savedBefore)} in ${earlier}` : null }, earlier, 1, "saved"));
}

function amount(text, currency) {
    return moneyParts(text, currency).map((part) => (part.type === "fraction" || part.type === "decimal" ? h("span.fraction", part.value) : part.value));
}

function card(title, value, change, earlier, goodDirection, kind, href) {
    let line;
    if (change.value === null) line = h("p.change.muted", change.instead ?? `Nothing in ${earlier}`);
    else if (change.value === 0) line = h("p.change.muted", `Same as ${earlier}`);
    else {
        const up = change.value > 0;
        line = h("p.change", { data: { tone: (up ? 1 : -1) === goodDirection ? "good" : "bad" }, title: change.title },
            icon(up ? "up" : "down"), h("span.visually-hidden", up ? "up" : "down"), h("span", change.text(change.value)), h("span.muted", ` from ${earlier}`));
    }
    return h("div.card", { data: { kind } }, h("h2", href ? h("a", { href }, title) : title), h("p.figure", value), line);
}

// MARK: the charts and their lists

export function monthPanel(months, { period, currency }, go) {
    const canvas = h("canvas", { role: "img", "aria-label": `Income and spending by month, ${months.length} months` });
    const table = h("div.visually-hidden", h("table", h("caption", "Income and spending by month"),
        h("thead", h("tr", ["Month", "Income", "Spending", "Net"].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", months.map((each) => h("tr", h("th", { scope: "row" }, monthLong(each.month)), [each.income, each.expenses, each.net].map((text) => h("td", formatMoney(text, currency))))))));
    const element = h("section.panel-box.by-month",
        h("header", h("h2", "By month"), h("ul.legend", h("li", { data: { kind: "income" } }, "Income"), h("li", { data: { kind: "expenses" } }, "Spending"))),
        h("div.canvas-holder", canvas), table);
    return { element, chart: monthChart(canvas, months, { currency, isPresent: (month) => month >= period.first && month <= period.last, choose: go }) };
}

const SHOWN = 10;
const SLICES = 7;

/// The largest with a colour each, which the list repeats: those of one parent share its colour, so they get shades of
/// it. The rest are one neutral slice.
function slicesOf(categories) {
    const most = categories.length > SLICES + 1 ? SLICES : categories.length; // one alone need not be called other
    const seen = new Map();
    const slices = categories.slice(0, most).map((each) => {
        const color = safeColor(each.color).toLowerCase();
        seen.set(color, (seen.get(color) ?? -1) + 1);
        return { ...each, color: shade(color, seen.get(color)) };
    });
    const others = categories.slice(most);
    return { slices, other: others.length > 0 && { name: `Other, ${plural(others.length, "category", "categories")}`, amount: others.map((each) => each.amount).reduce(addAmounts) } };
}

/// The colour itself, then lighter and darker ones by turns.
function shade(color, index) {
    const step = Math.min(Math.ceil(index / 2) * 0.3, 0.75);
    const towards = index % 2 ? 255 : 0;
    return `#${[1, 3, 5].map((at) => Math.round(parseInt(color.slice(at, at + 2), 16) * (1 - step) + towards * step).toString(16).padStart(2, "0")).join("")}`;
}

export function categoryPanel(categories, totals, { period, currency }) {
    const title = h("header", h("h2", "Spending by category"));
    if (!categories.length) {
        return { element: h("section.panel-box.by-category", title, h("p.panel-empty", `No spending in ${period.name}.`)) };
    }
    const shown = categories.length <= SHOWN + 2 ? categories.length : SHOWN; // a button for two rows saves nothing
    const largest = scaled(categories[0].amount) || 1n;
    const { slices, other } = slicesOf(categories);
    const item = (category, index) => {
        const each = slices[index] ?? category;
        const width = Number((scaled(each.amount) * 1000n) / largest) / 10;
        const content = [
            categoryMark(each.slug || each.categoryId ? each : null),
            h("span.cat-name", each.name || "No category"),
            h("span.cat-amount", formatMoney(each.amount, currency)),
            h("span.cat-share", formatShare(Number(each.share))),
            h("span.cat-bar", { "aria-hidden": "true" }, h("span", { css: { "inline-size": `${Math.max(width, 0.6)}%`, "--mark": slices[index] ? each.color : "var(--other)" } })),
        ];
        return h("li", { hidden: index >= shown }, h("a.cat-row", { href: spendingAddress(each, period), title: plural(Number(each.count), "entry", "entries") }, content));
    };
    const list = h("ol.cat-list", categories.map(item));
    const rest = categories.length - shown;
    const showAll = () => { for (const each of list.children) each.hidden = false; if (more) more.remove(); };
    const more = rest > 0 && h("button.quiet.small", { type: "button", onclick: showAll }, `Show ${rest} more`);
    const canvas = h("canvas", { role: "img", "aria-label": "Shares of spending by category; the list has the amounts" });
    const element = h("section.panel-box.by-category", title,
        h("div.cat-body",
            h("div.ring", canvas, h("div.ring-total", h("span.muted", "Total"), h("strong", formatMoney(totals.expenses, currency)))),
            h("div.cat-side", list, more)));
    return { element, chart: categoryChart(canvas, slices, other, { currency, choose: (each) => (each === other ? showAll() : navigate(spendingAddress(each, period))) }) };
}

const LATEST = 8;

export function latest(entries) {
    const now = bookToday();
    const item = (entry) => {
        const category = categoryOf(entry);
        return h("li", h("button.latest-row", { type: "button", onclick: () => openEditor(entry), data: { status: entry.status } },
            categoryMark(category, entry.type),
            h("span.who", h("bdi.name", nameOf(entry)),
                h("span.sub", `${dayRelative(entry.transactionDate, now)}${category ? ` · ${category.name}` : ""}`)),
            h("span.amount", { data: { type: entry.type } }, amountText(entry))));
    };
    return h("section.panel-box.latest", h("header", h("h2", "Latest entries"), h("a", { href: "/entries" }, "All entries")),
        entries.length ? h("ul", entries.slice(0, LATEST).map(item)) : h("p.panel-empty", "No entries yet."));
}
