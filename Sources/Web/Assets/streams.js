// Answers that do not come at once: the progress of an import, and files to keep.

import { api, APIError, bookHeaders, queryText } from "./api.js";
import { h } from "./dom.js";
import { state } from "./state.js";

const ROOT = "/api/v1";

/// Server-sent events until the server ends them. EventSource cannot say which book it is about, so this reads them itself.
export async function follow(path, { onevent, signal }) {
    const response = await fetch(ROOT + path, { headers: { ...bookHeaders(), Accept: "text/event-stream" }, credentials: "same-origin", cache: "no-store", signal });
    if (!response.ok || !response.body) throw new APIError("refused", { status: response.status });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const blocks = (rest + value).split(/\r?\n\r?\n/);
        rest = blocks.pop();
        for (const block of blocks) deliver(block, onevent);
    }
}

function deliver(block, onevent) {
    let name = "message";
    const data = [];
    for (const line of block.split(/\r?\n/)) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    }
    if (!data.length) return;
    try { onevent(name, JSON.parse(data.join("\n"))); } catch (error) { console.warn("An event could not be read.", error); }
}

/// Lets the browser keep a file. With one book it streams to the disk; a choice among books needs a header, hence the memory.
export async function download(path, query, name) {
    if ((state.user?.books?.length ?? 0) < 2) {
        await api.get("/users/me"); // renews the session if need be: a link cannot
        return save(ROOT + path + queryText(query), name);
    }
    const response = await fetch(ROOT + path + queryText(query), { headers: bookHeaders(), credentials: "same-origin", cache: "no-store" });
    if (!response.ok) throw new APIError("refused", { status: response.status, message: "The file could not be made." });
    const address = URL.createObjectURL(await response.blob());
    save(address, name);
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function save(href, name) {
    const link = h("a", { href, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
}
