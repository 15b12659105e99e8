// What others change in the book appears here without being asked for. One connection for the page; it comes back by itself.

import { api } from "./api.js";
import { navigate, reshow } from "./app.js";
import { h } from "./dom.js";
import { onEntriesChange, tell } from "./entries-store.js";
import { parseJSON } from "./money.js";
import { toast } from "./overlays.js";
import { adopt, may, reloadCategories, state } from "./state.js";
import { follow } from "./streams.js";

export const mayReadAudit = () => may("audit:read");

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

let book = null;
let connection = null;

/// Follows the book in front, until there is none or another one. Called whenever a screen is shown.
export function keepLive() {
    const wanted = state.user && may("activity:view") ? state.book.id : null;
    if (wanted === book) return;
    connection?.abort();
    book = wanted;
    connection = book ? new AbortController() : null;
    if (connection) stayConnected(connection.signal);
}

async function stayConnected(signal) {
    let pause = FIRST_PAUSE;
    let failures = 0;
    const at = { last: null };
    while (!signal.aborted) {
        const began = Date.now();
        // What lies between may not know WebSockets: then the same comes as a stream of events.
        const why = failures < 3 ? await overSocket(signal, at) : await overStream(signal, at);
        if (signal.aborted) return;
        show(false);
        if (Date.now() - began > LONGEST_PAUSE || why === "open") [pause, failures] = [FIRST_PAUSE, 0];
        else failures += 1;
        if (why === "gone") {
            pause = LONGEST_PAUSE;
            if (await standing()) return;
        }
        await new Promise((resolve) => { setTimeout(resolve, pause * (0.5 + Math.random())); });
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        if (signal.aborted) return;
        // An ordinary call renews the session; and whoever is signed out by it needs no news.
        await api.get("/users/me").catch(() => {});
    }
}

/// Asks anew what one is in the books, and shows what follows from it. Returns whether the book in front is another one.
async function standing() {
    const before = state.book;
    let user;
    try { user = await api.get("/users/me"); } catch { return false; }
    const stays = user.books?.some((each) => each.id === before?.id);
    adopt(user);
    if (!before || stays) {
        later("everything", () => reshow());
        return false;
    }
    toast(`You are no longer a member of “${before.name}”.`, { tone: "bad" });
    // Whatever was being done belongs to that book.
    document.querySelector("dialog[open]")?.close();
    navigate("/");
    return true;
}

/// Until it ends. Returns "open" when it had begun, "gone" when there is nothing to be told any more, else "failed".
function overSocket(signal, at) {
    return new Promise((resolve) => {
        const wanted = book;
        let outcome = "failed";
        const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, "purser.v1");
        // To close one that is still being opened is an error to the browser, which says so in the console.
        const leave = () => (socket.readyState === WebSocket.CONNECTING ? socket.addEventListener("open", () => socket.close(1000)) : socket.close(1000));
        signal.addEventListener("abort", leave);
        socket.onopen = () => !signal.aborted && socket.send(JSON.stringify({ type: "subscribe", bookId: wanted, ...(at.last === null ? {} : { after: at.last }) }));
        socket.onmessage = ({ data }) => {
            const message = parseJSON(data);
            if (message.type === "subscribed") {
                outcome = "open";
                at.last ??= Number(message.cursor);
                show(true);
            } else hear(message.type, message, at);
        };
        socket.onclose = ({ code }) => {
            signal.removeEventListener("abort", leave);
            resolve(code === 4003 ? "gone" : outcome);
        };
    });
}

async function overStream(signal, at) {
    let outcome = "failed";
    try {
        await follow(`/activity/stream${at.last === null ? "" : `?after=${at.last}`}`, {
            signal,
            onevent(name, data) {
                if (name === "ready") {
                    outcome = "open";
                    at.last ??= data.cursor;
                    show(true);
                } else hear(name, data, at);
            },
        });
    } catch (error) {
        if (error.status === 403 || error.status === 404) return "gone";
    }
    return outcome;
}

function hear(type, data, at) {
    if (type === "activity") {
        at.last = Number(data.number);
        receive(data);
    } else if (type === "reset") {
        // Too much was missed to be told one by one.
        at.last = null;
        later("everything", () => reshow());
    }
}

/// For the screens that tell whether they are live.
export let isLive = false;
function show(live) {
    if (isLive === live) return;
    isLive = live;
    document.dispatchEvent(new CustomEvent("livechange"));
}

// MARK: what this page has done itself

const ours = new Map();
let isRelaying = false;
function relay(kind, entry) {
    isRelaying = true;
    try { tell(kind, entry); } finally { isRelaying = false; }
}
onEntriesChange(({ entry }) => {
    if (isRelaying || !entry?.id) return;
    ours.set(entry.id, Date.now());
    if (ours.size > 500) ours.clear();
});
const isOurs = (event) => event.user?.id === state.user?.id && Date.now() - (ours.get(event.data?.id) ?? 0) < 10_000;

// MARK: what happened

function receive(event) {
    document.dispatchEvent(new CustomEvent("activity", { detail: event }));
    const [kind, verb] = event.name.split(".");
    if (kind === "expense" || kind === "income") {
        if (!isOurs(event)) later("entries", () => refreshEntry(kind, verb, event));
    } else if (kind === "book" || (kind === "household" && event.data?.userId === state.user?.id)) {
        if (event.user?.id !== state.user?.id) standing();
    } else if (kind === "household") {
        if (location.pathname === "/members" && event.user?.id !== state.user?.id) later("members", () => reshow());
    } else if (kind === "import") later("entries", () => relay("created", null));
    else if (kind === "category") later("categories", async () => {
        await reloadCategories();
        if (location.pathname === "/categories") reshow();
    });
    else if (kind === "rules" || kind === "rule") document.dispatchEvent(new CustomEvent("ruleschange"));
}

async function refreshEntry(kind, verb, event) {
    const id = event.data?.id;
    if (!id || verb === "created" || verb === "bulk_imported" || verb === "restored" || verb === "duplicated") return relay("created", null);
    if (verb === "deleted") return relay("removed", { id, type: kind });
    try { relay("changed", await api.get(`/${kind === "income" ? "incomes" : "expenses"}/${id}`)); } catch { relay("created", null); }
}

// MARK: not while something is being typed

const waiting = new Map();
const isBusy = () => Boolean(document.querySelector("dialog[open]")) || Boolean(document.activeElement?.closest("main input:not([type=checkbox]), main textarea, main select, main [contenteditable]")) || Boolean(document.querySelector("main[data-selecting]"));

/// Now, or as soon as nothing is being edited; of several of one kind only the last.
function later(kind, body) {
    if (!isBusy()) return void body();
    const isFirst = !waiting.size;
    waiting.set(kind, body);
    if (isFirst) wait();
}

function wait() {
    const timer = setInterval(() => {
        if (isBusy()) return;
        clearInterval(timer);
        const all = [...waiting.values()];
        waiting.clear();
        for (const each of all) each();
    }, 300);
}

/// A dot that tells whether what is shown follows what happens.
export function liveMark() {
    const mark = h("span.live-mark", { role: "status" });
    const draw = () => {
        mark.dataset.live = String(isLive);
        mark.textContent = isLive ? "Live" : "Connecting …";
        mark.title = isLive ? "What others do appears here by itself." : "The connection is being made. What others do appears when it is there.";
    };
    draw();
    document.addEventListener("livechange", draw);
    return { element: mark, stop: () => document.removeEventListener("livechange", draw) };
}

