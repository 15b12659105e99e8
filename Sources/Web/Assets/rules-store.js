// Rules that are made on the way: from an entry, or from a category chosen while importing.

import { api } from "./api.js";

const folded = (text) => String(text ?? "").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

/// The rule that is about exactly this text and nothing else, if there is one.
function sameRule(rules, field, text) {
    return rules.find(({ conditions }) => conditions?.items?.length === 1 && conditions.items[0].field === field && conditions.items[0].op === "is" && folded(conditions.items[0].value) === folded(text));
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
                const rule = await api.post("/rules", { name: text.slice(0, 100), isEnabled: true, conditions: { match: "all", items: [{ field, op: "is", value: text }] }, actions: { categoryId } });
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
