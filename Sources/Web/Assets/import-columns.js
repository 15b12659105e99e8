// Which column is what: the file's own lines, with a choice above each column, and how its values are written.

import { api } from "./api.js";
import { h, icon } from "./dom.js";
import { parseTyped } from "./money.js";
import { describe, toast } from "./overlays.js";
import { openPicker } from "./picker.js";

const ROLES = [["date", "Date"], ["payee", "Payee"], ["amount", "Amount"], ["memo", "Memo"], ["debit", "Money out"], ["credit", "Money in"], ["indicator", "In or out"], ["valueDate", "Value date"], ["reference", "Reference"], ["currency", "Currency"], ["type", "Type"], ["status", "Status"], ["balance", "Balance"], ["id", "Number"]];
const ENCODINGS = [["utf8", "UTF-8"], ["windows1252", "Western (1252)"], ["windows1250", "Central European (1250)"], ["windows1251", "Cyrillic (1251)"], ["utf16LittleEndian", "UTF-16"], ["utf16BigEndian", "UTF-16, big end first"]];
const DECODERS = { utf8: "utf-8", windows1252: "windows-1252", windows1250: "windows-1250", windows1251: "windows-1251", utf16LittleEndian: "utf-16le", utf16BigEndian: "utf-16be" };
const SHOWN = 6;

export const corrections = (changes) => (Object.keys(changes).length ? JSON.stringify(changes) : undefined);

/// The detected columns. Their "amount" is a column's number, which the parser of money has kept as text.
export function columnsOf({ mapping }) {
    if (!mapping) return null;
    const numbers = Object.fromEntries(ROLES.map(([key]) => [key, mapping[key] === null || mapping[key] === undefined ? null : Number(mapping[key])]));
    return { ...mapping, ...numbers };
}

export function mappingIsComplete(mapping) {
    const has = (key) => mapping[key] !== null && mapping[key] !== undefined;
    return has("date") && (has("amount") || has("debit") || has("credit"));
}

/// What can be seen of a table from here: its likely separator, its first lines, and how its heading names the columns.
export async function firstLook(file, mapping = null) {
    const bytes = await file.slice(0, 65_536).arrayBuffer();
    const text = new TextDecoder(DECODERS[mapping?.encoding] ?? "utf-8").decode(bytes).replace(/^\uFEFF/, "");
    const lines = text.split(/\r\n|\r|\n/);
    const filled = lines.filter((line) => line.trim()).slice(0, 20);
    const count = (mark) => Math.max(0, ...filled.map((line) => line.split(mark).length - 1));
    const delimiter = mapping?.delimiter ?? [";", "\t", "|", ","].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
    const records = recordsOf(text, delimiter, 60);
    const widest = filled.reduce((best, line) => (line.split(delimiter).length > best.split(delimiter).length ? line : best), "");
    return {
        records, columns: (recordsOf(widest, delimiter, 1)[0] ?? []).map((each) => each.slice(0, 40)),
        mapping: { ...Object.fromEntries(ROLES.map(([key]) => [key, null])), delimiter, decimal: ".", dateOrder: "ymd", headerLines: 0, negate: false, encoding: mapping?.encoding ?? "utf8" },
    };
}

/// Quotes may hold separators and line ends, as in the reader of the server. Only for showing.
function recordsOf(text, delimiter, most) {
    const records = [];
    let record = [];
    let cell = "";
    let quoted = false;
    for (let index = 0; index < text.length && records.length < most; index += 1) {
        const letter = text[index];
        if (quoted) {
            if (letter !== '"') cell += letter;
            else if (text[index + 1] === '"') { cell += '"'; index += 1; } else quoted = false;
        } else if (letter === '"' && cell.trim() === "") { quoted = true; cell = ""; } else if (letter === delimiter) { record.push(cell.trim()); cell = ""; } else if (letter === "\n" || letter === "\r") {
            if (letter === "\r" && text[index + 1] === "\n") index += 1;
            record.push(cell.trim());
            records.push(record);
            record = [];
            cell = "";
        } else cell += letter;
    }
    if (records.length < most && (cell || record.length)) records.push([...record, cell.trim()]);
    return records;
}

export function mappingPanel(job, actions, { open }) {
    const { mapping, found, raw } = job;
    const names = found.columns ?? raw?.columns ?? [];
    const update = (part) => { document.querySelector(".file-detail")?.setAttribute("aria-busy", "true"); actions.remap(job, part); };
    const unsure = mapping.ambiguousDateOrder === true;
    const incomplete = !mappingIsComplete(mapping);
    const wide = Math.max(names.length, ...(raw?.records ?? []).slice(mapping.headerLines, mapping.headerLines + SHOWN).map((each) => each.length), ...ROLES.map(([key]) => (mapping[key] ?? -1) + 1));
    const reread = (part) => { update(part); actions.reread(job); };
    return h("details.mapping", { open: unsure || incomplete || open },
        h("summary", icon("chevron"), h("span", "Columns"), h("span.muted.small", summary(mapping, names))),
        unsure && h("div.banner", { data: { tone: "warn" } }, icon("alert"), h("div.banner-text", "These dates can be read with the day first or the month first. Look at a few below, and choose how they are written."),
            [["dmy", "Day first"], ["mdy", "Month first"]].map(([order, text]) => h("button.small", { type: "button", onclick: () => update({ dateOrder: order }) }, text))),
        incomplete && h("p.mapping-hint", "Say which column has the date and which the amount: press the heading of a column below."),
        columnTable(job, names, wide, update),
        h("div.mapping-grid",
            choice("Dates are written", "dateOrder", [["dmy", "day month year"], ["mdy", "month day year"], ["ymd", "year month day"]], mapping.dateOrder, (text) => update({ dateOrder: text })),
            choice("Amounts are written", "decimal", [[".", "1,234.56"], [",", "1.234,56"]], mapping.decimal, (text) => update({ decimal: text })),
            choice("Signs", "negate", [["false", "as written"], ["true", "turned round"]], String(Boolean(mapping.negate)), (text) => update({ negate: text === "true" })),
            choice("Columns end with", "delimiter", [[",", "comma"], [";", "semicolon"], ["\t", "tab"], ["|", "bar"]], mapping.delimiter, (text) => reread({ delimiter: text })),
            choice("Letters are", "encoding", ENCODINGS, mapping.encoding ?? "utf8", (text) => reread({ encoding: text })),
            number("Lines above the entries", "headerLines", mapping.headerLines ?? 0, (lines) => update({ headerLines: lines }))),
        remember(job, actions));
}

/// The file's own first lines. The heading of each column is a button that says what the column is.
function columnTable(job, names, wide, update) {
    const { mapping, raw } = job;
    const roleOf = (column) => ROLES.filter(([key]) => mapping[key] === column).map(([, text]) => text).join(", ");
    const heading = (column) => {
        const role = roleOf(column);
        const name = names[column]?.trim() || `Column ${column + 1}`;
        const button = h("button.column-role", { type: "button", name: `column-${column}`, "aria-haspopup": "dialog", "aria-expanded": "false", data: { set: String(Boolean(role)) }, "aria-label": `${name} is: ${role || "not used"}. Change`, onclick: () => choose(button, column, name) },
            h("span", role || "Not used"), icon("chevron-down"));
        return h("th", { scope: "col" }, button, h("span.column-name", { title: name }, h("bdi", name)));
    };
    function choose(button, column, name) {
        const current = ROLES.find(([key]) => mapping[key] === column)?.[0] ?? "";
        openPicker(button, {
            label: `What “${name}” is`, value: current, placeholder: "Date, payee, amount …",
            options: [...ROLES.map(([value, text]) => ({ value, text, hint: mapping[value] !== null && mapping[value] !== undefined && mapping[value] !== column ? `now ${names[mapping[value]] || `column ${mapping[value] + 1}`}` : null })), { value: "", text: "Not used" }],
            onpick: (role) => update(assignment(mapping, column, role)),
        });
    }
    const rows = (raw?.records ?? []).slice(mapping.headerLines ?? 0).filter((each) => each.some((cell) => cell)).slice(0, SHOWN);
    return h("div.table-box.column-box", { tabindex: "0", role: "group", "aria-label": "The file’s columns" },
        h("table.plain.columns", h("thead", h("tr", Array.from({ length: wide }, (_, column) => heading(column)))),
            h("tbody", rows.map((record) => h("tr", Array.from({ length: wide }, (_, column) => h("td", { data: { used: String(Boolean(roleOf(column))) } }, h("bdi", record[column] ?? ""))))))));
}

/// What changes when a column is given a role. The column that had it takes over the other's, so that nothing gets
/// lost by trying; amounts are in one column or in two.
function assignment(mapping, column, role) {
    const part = {};
    const before = ROLES.map(([key]) => key).filter((key) => mapping[key] === column && key !== role);
    for (const key of before) part[key] = null;
    if (!role) return part;
    const holder = mapping[role];
    if (holder !== null && holder !== undefined && holder !== column && before.length) part[before[0]] = holder;
    part[role] = column;
    if (role === "amount") for (const key of ["debit", "credit"]) if (mapping[key] !== null) part[key] = null;
    if ((role === "debit" || role === "credit") && mapping.amount !== null) part.amount = null;
    return part;
}

function remember(job, actions) {
    const profile = job.found.profile?.name ?? job.found.profile;
    const other = h("button.link", { type: "button", name: "other-profile", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => chooseProfile(other, profile, (id) => actions.useProfile(job, id)) }, profile ? "Another profile" : "or read it as a profile says");
    if (profile) return h("p.muted.small.remembered", `Read as the profile “${profile}” says. `, other);
    const name = h("input", { name: "profile-name", value: job.saveProfile, placeholder: "Name, such as My bank", maxlength: 100, "aria-label": "Name of the profile", autocomplete: "off", oninput: () => { job.saveProfile = name.value.trim(); } });
    return h("div.remember", h("span", "Remember these settings for files like this one:"), name, other);
}

async function chooseProfile(anchor, present, take) {
    try {
        const profiles = await api.get("/import-profiles");
        if (!profiles.length) return toast("There is no profile yet. Give these settings a name and import: that makes one.");
        openPicker(anchor, { label: "Profile", value: profiles.find((each) => each.name === present)?.id ?? "", options: profiles.map((each) => ({ value: each.id, text: each.name })), onpick: take });
    } catch (error) {
        if (error.kind !== "unauthenticated") toast(describe(error).text, { tone: "bad" });
    }
}

function summary(mapping, columns) {
    const name = (key) => (mapping[key] === null || mapping[key] === undefined ? null : columns[mapping[key]]?.trim() || `column ${mapping[key] + 1}`);
    return [["date", "date"], ["amount", "amount"], ["debit", "out"], ["credit", "in"], ["payee", "payee"], ["memo", "memo"]]
        .filter(([key]) => name(key)).map(([key, text]) => (name(key).toLowerCase() === text ? text : `${text}: ${name(key)}`)).join(" · ");
}

function choice(label, key, options, value, onchange) {
    const listed = options.some(([each]) => each === value) ? options : [...options, [value ?? "", value || "–"]];
    return h("label.mini", h("span", label), h("select", { name: `map-${key}`, onchange: (event) => onchange(event.target.value) }, listed.map(([each, text]) => h("option", { value: each, selected: each === value }, text))));
}

function number(label, key, value, onchange) {
    return h("label.mini", h("span", label), h("input", { name: `map-${key}`, type: "number", min: "0", max: "100", value: String(value), onchange: (event) => { const lines = parseTyped(event.target.value); if (lines && /^\d{1,3}$/.test(lines)) onchange(Number(lines)); } }));
}
