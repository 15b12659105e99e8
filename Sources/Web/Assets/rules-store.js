// Rules that are made on the way: from an entry, or from a category chosen while importing.

import { api } from "./api.js";

const folded = (text) => String(text ?? "").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

/// So many characters a condition may have, fewer than a merchant's name.
export const LONGEST_TEXT = 200;

/// The condition that a field is this text; of a longer one, that it begins so.
export function exactly(field, text) {
    const characters = [...text];
    return characters.length > LONGEST_TEXT ? { field, op: "startsWith", value: characters.slice(0, LONGEST_TEXT).join("") } : { field, op: "is", value: text };
}

/// The rule that is about exactly this text and nothing else, if there is one.
function sameRule(rules, field, text) {
    const wanted = exactly(field, text);
    return rules.find(({ conditions }) => conditions?.items?.length === 1 && conditions.items[0].field === field && conditions.items[0].op === wanted.op && folded(conditions.items[0].value) === folded(wanted.value));
}

/// picks: [{text, field, categoryId}]. What is meant for one merchant comes before what is meant for many, since the
/// first rule that sets a category has the word. Returns {made, failed: [{text, error}]}.
export async function rememberCategories(picks) {
    const made = [];
    const failed = [];
    if (!picks.length) return { made, failed };
    let rules = [];
    try { rules = await api.get("/rules"); } catch { /* then they are added as if there were none */ }
    const fresh = [];
    for (const { text, field, categoryId } of picks) {
        try {
            const before = sameRule(rules, field, text);
            if (before) made.push(await api.put(`/rules/${before.id}`, { isEnabled: true, actions: { ...before.actions, categoryId }, version: before.version }));
            else {
                const rule = await api.post("/rules", { name: text.slice(0, 100), isEnabled: true, conditions: { match: "all", items: [exactly(field, text)] }, actions: { categoryId } });
                made.push(rule);
                fresh.push(rule.id);
            }
        } catch (error) { failed.push({ text, error }); }
    }
    await toTheTop(fresh, rules);
    return { made, failed };
}

/// Puts new rules before those that were there.
export async function toTheTop(ids, rules = null) {
    try {
        const before = rules ?? (await api.get("/rules"));
        const rest = before.map((each) => each.id).filter((id) => !ids.includes(id));
        if (ids.length && rest.length) await api.put("/rules/order", { ids: [...ids, ...rest] });
    } catch (error) { console.warn("The new rules stand behind the others.", error); }
}

/// Puts a rule that was made anew where the one that was deleted stood. `order`: the ids as they were before.
export async function putBack(id, deleted, order) {
    if (!order.includes(deleted)) return;
    try {
        const before = new Set(order.slice(0, order.indexOf(deleted)));
        const others = (await api.get("/rules")).map((each) => each.id).filter((each) => each !== id);
        const place = others.findLastIndex((each) => before.has(each)) + 1;
        await api.put("/rules/order", { ids: [...others.slice(0, place), id, ...others.slice(place)] });
    } catch (error) { console.warn("The rule stands behind the others.", error); }
}
