// A span of the dashboard: a month, a quarter, a year, or two days of one's own; what lies before it and after it.

import { addDays, addMonths, dayMedium, firstOfMonth, isDay, isMonth, lastOfMonth, monthLong, monthShort } from "./dates.js";

const KINDS = { month: 1, quarter: 3, year: 12 };

function make(kind, first) {
    const last = addMonths(first, KINDS[kind] - 1);
    const year = first.slice(0, 4);
    const number = Math.floor((Number(first.slice(5)) - 1) / 3) + 1;
    return {
        kind, first, last, from: firstOfMonth(first), to: lastOfMonth(last),
        name: { month: monthLong(first), quarter: `Q${number} ${year}`, year }[kind],
        short: { month: monthShort(first), quarter: `Q${number}`, year }[kind],
        query: { month: `month=${first}`, quarter: `quarter=${year}-Q${number}`, year: `year=${year}` }[kind],
        shifted: (by) => make(kind, addMonths(first, by * KINDS[kind])),
    };
}

export const monthOf = (month) => make("month", month);
export const quarterOf = (month) => make("quarter", addMonths(month, -((Number(month.slice(5)) - 1) % 3)));
export const yearOf = (month) => make("year", `${month.slice(0, 4)}-01`);

export function spanOf(from, to) {
    const length = Math.round((Date.parse(`${to}T12:00:00Z`) - Date.parse(`${from}T12:00:00Z`)) / 86_400_000) + 1;
    return {
        kind: "span", first: from.slice(0, 7), last: to.slice(0, 7), from, to, name: `${dayMedium(from)} – ${dayMedium(to)}`, short: "the span before", query: `from=${from}&to=${to}`,
        shifted: (by) => spanOf(addDays(from, by * length), addDays(to, by * length)),
    };
}

/// What the address asks for, or null.
export function periodFrom(query) {
    const quarter = /^(\d{4})-Q([1-4])$/.exec(query.get("quarter") ?? "");
    if (isMonth(query.get("month"))) return monthOf(query.get("month"));
    if (quarter) return quarterOf(`${quarter[1]}-${String((Number(quarter[2]) - 1) * 3 + 1).padStart(2, "0")}`);
    if (/^\d{4}$/.test(query.get("year") ?? "")) return yearOf(`${query.get("year")}-01`);
    const [from, to] = [query.get("from"), query.get("to")];
    return isDay(from) && isDay(to) && from <= to ? spanOf(from, to) : null;
}
