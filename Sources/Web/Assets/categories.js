// The categories as a tree, with what each took or brought in a month.

import { api } from "./api.js";
import { addMonths, firstOfMonth, isMonth, lastOfMonth, monthLong } from "./dates.js";
import { announce, categoryMark, h, icon, plural, replace, safeColor } from "./dom.js";
import { openCategory } from "./category-form.js";
import { addAmounts, formatMoney, scaled } from "./money.js";
import { load, skeleton } from "./overlays.js";
import { bookToday, mayChange, orderedCategories, reloadCategories, state } from "./state.js";

export function show(main, query) {
    const present = bookToday().slice(0, 7);
    let month = isMonth(query.get("month")) ? query.get("month") : present;
    let alive = true;
    let turn = 0;
    const manages = mayChange("category:manage");
    const name = h("span.month-name", { "aria-live": "polite" });
    const step = (by) => () => go(addMonths(month, by));
    const body = h("div.category-columns");
    replace(main,
        h("header.screen-head", h("h1", { tabindex: "-1" }, "Categories"),
            h("div.month-switch", { role: "group", "aria-label": "Month" },
                h("button.icon-button", { type: "button", "aria-label": "Month before", title: "Month before ([)", onclick: step(-1) }, icon("chevron-left")), name,
                h("button.icon-button", { type: "button", "aria-label": "Month after", title: "Month after (])", onclick: step(1) }, icon("chevron-right"))),
            manages && h("button.primary", { type: "button", onclick: () => openCategory({}, { onsaved: refresh }) }, icon("plus"), h("span", "New category"))), body);

    function go(next) {
        month = next;
        history.replaceState(null, "", month === present ? "/categories" : `/categories?month=${month}`);
        announce(monthLong(month));
        refresh();
    }

    function refresh() {
        const mine = ++turn;
        name.textContent = monthLong(month);
        const range = { startDate: firstOfMonth(month), endDate: lastOfMonth(month) };
        load(body, {
            placeholder: body.children.length ? null : () => skeleton(10, "skeleton-row"), isCurrent: () => alive && mine === turn,
            fetch: () => Promise.all([reloadCategories(), ...["expense", "income"].map((type) => api.get("/analytics/spending-by-category", { ...range, type }))]),
            show: ([, spent, earned]) => replace(body, column("expense", "Spending", spent), column("income", "Income", earned)),
        });
    }

    function column(type, title, report) {
        const listed = report?.categories ?? [];
        const own = new Map(listed.filter((each) => each.categoryId).map((each) => [each.categoryId, each]));
        const rows = orderedCategories(type);
        const totals = new Map();
        // A parent shows what its children took as well.
        for (const { category } of rows) {
            const part = own.get(category.id);
            for (let each = category, guard = 0; each && guard < 10; each = state.categories.find((one) => one.id === each.parentCategoryId), guard += 1) {
                const sum = totals.get(each.id) ?? { amount: "0", count: 0 };
                totals.set(each.id, { amount: addAmounts(sum.amount, part?.amount ?? "0"), count: sum.count + Number(part?.count ?? 0) });
            }
        }
        const largest = rows.filter(({ depth }) => depth === 0).reduce((most, { category }) => { const amount = scaled(totals.get(category.id).amount); return amount > most ? amount : most; }, 1n);
        const none = listed.find((each) => !each.categoryId);
        return h("section.panel-box.category-panel", { "aria-label": title },
            h("header", h("h2", title), h("span.muted", formatMoney(report?.total ?? "0", state.book.currency))),
            h("ul.category-tree", rows.map(({ category, depth }) => row(category, depth, totals.get(category.id), largest, type)),
                none && h("li", h("a.tree-row", { href: link("none", type) }, categoryMark(null), h("span.tree-name", "Not sorted yet"), h("span.tree-count", plural(Number(none.count), "entry", "entries")), h("span.tree-amount", formatMoney(none.amount, state.book.currency))))));
    }

    const link = (slug, type) => `/entries?type=${type}&category=${encodeURIComponent(slug)}&from=${firstOfMonth(month)}&to=${lastOfMonth(month)}`;

    function row(category, depth, { amount, count }, largest, type) {
        const width = Number((scaled(amount) * 1000n) / largest) / 10;
        return h("li", { css: { "--depth": String(depth) } },
            h("a.tree-row", { href: link(category.slug ?? category.id, type), data: { empty: String(count === 0) } },
                categoryMark(category, type), h("span.tree-name", h("bdi", category.name)),
                h("span.tree-count", count ? plural(count, "entry", "entries") : ""),
                h("span.tree-amount", count ? formatMoney(amount, state.book.currency) : "–"),
                h("span.cat-bar", { "aria-hidden": "true" }, h("span", { css: { "inline-size": `${Math.max(0, Math.min(100, width))}%`, "--mark": safeColor(category.color) } }))),
            manages && h("button.icon-button.small", { type: "button", "aria-label": `Edit ${category.name}`, title: category.isSystem ? "Details" : "Edit", onclick: () => openCategory(category, { onsaved: refresh }) }, icon(category.isSystem ? "more" : "edit")));
    }

    refresh();
    return { title: "Categories", dispose() { alive = false; }, actions: { monthBefore: step(-1), monthAfter: step(1) } };
}
