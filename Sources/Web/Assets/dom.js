// Elements are built, never parsed: text that came from a bank's file stays text.

const SVG = "http://www.w3.org/2000/svg";

/// h("button.primary", {onclick: save, "aria-label": "Save"}, "Save", icon("check"))
export function h(selector, ...rest) {
    const [tag, ...classes] = selector.split(".");
    const element = document.createElement(tag || "div");
    if (classes.length) element.className = classes.join(" ");
    let children = rest;
    if (isProperties(rest[0])) {
        set(element, rest[0]);
        children = rest.slice(1);
    }
    append(element, children);
    return element;
}

function isProperties(value) {
    return value !== null && typeof value === "object" && !(value instanceof Node) && !Array.isArray(value);
}

export function set(element, properties) {
    for (const [name, value] of Object.entries(properties)) {
        if (value === undefined || value === null || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (name === "class") element.className += (element.className ? " " : "") + value;
        else if (name === "css") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
        else if (name === "data") Object.assign(element.dataset, value);
        else if (name in element && PROPERTIES.has(name)) element[name] = value;
        else element.setAttribute(name, value === true ? "" : value);
    }
    return element;
}

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "indeterminate", "textContent", "open", "multiple", "files", "tabIndex", "htmlFor"]);

export function append(element, children) {
    for (const child of children.flat(Infinity)) {
        if (child === undefined || child === null || child === false) continue;
        element.append(child);
    }
    return element;
}

export function replace(element, ...children) {
    element.replaceChildren();
    return append(element, children);
}

export function icon(name, className = "icon") {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", className);
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("focusable", "false");
    const use = document.createElementNS(SVG, "use");
    use.setAttribute("href", `#icon-${name}`);
    svg.append(use);
    return svg;
}

/// Takes the drawings into the document, once: were they referred to in their file, a server that is away
/// would take the icons with it.
export async function loadIcons() {
    try {
        const text = await (await fetch(new URL("./icons.svg", import.meta.url))).text();
        const sheet = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
        for (const symbol of sheet.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
        sheet.setAttribute("hidden", "");
        sheet.setAttribute("aria-hidden", "true");
        document.body.append(sheet);
    } catch (error) {
        console.warn("The icons could not be loaded.", error); // every button has its name without them
    }
}

/// Icons that icons.svg draws for categories; anything else shows the neutral one.
export const DRAWN = new Set(["housing", "food", "transportation", "utilities", "healthcare", "entertainment", "savings", "emergency", "investments", "miscellaneous", "shopping", "travel", "education", "personal", "gifts", "fees", "taxes", "insurance", "subscriptions", "salary", "business", "interest", "refund", "rental", "other-income"]);

/// A category's mark: its icon in its colour. The colour comes from the server and is checked before use.
export function categoryMark(category, type = "expense") {
    const name = DRAWN.has(category?.icon) ? category.icon : DRAWN.has(category?.slug) ? category.slug : category ? "miscellaneous" : "uncategorised";
    return h("span.mark", { css: { "--mark": safeColor(category?.color) }, data: { type } }, icon(name));
}

/// A category as a coloured word with its icon.
export function categoryName(category) {
    return h("span.category-name", categoryMark(category), h("bdi", category?.name ?? "No category"));
}

export function safeColor(color) {
    return /^#[0-9a-f]{6}$/i.test(color ?? "") ? color : "#7c7f85";
}

let counter = 0;
export function uniqueID(prefix = "i") {
    counter += 1;
    return `${prefix}${counter}`;
}

export function debounce(milliseconds, body) {
    let timer;
    const run = (...values) => {
        clearTimeout(timer);
        timer = setTimeout(() => body(...values), milliseconds);
    };
    run.cancel = () => clearTimeout(timer);
    return run;
}

/// Says something to a screen reader without moving the focus.
export function announce(text) {
    const region = document.getElementById("announcer");
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 50);
}

export function plural(count, one, many = `${one}s`) {
    return `${new Intl.NumberFormat().format(count)} ${count === 1 ? one : many}`;
}
