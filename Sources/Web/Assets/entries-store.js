// Changes to entries, and the word of them to whatever screen is in front.

import { api } from "./api.js";
import { plural } from "./dom.js";
import { describe, toast } from "./overlays.js";

export const pathOf = (entry) => `/${entry.type === "income" ? "incomes" : "expenses"}`;

/// kind: created | changed | removed (only from sight) | deleted | restored
export function tell(kind, entry) {
    document.dispatchEvent(new CustomEvent("entrieschange", { detail: { kind, entry } }));
}

/// Calls body for every change until the returned function is called.
export function onEntriesChange(body) {
    const listener = (event) => body(event.detail);
    document.addEventListener("entrieschange", listener);
    return () => document.removeEventListener("entrieschange", listener);
}

export async function createEntry(type, values, idempotencyKey) {
    const entry = await api.post(pathOf({ type }), values, { idempotencyKey });
    tell("created", entry);
    return entry;
}

const same = (left, right) => JSON.stringify(left ?? null) === JSON.stringify(right ?? null);

/// Sends what differs from the entry as it was drawn, with the version that was drawn: what somebody else has changed
/// meanwhile is not put back unseen.
export async function changeEntry(entry, values) {
    const body = Object.fromEntries(Object.entries(values).filter(([key, value]) => !same(value, entry[key])));
    if (!Object.keys(body).length) return entry;
    const changed = await api.put(`${pathOf(entry)}/${entry.id}`, { ...body, version: entry.version });
    tell("changed", changed);
    return changed;
}

export const fetchEntry = (entry) => api.get(`${pathOf(entry)}/${entry.id}`);

export async function duplicateEntry(entry, values = {}) {
    const copy = await api.post(`${pathOf(entry)}/${entry.id}/duplicate`, values);
    tell("created", copy);
    return copy;
}

/// What the key u brings back when nothing else is meant.
let lastDeleted = null;
export const undoLast = () => { const undo = lastDeleted; lastDeleted = null; undo?.(); return Boolean(undo); };

/// Deletes at once, since a deleted entry can be restored; screens hear of it before the server has answered.
export async function deleteEntry(entry) {
    tell("removed", entry);
    try {
        await api.delete(`${pathOf(entry)}/${entry.id}`);
    } catch (error) {
        if (error.status !== 404) {
            tell("restored", entry);
            if (error.kind !== "unauthenticated") toast(`Not deleted. ${describe(error).text}`, { tone: "bad", seconds: 8 });
            return;
        }
    }
    tell("deleted", entry);
    offerUndo(`Deleted ${entry.merchantName || "the entry"}.`, () => restoreEntry(entry));
}

function offerUndo(text, undo) {
    lastDeleted = () => { notice.close(); undo(); };
    const notice = toast(text, { action: "Undo", onaction: () => { lastDeleted = null; undo(); } });
}

export async function restoreEntry(entry) {
    try {
        tell("restored", (await api.patch(`${pathOf(entry)}/${entry.id}/restore`)) ?? entry);
    } catch (error) {
        if (error.kind !== "unauthenticated") toast(`Not restored. ${describe(error).text}`, { tone: "bad", seconds: 8, action: "Try again", onaction: () => restoreEntry(entry) });
    }
}

// MARK: many at once

const SLICE = 500;

/// Sends ids in slices and puts the results together. Returns {done: [id], failed: [{id, message}]}.
async function inSlices(ids, send, progress) {
    const done = [];
    const failed = [];
    for (let start = 0; start < ids.length; start += SLICE) {
        const slice = ids.slice(start, start + SLICE);
        const answer = await send(slice);
        const results = answer?.results ?? slice.map((id) => ({ id, status: "done" }));
        for (const [index, each] of results.entries()) {
            const id = each.id ?? slice[each.index ?? index];
            if (each.status === "failed" || each.error) failed.push({ id, message: each.error?.message ?? "It was not changed." });
            else done.push(id);
        }
        progress?.(Math.min(start + SLICE, ids.length), ids.length);
    }
    return { done, failed };
}

/// With a category, which is for expenses or for incomes, the others are left and said why.
export async function changeMany(entries, changes, { category, progress } = {}) {
    const type = category && (category.isIncome ? "income" : "expense");
    const fitting = entries.filter((each) => !type || each.type === type).map((each) => each.id);
    const others = entries.filter((each) => type && each.type !== type);
    const results = await inSlices(fitting, (slice) => api.put(`${type ? pathOf({ type }) : "/entries"}/bulk`, { ids: slice, changes }), progress);
    results.failed.push(...others.map(({ id }) => ({ id, message: `${category.name} is for ${category.isIncome ? "income" : "spending"}.` })));
    return results;
}
export const restoreMany = (ids, progress) => inSlices(ids, (slice) => api.post("/entries/bulk/restore", { ids: slice }), progress);

/// Deletes entries and offers to take it back. ondone(ids) hears what came back.
export async function deleteMany(entries, { progress, onundone }) {
    const results = { done: [], failed: [] };
    for (const type of ["expense", "income"]) {
        const ids = entries.filter((each) => each.type === type).map((each) => each.id);
        if (!ids.length) continue;
        const part = await inSlices(ids, (slice) => api.delete(`${pathOf({ type })}/bulk`, { ids: slice }), progress);
        results.done.push(...part.done);
        results.failed.push(...part.failed);
    }
    if (results.done.length) {
        offerUndo(`Deleted ${plural(results.done.length, "entry", "entries")}.`, async () => {
            try {
                await restoreMany(results.done);
                onundone();
            } catch (error) {
                toast(`Not restored. ${describe(error).text}`, { tone: "bad", seconds: 8 });
            }
        });
    }
    return results;
}
