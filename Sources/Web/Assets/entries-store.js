// Changes to entries, and the word of them to whatever screen is in front.

import { api } from "./api.js";
import { describe, toast } from "./overlays.js";

export const pathOf = (entry) => `/${entry.type === "income" ? "incomes" : "expenses"}`;

/// kind: created | changed | removed (only from sight) | deleted | restored
function tell(kind, entry) {
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

const EDITABLE = ["amount", "currency", "merchantName", "description", "notes", "categoryId", "transactionDate", "status", "paymentMethod", "tags", "version"];

export async function changeEntry(entry, values) {
    const body = Object.fromEntries(EDITABLE.map((key) => [key, entry[key] ?? null]));
    const changed = await api.put(`${pathOf(entry)}/${entry.id}`, { ...body, ...values });
    tell("changed", changed);
    return changed;
}

export const fetchEntry = (entry) => api.get(`${pathOf(entry)}/${entry.id}`);

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
    toast(`Deleted ${entry.merchantName || "the entry"}.`, { action: "Undo", onaction: () => restoreEntry(entry) });
}

async function restoreEntry(entry) {
    try {
        tell("restored", (await api.patch(`${pathOf(entry)}/${entry.id}/restore`)) ?? entry);
    } catch (error) {
        if (error.kind !== "unauthenticated") toast(`Not restored. ${describe(error).text}`, { tone: "bad", seconds: 8, action: "Try again", onaction: () => restoreEntry(entry) });
    }
}
