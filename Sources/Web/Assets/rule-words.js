// A rule in words, and what its conditions may be.

import { categoryMark, h } from "./dom.js";
import { dayMedium } from "./dates.js";
import { formatMoney } from "./money.js";
import { state } from "./state.js";

export const FIELDS = [["merchant", "Merchant"], ["description", "Description"], ["text", "Any text"], ["notes", "Notes"], ["amount", "Amount"], ["type", "Type"], ["date", "Date"], ["account", "Account"]];
const TEXT = [["contains", "contains"], ["is", "is"], ["startsWith", "starts with"], ["endsWith", "ends with"]];
const SIZE = [["between", "is between"], ["atLeast", "is at least"], ["atMost", "is at most"], ["is", "is"]];
const DAY = [["between", "is between"], ["atLeast", "is on or after"], ["atMost", "is on or before"], ["is", "is"]];

export const opsFor = (field) => ({ amount: SIZE, date: DAY, type: [["is", "is"]] }[field] ?? TEXT);

export function conditionWords({ field, op, value, value2 }) {
    const money = (each) => formatMoney(String(each), state.book.currency);
    const show = { amount: money, date: dayMedium, type: (each) => (each === "income" ? "income" : "spending") }[field] ?? ((each) => `“${each}”`);
    const name = FIELDS.find(([each]) => each === field)?.[1] ?? field;
    const verb = opsFor(field).find(([each]) => each === op)?.[1] ?? op;
    return [h("span.muted", `${name.toLowerCase()} ${verb} `), h("bdi", show(value)), op === "between" ? [h("span.muted", " and "), show(value2)] : null];
}

const categoryWord = (id) => {
    const category = state.categories.find((each) => each.id === id);
    return h("span.category-name", categoryMark(category), h("bdi", category?.name ?? "a deleted category"));
};

export function actionWords(actions = {}) {
    const words = [];
    if (actions.categoryId) words.push(categoryWord(actions.categoryId));
    if (actions.split?.length) words.push(h("span.rule-split", h("span.visually-hidden", "split: "), actions.split.map((each) => h("span", h("span.rule-share", each.rest ? "the rest" : each.percent !== undefined && each.percent !== null ? `${each.percent} %` : formatMoney(String(each.amount), state.book.currency)), " ", categoryWord(each.categoryId)))));
    if (actions.merchantName) words.push(h("span.words", "called ", h("bdi", `“${actions.merchantName}”`)));
    for (const tag of actions.addTags ?? []) words.push(h("span.tag", tag));
    if (actions.paymentMethod) words.push(h("span.words", `paid by ${actions.paymentMethod}`));
    if (actions.notes) words.push(h("span.words", "with a note"));
    return words;
}
