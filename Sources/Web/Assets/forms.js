// Forms: a label for every field, the server's word beside the field it is about.

import { h, icon, replace, uniqueID } from "./dom.js";
import { banner } from "./overlays.js";

/// field({name, label, control}) → element. `control` is an input, select or textarea.
export function field({ name, label, control, hint, optional = false, className = "" }) {
    const id = uniqueID("f");
    control.id = id;
    control.name ||= name;
    const described = [];
    const hintElement = hint && h("p.hint", { id: `${id}h` }, hint);
    if (hintElement) described.push(`${id}h`);
    described.push(`${id}e`);
    control.setAttribute("aria-describedby", described.join(" "));
    return h("div.field", { class: className, data: { field: name } },
        h("label", { htmlFor: id }, label, optional && h("span.optional", " optional")),
        control.parentElement ?? control, hintElement, h("p.field-error", { id: `${id}e`, hidden: true }));
}

export function input(properties) {
    return h("input", { autocomplete: "off", ...properties });
}

export function passwordInput(properties) {
    const control = h("input", { type: "password", ...properties });
    const button = h("button.icon-button.reveal", { type: "button", "aria-label": "Show the password", "aria-pressed": "false" }, icon("eye"));
    button.addEventListener("click", () => {
        const shown = control.type === "text";
        control.type = shown ? "password" : "text";
        button.setAttribute("aria-pressed", String(!shown));
        control.focus();
    });
    h("div.with-button", control, button);
    return control;
}

/// options: [value, text] pairs, or {label, options} groups.
export function select(options, value, properties = {}) {
    const option = ([each, text]) => h("option", { value: each, selected: each === value }, text);
    return h("select", properties, options.map((each) => (Array.isArray(each) ? option(each) : h("optgroup", { label: each.label }, each.options.map(option)))));
}

/// Radio buttons that look like one control.
export function segmented({ name, label, options, value, onchange }) {
    return h("fieldset.segmented", h("legend.visually-hidden", label), options.map(([each, text, symbol]) => {
        const id = uniqueID("s");
        return h("span", h("input", { type: "radio", id, name, value: each, checked: each === value, onchange: () => onchange?.(each) }),
            h("label", { htmlFor: id }, symbol && icon(symbol), h("span", text)));
    }));
}

/// A form that sends once at a time, marks refused fields, and keeps what was typed whatever happens.
/// send(values) does the work; checks(values) → [{field, message}] finds what need not go to the server.
export function form({ className = "", children, send, checks = () => [], aliases = {}, note }) {
    const problems = h("div.form-banner");
    const element = h("form", { class: className, novalidate: true }, problems, children);
    const state = { busy: false };
    element.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (state.busy) return;
        clear(element);
        replace(problems);
        const values = Object.fromEntries(new FormData(element));
        const found = checks(values);
        if (found.length) return mark(element, found, aliases);
        state.busy = true;
        const submitters = [...element.querySelectorAll("button[type=submit]")];
        for (const button of submitters) button.setAttribute("aria-disabled", "true");
        element.setAttribute("aria-busy", "true");
        try {
            await send(values, event.submitter);
        } catch (error) {
            if (error.kind === "aborted" || error.kind === "unauthenticated") return;
            const left = mark(element, error.fields ?? [], aliases);
            if (left.length || !(error.fields ?? []).length) {
                const extra = left.map((each) => each.message).join(" ");
                replace(problems, banner(error, { retry: () => element.requestSubmit(event.submitter), note: extra || note?.(error) }));
                problems.scrollIntoView({ block: "nearest" });
            }
        } finally {
            state.busy = false;
            element.removeAttribute("aria-busy");
            for (const button of submitters) button.removeAttribute("aria-disabled");
        }
    });
    element.addEventListener("input", (event) => {
        const holder = event.target.closest("[data-field]");
        if (holder) unmark(holder);
    });
    return element;
}

/// Marks the fields and puts the focus on the first; returns the errors that have no field here.
function mark(element, errors, aliases) {
    const left = [];
    let first = null;
    for (const error of errors) {
        const name = aliases[error.field] ?? error.field;
        const holder = element.querySelector(`[data-field="${CSS.escape(name)}"]`);
        if (!holder) { left.push(error); continue; }
        const text = holder.querySelector(".field-error");
        const control = holder.querySelector("input, select, textarea");
        text.textContent = error.message.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
        text.hidden = false;
        holder.closest("details")?.setAttribute("open", "");
        control?.setAttribute("aria-invalid", "true");
        first ??= control;
    }
    first?.focus();
    return left;
}

function unmark(holder) {
    holder.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
    const text = holder.querySelector(".field-error");
    if (text) text.hidden = true;
}

function clear(element) {
    for (const holder of element.querySelectorAll("[data-field]")) unmark(holder);
}
