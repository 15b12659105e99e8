// What can be measured about a screen without looking at it. Returns a list of complaints.
const complaints = [];
const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length > 0;
const where = (element) => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className} “${(element.textContent ?? "").trim().slice(0, 30)}”`;
const hiddenVisually = (element) => element.closest(".visually-hidden, .skip");

if (document.documentElement.scrollWidth > innerWidth) complaints.push(`scrolls sideways: ${document.documentElement.scrollWidth} > ${innerWidth}`);
for (const each of document.querySelectorAll(".table-scroll")) if (each.scrollWidth > each.clientWidth) complaints.push(`hides a part of its table: ${where(each)}`);
if (document.querySelectorAll("main").length !== 1) complaints.push("not one <main>");
if (![...document.querySelectorAll("h1")].filter(shown).length) complaints.push("no <h1>");
for (const control of document.querySelectorAll("input, select, textarea, button, a[href]")) {
    if (!shown(control)) continue;
    const named = control.getAttribute("aria-label") || control.labels?.length || control.innerText?.trim() || control.getAttribute("aria-labelledby");
    if (!named) complaints.push(`without a name: ${where(control)}`);
}
const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) complaints.push(`id twice: ${id}`);

// Contrast of text with what lies behind it (WCAG 2, AA).
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
};
const over = (top, bottom) => [0, 1, 2].map((index) => top[index] * top[3] + bottom[index] * (1 - top[3])).concat(1);
const luminance = ([red, green, blue]) => {
    const linear = (value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
};
function behind(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
        const color = rgba(getComputedStyle(each).backgroundColor);
        if (color[3] > 0) layers.push(color);
        if (color[3] === 1) break;
    }
    return layers.reduceRight((bottom, top) => over(top, bottom), [255, 255, 255, 1]);
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || !shown(element) || hiddenVisually(element)) continue;
    if (element.closest("option, optgroup, noscript, script, :disabled, [aria-disabled=true], [aria-busy=true]")) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const back = behind(element);
    const front = over(rgba(style.color), back);
    const [light, dark] = [luminance(front), luminance(back)].sort((left, right) => right - left);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed - 0.02) complaints.push(`contrast ${ratio.toFixed(2)} < ${needed}: ${where(element)}`);
}
return [...new Set(complaints)].slice(0, 12);
