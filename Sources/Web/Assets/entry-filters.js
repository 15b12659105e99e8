// What the list of entries is narrowed to: the same in the address, in the question to the server, and in words.

import { addDays, addMonths, dayMedium, firstOfMonth, isDay, lastOfMonth } from "./dates.js";
import { formatMoney } from "./money.js";
import { bookToday, state } from "./state.js";

/// Their names in the address. `sort` and `order` are no filters: clearing the filters leaves them.
const TEXTS = ["q", "from", "to", "type", "category", "subcategories", "merchant", "min", "max", "status", "paid", "department", "import", "deleted"];
const SORTS = ["date", "amount", "merchant", "created"];
export const NONE = "none";

export function readFilters(query) {
    const filters = Object.fromEntries(TEXTS.map((key) => [key, query.get(key) ?? ""]));
    filters.tags = query.getAll("tag").filter(Boolean);
    filters.sort = SORTS.includes(query.get("sort")) ? query.get("sort") : "date";
    filters.order = query.get("order") === "asc" ? "asc" : query.get("order") === "desc" ? "desc" : firstOrder(filters.sort);
    for (const key of ["from", "to"]) if (!isDay(filters[key])) filters[key] = "";
    // Those of a category are included unless the address says otherwise.
    if (filters.subcategories !== "false" || !filters.category || filters.category === NONE) filters.subcategories = "";
    return filters;
}

/// The order in which a column is sorted at first: names from A, the rest from the newest or largest.
export const firstOrder = (sort) => (sort === "merchant" ? "asc" : "desc");

export function addressOf(filters) {
    const pairs = TEXTS.filter((key) => filters[key]).map((key) => [key, filters[key]]);
    for (const tag of filters.tags) pairs.push(["tag", tag]);
    if (filters.sort !== "date" || filters.order !== "desc") pairs.push(["sort", filters.sort]);
    if (filters.order !== firstOrder(filters.sort)) pairs.push(["order", filters.order]);
    return pairs.length ? `/entries?${new URLSearchParams(pairs)}` : "/entries";
}

export const pathFor = (filters) => ({ expense: "/expenses", income: "/incomes" }[filters.type] ?? "/entries");

/// What the server is asked, without the page.
export function questionOf(filters) {
    const none = filters.category === NONE;
    const sorted = filters.sort !== "date" || filters.order !== "desc";
    return {
        q: filters.q, startDate: filters.from, endDate: filters.to, category: none ? "" : filters.category, subcategories: filters.category && !none && !filters.subcategories ? "true" : "", uncategorised: none ? "true" : "",
        merchant: filters.merchant, minAmount: filters.min, maxAmount: filters.max, status: filters.status, tag: filters.tags,
        paymentMethod: filters.paid, department: filters.department, importId: filters.import, deleted: filters.deleted ? "true" : "",
        sort: sorted ? filters.sort : "", order: sorted ? filters.order : "",
    };
}

export function clearFilters(filters) {
    for (const key of TEXTS) filters[key] = "";
    filters.tags = [];
}

export const isFiltered = (filters) => filters.tags.length > 0 || TEXTS.some((key) => filters[key]);

export function periods() {
    const now = bookToday();
    const month = now.slice(0, 7);
    const year = Number(now.slice(0, 4));
    const months = (first, last) => ({ from: firstOfMonth(first), to: lastOfMonth(last) });
    const quarter = addMonths(month, -((Number(month.slice(5)) - 1) % 3));
    return [
        ["Any date", { from: "", to: "" }],
        ["Last 7 days", { from: addDays(now, -6), to: now }],
        ["Last 30 days", { from: addDays(now, -29), to: now }],
        ["Last 90 days", { from: addDays(now, -89), to: now }],
        ["This month", months(month, month)],
        ["Last month", months(addMonths(month, -1), addMonths(month, -1))],
        ["This quarter", months(quarter, addMonths(quarter, 2))],
        ["This year", { from: `${year}-01-01`, to: `${year}-12-31` }],
        ["Last year", { from: `${year - 1}-01-01`, to: `${year - 1}-12-31` }],
    ];
}

/// A span of days in few words.
export function spanText(from, to) {
    if (!from && !to) return "";
    const preset = periods().find(([, each]) => each.from === from && each.to === to);
    if (preset) return preset[0];
    if (from === to) return dayMedium(from);
    if (!from) return `until ${dayMedium(to)}`;
    if (!to) return `from ${dayMedium(from)}`;
    return `${dayMedium(from)} – ${dayMedium(to)}`;
}

export const STATUSES = [["completed", "Completed"], ["pending", "Pending"], ["cancelled", "Cancelled"]];
export const TYPES = [["expense", "Spending"], ["income", "Income"]];

export function filterByCategory(filters, key) {
    Object.assign(filters, { category: key, subcategories: "" });
}

/// To what one category alone has spent in a period, which is what a report's line of it says.
export function spendingAddress({ slug, categoryId }, { from, to }) {
    const hasOthers = categoryId && state.categories.some((each) => each.parentCategoryId === categoryId);
    return `/entries?${new URLSearchParams({ type: "expense", category: slug || categoryId || NONE, ...(hasOthers && { subcategories: "false" }), from, to })}`;
}

export const categoryFor = (key) => state.categories.find((each) => each.slug === key || each.id === key) ?? null;

export function amountWords({ min, max }) {
    const money = (text) => formatMoney(text, state.book.currency);
    if (min && max) return min === max ? money(min) : `${money(min)} – ${money(max)}`;
    return min ? `at least ${money(min)}` : max ? `at most ${money(max)}` : "";
}
