// Changes to entries, and the word of them to whatever screen is in front.

import { api } from "./api.js";
import { describe, toast } from "./overlays.js";

export const pathOf = (entry) => `/${entry.type === "income" ? "incomes" : "expenses"}`;

/// kind: created | changed | removed | restored
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

// Deleting waits a few seconds for an "Undo" before it is sent. Leaving the screen, or the page, sends it at once.
const waiting = new Map();

export function deleteEntry(entry) {
    tell("removed", entry);
    const notice = toast(`Deleted ${entry.merchantName || "the entry"}.`, {
        action: "Undo",
        onaction: () => { waiting.delete(entry.id); tell("restored", entry); },
        onclose: () => commit(entry.id),
    });
    waiting.set(entry.id, { entry, notice });
}

async function commit(id, options) {
    const item = waiting.get(id);
    if (!item) return;
    waiting.delete(id);
    try {
        await api.delete(`${pathOf(item.entry)}/${id}`, options);
    } catch (error) {
        if (error.status === 404) return;
        tell("restored", item.entry);
        toast(`Not deleted. ${describe(error).text}`, { tone: "bad", seconds: 8 });
    }
}

export async function commitDeletions(options) {
    const items = [...waiting];
    await Promise.all(items.map(([id]) => commit(id, options)));
    for (const [, item] of items) item.notice.close();
}

window.addEventListener("pagehide", () => commitDeletions({ keepalive: true }));
