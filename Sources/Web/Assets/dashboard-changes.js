// What changed against the span before, and who got the most. They come after the rest and keep their place meanwhile.

import { api } from "./api.js";
import { h, icon, plural, replace, categoryMark } from "./dom.js";
import { spendingAddress } from "./entry-filters.js";
import { absolute, changePercent, formatMoney, formatPercent, isNegative, scaled } from "./money.js";
import { load, skeleton } from "./overlays.js";

const SHOWN = 6;

export function changePanel({ period, present, currency }, isCurrent) {
    const earlier = period.shifted(-1);
    const body = h("div.change-body");
    const under = period.last >= present;
    load(body, {
        placeholder: () => skeleton(SHOWN), isCurrent,
        fetch: () => api.get("/analytics/compare", { start1: earlier.from, end1: earlier.to, start2: period.from, end2: period.to }),
        show: (data) => replace(body, table(rowsOf(data), { period, earlier, currency })),
    });
    return h("section.panel-box.changes", h("header", h("h2", "What changed"), h("span.muted.small", `${under ? "so far, " : ""}against ${earlier.name}`)), body);
}

/// Spending only, the largest changes first, whichever way.
function rowsOf(data) {
    return (data?.categories ?? []).filter((each) => each.type === "expense" && scaled(each.amounts.change) !== 0n).slice(0, SHOWN)
        .map((each) => ({ ...each, now: each.amounts.second, before: each.amounts.first, change: each.amounts.change }));
}

function table(rows, { period, earlier, currency }) {
    if (!rows.length) return h("p.panel-empty", `The same as in ${earlier.name}.`);
    return h("table.plain.change-table", h("thead.visually-hidden", h("tr", ["Category", period.name, earlier.name, "Change"].map((text) => h("th", { scope: "col" }, text)))),
        h("tbody", rows.map((each) => {
            const more = !isNegative(each.change);
            const percent = changePercent(each.now, each.before);
            const href = spendingAddress(each, period);
            return h("tr",
                h("td", h("a.change-name", { href }, categoryMark(each.slug || each.categoryId ? each : null), h("bdi", each.name || "Not sorted yet"))),
                h("td.number.hide-narrow", formatMoney(each.now, currency)), h("td.number.muted.hide-narrow", formatMoney(each.before, currency)),
                h("td.number.change-cell", { data: { tone: more ? "bad" : "good" } }, icon(more ? "up" : "down"), formatMoney(absolute(each.change), currency), h("span.muted.small", percent === null ? "new" : formatPercent(Math.abs(percent)))));
        })));
}

export function merchantPanel({ period, currency }, isCurrent) {
    const body = h("div.change-body");
    load(body, {
        placeholder: () => skeleton(SHOWN), isCurrent,
        fetch: () => api.get("/analytics/top-merchants", { startDate: period.from, endDate: period.to, limit: 8, type: "expense" }),
        show(data) {
            const list = Array.isArray(data) ? data : data?.merchants ?? [];
            const largest = scaled(list[0]?.amount ?? list[0]?.total ?? "0") || 1n;
            replace(body, list.length ? h("ol.cat-list", list.map((each) => {
                const name = each.merchantName ?? each.merchant ?? each.name;
                const amount = each.amount ?? each.total;
                const width = Number((scaled(amount) * 1000n) / largest) / 10;
                return h("li", h("a.cat-row.merchant-row", { href: `/entries?type=expense&merchant=${encodeURIComponent(name)}&from=${period.from}&to=${period.to}` },
                    h("span.cat-name", h("bdi", name)), h("span.cat-share", plural(Number(each.count), "entry", "entries")), h("span.cat-amount", formatMoney(amount, currency)),
                    h("span.cat-bar", { "aria-hidden": "true" }, h("span", { css: { "inline-size": `${Math.max(width, 0.6)}%`, "--mark": "var(--spending)" } }))));
            })) : h("p.panel-empty", `Nothing spent in ${period.name}.`));
        },
    });
    return h("section.panel-box.merchants", h("header", h("h2", "Top merchants")), body);
}
