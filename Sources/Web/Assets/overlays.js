// What lies over the page: notices, questions, banners for errors, placeholders while loading.

import { APIError } from "./api.js";
import { announce, h, icon, replace, uniqueID } from "./dom.js";

/// A short notice at the edge. With an action ("Undo") it stays longer and the action closes it.
export function toast(text, { action, onaction, onclose, seconds = action ? 10 : 4, tone = "plain" } = {}) {
    const region = document.getElementById("toasts");
    let closed = false;
    const close = (acted) => {
        if (closed) return;
        closed = true;
        clearTimeout(timer);
        element.remove();
        if (!acted) onclose?.();
    };
    const element = h("div.toast", { data: { tone } }, h("span", text),
        action && h("button.link", { type: "button", onclick: () => { close(true); onaction?.(); } }, action),
        h("button.icon-button.small", { type: "button", "aria-label": "Dismiss", onclick: () => close(false) }, icon("close")));
    let timer = setTimeout(() => close(false), seconds * 1000);
    // Reading or reaching for "Undo" takes the time it takes.
    for (const event of ["mouseenter", "focusin"]) element.addEventListener(event, () => clearTimeout(timer));
    for (const event of ["mouseleave", "focusout"]) element.addEventListener(event, () => { timer = setTimeout(() => close(false), 4000); });
    region.append(element);
    while (region.children.length > 3) region.firstElementChild.querySelector("[aria-label=Dismiss]").click();
    announce(text);
    return { close };
}

/// A modal <dialog>. The browser keeps the focus inside and gives it back at the end.
export function openDialog({ title, className = "", body, actions = [], onclose, mayClose = () => true }) {
    const heading = uniqueID("dialog");
    const dialog = h("dialog", { class: className, "aria-labelledby": heading });
    const close = (value) => { dialog.returnValue = value ?? ""; dialog.close(value); };
    const ask = async () => { if (await mayClose()) close(); };
    append2(dialog,
        h("header.dialog-head", h("h2", { id: heading }, title),
            h("button.icon-button", { type: "button", "aria-label": "Close", onclick: ask }, icon("close"))),
        body, actions.length ? h("footer.dialog-foot", actions) : null);
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); ask(); });
    // A press that starts on the backdrop closes; one that was dragged there from a field does not.
    let pressed = null;
    dialog.addEventListener("pointerdown", (event) => { pressed = event.target; });
    dialog.addEventListener("click", (event) => { if (event.target === dialog && pressed === dialog) ask(); });
    dialog.addEventListener("close", () => { dialog.remove(); onclose?.(dialog.returnValue); });
    document.body.append(dialog);
    dialog.showModal();
    // Enter right after Escape must not lose anything: a question that destroys has its focus on the way back.
    (dialog.querySelector(".dialog-foot .primary, .dialog-foot button") ?? dialog).focus();
    return { dialog, close };
}

function append2(dialog, ...children) {
    dialog.append(...children.filter(Boolean));
}

/// Resolves to whether the question was answered with its verb.
export function confirm({ title, text, verb, back = "Cancel", danger = false }) {
    return new Promise((resolve) => {
        const { close } = openDialog({
            title, className: "question", body: h("p.dialog-body", text),
            actions: [
                h("button", { type: "button", onclick: () => close() }, back),
                h("button", { type: "button", class: danger ? "danger" : "primary", onclick: () => close("yes") }, verb),
            ],
            onclose: (value) => resolve(value === "yes"),
        });
    });
}

/// What went wrong, in the reader's words, and whether trying again may help.
export function describe(error) {
    if (!(error instanceof APIError)) {
        console.error(error);
        return { text: "Something went wrong on this page. Reload it to go on.", retry: false };
    }
    switch (error.kind) {
    case "offline": return { text: navigator.onLine === false ? "You are offline." : "The server cannot be reached.", retry: true };
    case "unavailable": return { text: "The server is not ready at the moment.", retry: true };
    case "tooMany": return { text: `${error.message.replace(/ ?Try again .*$/, "") || "Too many requests."} ${waiting(error.retryAfter)}`, retry: (error.retryAfter ?? 0) <= 10 };
    default: return { text: error.message, retry: error.status >= 500 };
    }
}

function waiting(seconds) {
    if (!seconds) return "Try again in a moment.";
    const [value, unit] = seconds < 90 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
    return `Try again in ${new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: "long" }).format(value)}.`;
}

/// A quiet banner for an error, with "Try again" where that makes sense.
export function banner(error, { retry, note } = {}) {
    const { text, retry: worthwhile } = describe(error);
    return h("div.banner", { role: "alert", data: { tone: "bad" } }, icon("alert"),
        h("div.banner-text", h("span", text), note && h("span.muted", note),
            error.requestID && error.status === 500 && h("span.muted.small", `Request ${error.requestID}`)),
        retry && worthwhile && h("button.small", { type: "button", onclick: retry }, "Try again"));
}

/// Loads, showing a placeholder meanwhile and a banner on failure. `isCurrent` stops an answer that came too late.
export async function load(target, { placeholder, fetch, show, isCurrent = () => true }) {
    target.setAttribute("aria-busy", "true");
    // A placeholder that lives for a few frames only flickers.
    const timer = setTimeout(() => isCurrent() && placeholder && replace(target, placeholder()), 120);
    try {
        const value = await fetch();
        clearTimeout(timer);
        if (isCurrent()) show(value);
    } catch (error) {
        clearTimeout(timer);
        if (!isCurrent() || error.kind === "aborted" || error.kind === "unauthenticated") return;
        replace(target, banner(error, { retry: () => load(target, { placeholder, fetch, show, isCurrent }) }));
    } finally {
        if (isCurrent()) target.removeAttribute("aria-busy");
    }
}

export function skeleton(lines, className = "skeleton-line") {
    return h("div.skeleton", { "aria-hidden": "true" }, Array.from({ length: lines }, () => h(`div.${className}`)));
}

export function emptyState({ symbol, title, text, actions = [], level = "h2" }) {
    return h("div.empty", h("div.empty-mark", icon(symbol)), h(level, { tabindex: "-1" }, title), h("p", text), actions.length > 0 && h("div.empty-actions", actions));
}
