// The one way to the server. The session lives in cookies that scripts cannot read; this file keeps it alive.

import { parseJSON } from "./money.js";

const ROOT = "/api/v1";

/// The server's refusal, or its absence. `kind`: refused | unauthenticated | stale | unavailable | offline | tooMany | aborted
export class APIError extends Error {
    constructor(kind, { status = 0, code = "", message = "", fields = [], retryAfter = null, requestID = null } = {}) {
        super(message);
        Object.assign(this, { kind, status, code, fields, retryAfter, requestID });
    }

    get isTransient() {
        return this.kind === "offline" || this.kind === "unavailable" || this.kind === "tooMany";
    }
}

let bookID = null;
let onSignedOut = () => {};
let onProofNeeded = async () => false;
let onEnrolmentNeeded = () => {};

export const bookHeaders = () => (bookID ? { "X-Book": bookID } : {});
export function useBook(id) { bookID = id; }
export function whenSignedOut(body) { onSignedOut = body; }
/// body() leads to where the second factor that the operator demands is set up.
export function whenEnrolmentIsNeeded(body) { onEnrolmentNeeded = body; }
/// body() → whether the person has shown once more who they are; then the request is repeated.
export function whenProofIsNeeded(body) { onProofNeeded = body; }

function cookie(name) {
    const match = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
    return match ? decodeURIComponent(match.slice(name.length + 1)) : null;
}

/// Over https the name says that nobody but this server can have set it.
const csrfToken = () => cookie("__Host-purser_csrf") ?? cookie("purser_csrf");

/// A hint, without asking the server: the readable half of the session's cookies is there.
export function maySignedIn() {
    return csrfToken() !== null;
}

export const api = {
    get: (path, query, options) => call("GET", path + queryText(query), undefined, options),
    post: (path, body, options) => call("POST", path, body ?? {}, options),
    put: (path, body, options) => call("PUT", path, body, options),
    patch: (path, body, options) => call("PATCH", path, body ?? {}, options),
    delete: (path, body, options) => call("DELETE", path, body, options),
};

/// A list becomes the same name several times.
export function queryText(query) {
    const pairs = Object.entries(query ?? {})
        .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((each) => [name, each]))
        .filter(([, value]) => value !== undefined && value !== null && value !== "");
    return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

/// options.renews: the answer brings new tokens and ends those before. Meanwhile no tab exchanges what is about to end.
function call(method, path, body, options = {}) {
    if (!options.renews) return attempt(method, path, body, options);
    return exclusively(async () => {
        const data = await attempt(method, path, body, options);
        store(REFRESHED_AT, String(Date.now()));
        return data;
    });
}

async function attempt(method, path, body, options) {
    const asked = Date.now();
    let answer = await send(method, path, body, options);
    if (isExpired(answer) && !options.anonymous && (await (options.renews ? renew(asked) : refreshed(asked)))) {
        answer = await send(method, path, body, options);
    }
    if (answer.status === 403 && decoded(answer)?.code === "REAUTHENTICATION_REQUIRED" && (await onProofNeeded())) {
        answer = await send(method, path, body, options);
    }
    return unwrap(answer, options);
}

function headers(method, options) {
    const fields = { Accept: "application/json" };
    if (bookID && !options.anonymous) fields["X-Book"] = bookID;
    if (method !== "GET") fields["X-CSRF-Token"] = csrfToken() ?? "";
    if (options.idempotencyKey) fields["Idempotency-Key"] = options.idempotencyKey;
    return fields;
}

async function send(method, path, body, options) {
    const fields = headers(method, options);
    if (body !== undefined) fields["Content-Type"] = "application/json";
    let response;
    try {
        response = await fetch(ROOT + path, {
            method, headers: fields, body: body === undefined ? undefined : JSON.stringify(body),
            credentials: "same-origin", cache: "no-store", signal: options.signal, keepalive: options.keepalive ?? false,
        });
        return { status: response.status, retryAfter: response.headers.get("Retry-After"), text: await response.text() };
    } catch (error) {
        if (error.name === "AbortError") throw new APIError("aborted");
        throw new APIError("offline", { message: "The server cannot be reached." });
    }
}

function decoded(answer) {
    if (!answer.text) return null;
    try { return parseJSON(answer.text); } catch { return null; }
}

function isExpired(answer) {
    if (answer.status !== 401) return false;
    const code = decoded(answer)?.code;
    return code !== "INVALID_CREDENTIALS";
}

function unwrap(answer, options = {}) {
    const envelope = decoded(answer);
    if (answer.status >= 200 && answer.status < 300) {
        return options.whole ? { data: envelope?.data, meta: envelope?.meta ?? {} } : envelope?.data ?? null;
    }
    const details = {
        status: answer.status, code: envelope?.code ?? "", message: envelope?.message ?? "",
        fields: envelope?.errors ?? [], retryAfter: Number(answer.retryAfter) || null, requestID: envelope?.error?.requestId ?? null,
    };
    if (answer.status === 401 && !options.anonymous) {
        onSignedOut();
        throw new APIError("unauthenticated", details);
    }
    if (answer.status === 409 && details.code === "STALE_VERSION") throw new APIError("stale", details);
    // Signing in again brings the missing cookie back, and what was typed here can still be sent then.
    if (details.code === "CSRF_INVALID") details.message = "This browser has lost a part of your session. Sign in again in another tab, then try once more.";
    if (details.code === "MFA_ENROLMENT_REQUIRED") onEnrolmentNeeded();
    if (answer.status === 429) throw new APIError("tooMany", details);
    // A gateway without its server behind it answers 502 or 504; to the reader that is the same as 503.
    if (answer.status >= 502 && answer.status <= 504) throw new APIError("unavailable", details);
    if (!details.message) details.message = answer.status >= 500 ? "The server made a mistake. Nothing was changed on this page." : `The server refused this (${answer.status}).`;
    throw new APIError("refused", details);
}

// Refresh tokens rotate, and using one twice ends the session. So only one refresh runs at a time: within this
// page by a shared promise, across its tabs by a lock, and a tab that waited uses what the other one fetched.
let refreshing = null;
const REFRESHED_AT = "purser.refreshedAt";
const PATIENCE = 1000;

/// Whether there are tokens to ask once more with.
function refreshed(since) {
    refreshing ??= exclusively(() => renew(since)).finally(() => { refreshing = null; });
    return refreshing;
}

/// For whoever has the lock.
async function renew(since) {
    if (Number(stored(REFRESHED_AT)) > since) return true;
    const before = csrfToken();
    const answer = await send("POST", "/auth/refresh", {}, {});
    // Neither says anything of the session.
    if (answer.status === 429 || (answer.status >= 502 && answer.status <= 504)) unwrap(answer);
    if (answer.status === 200) store(REFRESHED_AT, String(Date.now()));
    return answer.status === 200 || isReplaced(before);
}

/// Whether another tab has a new session by now, as after a proof of who is there: it ends the one before, and the word
/// of that may be here before the new cookies are. One of them, which belongs to its session alone, can be read.
async function isReplaced(before) {
    const end = Date.now() + PATIENCE;
    for (;;) {
        const now = csrfToken();
        if (now !== before || now === null) return now !== null;
        // By the clock: in a tab that nobody sees a pause is as long as the browser likes.
        if (Date.now() > end) return false;
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
}

/// New tokens, where the ones before say less than is true by now.
export const renewTokens = () => refreshed(Date.now());

function exclusively(body) {
    // Web Locks exist only over https and on localhost; a plain http address in a home network goes without.
    return navigator.locks ? navigator.locks.request("purser.refresh", body) : body();
}

export function stored(key) {
    try { return localStorage.getItem(key); } catch { return null; }
}

export function store(key, value) {
    try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, value);
    } catch { /* storage may be blocked; nothing depends on it */ }
}

/// A key for one intention to create something, so that "try again" cannot create it twice.
export function newIdempotencyKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    // Plain http in a home network has no randomUUID.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/// A file of one's own that needs a fresh proof of who one is: its bytes, once that is given.
export async function fetchFile(path) {
    const asked = Date.now();
    const attempt = async () => {
        let response;
        try {
            response = await fetch(ROOT + path, { headers: headers("GET", {}), credentials: "same-origin", cache: "no-store" });
            if (response.ok) return { status: response.status, blob: await response.blob(), name: /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] };
            return { status: response.status, retryAfter: response.headers.get("Retry-After"), text: await response.text() };
        } catch { throw new APIError("offline", { message: "The server cannot be reached." }); }
    };
    let answer = await attempt();
    if (isExpired(answer) && (await refreshed(asked))) answer = await attempt();
    if (answer.status === 403 && decoded(answer)?.code === "REAUTHENTICATION_REQUIRED" && (await onProofNeeded())) answer = await attempt();
    return answer.blob ? answer : unwrap(answer);
}

/// Sends a file. XMLHttpRequest, because fetch does not report how much has been sent.
export async function upload(path, query, file, { progress, signal, method = "POST" } = {}) {
    const asked = Date.now();
    const attempt = () => new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open(method, ROOT + path + queryText(query));
        for (const [name, value] of Object.entries(headers("POST", {}))) request.setRequestHeader(name, value);
        request.upload.onprogress = (event) => event.lengthComputable && progress?.(event.loaded / event.total);
        request.upload.onload = () => progress?.(1);
        request.onload = () => resolve({ status: request.status, retryAfter: request.getResponseHeader("Retry-After"), text: request.responseText });
        request.onerror = () => reject(new APIError("offline", { message: "The server cannot be reached." }));
        request.onabort = () => reject(new APIError("aborted"));
        signal?.addEventListener("abort", () => request.abort());
        const form = new FormData();
        form.append("file", file, file.name);
        request.send(form);
    });
    let answer = await attempt();
    if (isExpired(answer) && (await refreshed(asked))) answer = await attempt();
    return unwrap(answer);
}
