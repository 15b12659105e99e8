// From a bank's file to entries: choose, look, import.

import { api, upload } from "./api.js";
import { dayMedium, instant } from "./dates.js";
import { announce, debounce, h, icon, plural, replace } from "./dom.js";
import { absolute, formatMoney, isNegative, parseTyped } from "./money.js";
import { banner, skeleton } from "./overlays.js";
import { loadCategories, state } from "./state.js";

const LARGEST = 10 * 1024 * 1024;
const SAMPLE = 100;

export function show(main) {
    const stage = h("div.import-stage");
    const past = h("section.past-imports");
    let controller = new AbortController();
    let alive = true;
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, "Import")), stage, past);
    const start = (problem) => { controller.abort(); choose(problem); };

    function choose(problem) {
        const file = h("input.visually-hidden", { type: "file", id: "file", accept: ".csv,.tsv,.txt,.ofx,.qfx,.qif,.xml,.sta,.mt940,.940,text/csv" });
        const zone = h("label.drop", { htmlFor: "file" },
            h("span.drop-mark", icon("import")), h("strong", "Drop a statement here"), h("span", h("span.link-like", "or choose a file")),
            h("span.muted.small", "CSV in any bank’s dialect, OFX, QFX · up to 10 MB · nothing is stored before you agree"));
        file.addEventListener("change", () => { if (file.files[0]) take(file.files[0]); });
        const over = (event) => { event.preventDefault(); zone.classList.add("over"); };
        for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, over);
        zone.addEventListener("dragleave", () => zone.classList.remove("over"));
        zone.addEventListener("drop", (event) => {
            event.preventDefault();
            zone.classList.remove("over");
            if (event.dataTransfer.files.length > 1) return choose(new Error("One file at a time, please."));
            if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
        });
        replace(stage, problem && (problem.kind ? banner(problem, { note: problem.fields?.map((each) => each.message).join(" ") }) : h("div.banner", { role: "alert", data: { tone: "bad" } }, icon("alert"), h("div.banner-text", problem.message))), file, zone);
        past.hidden = false;
    }

    function take(file) {
        if (file.size > LARGEST) return choose(new Error(`${file.name} is larger than 10 MB. Import it at a terminal: purser import FILE.`));
        if (file.size === 0) return choose(new Error(`${file.name} is empty.`));
        past.hidden = true;
        preview(file, {});
    }

    /// `changes` are the corrections made so far; what is detected and not corrected stays the server's affair.
    async function preview(file, changes, previous) {
        controller.abort();
        controller = new AbortController();
        const { signal } = controller;
        if (!previous) replace(stage, fileLine(file, start), progressBar("Reading the file").element, skeleton(8, "skeleton-row"));
        else previous.busy(true);
        try {
            const query = { filename: file.name, dryRun: "true", mapping: corrections(changes) };
            const [found] = await Promise.all([upload("/imports", query, file, { signal }), loadCategories().catch(() => [])]);
            if (!alive || signal.aborted) return;
            if (previous) previous.update(found);
            else drawPreview(file, found);
        } catch (error) {
            if (!alive || error.kind === "aborted" || error.kind === "unauthenticated") return;
            if (previous) previous.fail(error);
            else if (error.isTransient) replace(stage, fileLine(file, start), banner(error, { retry: () => preview(file, changes) }));
            else if (error.code === "COLUMNS_NOT_FOUND") drawPreview(file, await firstLook(file), error);
            else choose(error);
        }
    }

    /// With `unsure`, the server knew no columns: they are chosen here, and looked at once there are enough of them.
    function drawPreview(file, found, unsure = null) {
        let present = found;
        let mapping = columnsOf(found);
        let changes = unsure ? { delimiter: mapping.delimiter, headerLines: mapping.headerLines } : {};
        const counts = h("div.import-counts", { "aria-live": "polite" });
        const rows = h("div.import-rows");
        const problem = h("div");
        const go = h("button.primary", { type: "button", onclick: () => run(file, changes, present) });
        const columns = h("div");
        let tab = "new";

        const self = {
            busy(on) { rows.toggleAttribute("aria-busy", on); counts.toggleAttribute("aria-busy", on); go.disabled = on; },
            fail(error) { self.busy(false); go.disabled = true; replace(problem, banner(error, { retry: () => preview(file, changes, self), note: error.fields?.map((each) => each.message).join(" ") })); },
            update(next) { present = next; mapping = columnsOf(next) ?? mapping; replace(problem); self.busy(false); draw(); },
        };
        const again = debounce(150, () => (mappingIsComplete(mapping) ? preview(file, changes, self) : draw()));
        const remap = (part) => {
            changes = { ...changes, ...part };
            mapping = { ...mapping, ...part };
            again();
        };

        function draw() {
            const transactions = (present.accounts ?? []).flatMap((account) => account.transactions ?? []);
            const fresh = transactions.filter((each) => each.status !== "duplicate" && each.status !== "rejected");
            const duplicates = transactions.filter((each) => each.status === "duplicate");
            // Some lines read well and still cannot be taken, such as one in another currency.
            const refused = transactions.filter((each) => each.status === "rejected").map((each) => ({ line: each.line, reason: each.reason, text: [each.date, each.payee, each.amount, each.currency].filter(Boolean).join(" ") }));
            const rejected = [...(present.rejected ?? []), ...refused].sort((left, right) => left.line - right.line);
            const rejectedCount = Number(present.rejectedCount ?? present.rejected?.length ?? 0) + refused.length;
            const unseen = Math.max(0, Number(present.transactionCount ?? transactions.length) - transactions.length);
            const days = transactions.map((each) => each.date).sort();
            const lists = { new: fresh, duplicate: duplicates, rejected };
            if (!lists[tab].length) tab = ["new", "rejected", "duplicate"].find((each) => lists[each].length) ?? "new";
            const pick = (id, symbol, number, text) => h("button.count-tab", { type: "button", role: "tab", "aria-selected": String(tab === id), "aria-controls": "import-rows", data: { kind: id }, disabled: !number, onclick: () => { tab = id; draw(); } },
                icon(symbol), h("strong", new Intl.NumberFormat().format(number)), h("span", text));
            replace(counts, h("div.count-tabs", { role: "tablist", "aria-label": "What was found" },
                pick("new", "plus", fresh.length, "new"), pick("duplicate", "check", duplicates.length, "already there"), pick("rejected", "alert", rejectedCount, "rejected")),
                h("p.muted.small", [present.format?.toUpperCase(), present.profile?.name ?? present.profile, days.length ? `${dayMedium(days[0])} – ${dayMedium(days.at(-1))}` : null, present.accounts?.map((each) => each.id).filter(Boolean).join(", ")].filter(Boolean).join(" · ")));
            replace(go, unseen ? "Import all" : fresh.length ? `Import ${plural(fresh.length, "entry", "entries")}` : duplicates.length ? "Nothing new to import" : "Nothing to import");
            go.disabled = !fresh.length && !unseen;
            // Days and months swapped would be found out weeks later, and are tedious to put right.
            if (mapping?.ambiguousDateOrder === true && !go.disabled) {
                replace(go, "Choose the order of the dates first");
                go.disabled = true;
            }
            if (unseen) counts.append(h("p.muted.small", `A long file: ${new Intl.NumberFormat().format(transactions.length)} of its ${new Intl.NumberFormat().format(transactions.length + unseen)} entries were looked at so far. All are read when you import.`));
            rows.id = "import-rows";
            rows.hidden = !lists[tab].length;
            replace(rows, tab === "rejected" ? rejectedTable(rejected) : transactionTable(lists[tab]));
            const foreign = !fresh.length && present.accounts?.find((each) => each.currency && each.currency !== state.book.currency && each.transactions?.length)?.currency;
            if (foreign) {
                replace(problem, h("div.banner", { data: { tone: "warn" } }, icon("alert"), h("div.banner-text", `This statement is in ${foreign}, the book is kept in ${state.book.currency}. While a book is empty, its currency can be changed.`),
                    h("a.button.small", { href: "/settings" }, "Settings")));
            }
            if (mapping) replace(columns, mappingPanel(mapping, present.columns ?? [], remap));
        }

        replace(stage, fileLine(file, start), problem, columns, counts, rows,
            h("div.sticky-actions", go, h("button", { type: "button", onclick: () => start() }, "Cancel")));
        draw();
        if (unsure) replace(problem, h("div.banner", { role: "alert", data: { tone: "warn" } }, icon("alert"), h("div.banner-text", unsure.message)));
        announce(counts.textContent);
        if (!go.disabled) go.focus({ preventScroll: true });
    }

    async function run(file, changes, found) {
        controller = new AbortController();
        const bar = progressBar("Sending the file");
        replace(stage, fileLine(file), bar.element);
        announce("Importing.");
        try {
            const query = { filename: file.name, mapping: corrections(changes) };
            const result = await upload("/imports", query, file, { progress: (part) => bar.show(part) });
            if (alive) { drawResult(file, found, result); showPast(); }
        } catch (error) {
            if (!alive || error.kind === "unauthenticated") return;
            // Sending it again is safe: what is there by now counts as a duplicate.
            replace(stage, fileLine(file, start), banner(error, { retry: () => run(file, changes, found), note: "Nothing was half-imported." }),
                h("div.form-actions", h("button", { type: "button", onclick: () => drawPreview(file, found) }, "Back to the preview")));
        }
    }

    function drawResult(file, found, result) {
        const days = (found.accounts ?? []).flatMap((account) => account.transactions ?? []).map((each) => each.date).sort();
        const link = days.length ? `/entries?from=${days[0]}&to=${days.at(-1)}` : "/entries";
        const rejected = result.rejected ?? [];
        const rejectedCount = Number(result.rejectedCount ?? rejected.length);
        const heading = h("h2", { tabindex: "-1" }, `${plural(Number(result.imported), "entry", "entries")} imported`);
        replace(stage, h("section.panel-box.import-result",
            h("div.empty-mark.good", icon("check")), heading,
            h("p", [file.name, Number(result.duplicates) ? `${plural(Number(result.duplicates), "was", "were")} there already` : null, rejectedCount ? `${plural(rejectedCount, "line")} rejected` : null].filter(Boolean).join(" · ")),
            h("div.empty-actions", h("a.button.primary", { href: link }, icon("entries"), "See the entries"), h("a.button", { href: days.length ? `/?month=${days.at(-1).slice(0, 7)}` : "/" }, icon("dashboard"), "Dashboard"), h("button", { type: "button", onclick: () => start() }, "Import another"))),
            rejected.length ? h("section.panel-box", h("header", h("h2", "Rejected lines")), rejectedTable(rejected)) : null);
        heading.focus();
    }

    async function showPast() {
        try {
            const imports = await api.get("/imports");
            if (!alive) return;
            if (!imports?.length) return replace(past);
            replace(past, h("h2", "Past imports"), h("table.plain", h("thead", h("tr", ["File", "When", "Imported", "Already there", "Rejected"].map((text, index) => h("th", { scope: "col", class: ["", "", "number", "number hide-narrow", "number hide-narrow"][index] }, text)))),
                h("tbody", imports.slice(0, 20).map((each) => h("tr", h("td.file-name", h("bdi", each.filename ?? "–")), h("td.nowrap", h("span.hide-narrow", instant(each.createdAt)), h("span.only-narrow", instant(each.createdAt, { dateStyle: "medium" }))),
                    h("td.number", whole(each.imported)), h("td.number.hide-narrow", whole(each.duplicates)), h("td.number.hide-narrow", whole(each.rejectedCount ?? each.rejected?.length)))))));
        } catch { /* the list of the past is not what one came for */ }
    }

    choose();
    showPast();
    return { title: "Import", dispose() { alive = false; controller.abort(); } };
}

function fileLine(file, start) {
    return h("div.file-line", icon("file"), h("bdi.file-name", file.name), h("span.muted", size(file.size)), start && h("button.quiet.small", { type: "button", onclick: () => start() }, "Another file"));
}

const whole = (value) => new Intl.NumberFormat().format(Number(value ?? 0));

function size(bytes) {
    const format = (value, unit) => new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: 1 }).format(value);
    return bytes < 1024 ? format(bytes, "byte") : bytes < 1024 * 1024 ? format(bytes / 1024, "kilobyte") : format(bytes / 1024 / 1024, "megabyte");
}

function progressBar(text) {
    const bar = h("progress", { max: "100", "aria-label": text });
    const label = h("span.muted", `${text} …`);
    return {
        element: h("div.progress", bar, label),
        show(part) {
            // All bytes are sent, the answer is not there: from here on the bar moves without a measure.
            if (part >= 1) { bar.removeAttribute("value"); label.textContent = "Adding the entries …"; return; }
            bar.value = Math.round(part * 100);
            label.textContent = `${text} … ${Math.round(part * 100)} %`;
        },
    };
}

function transactionTable(transactions) {
    const cell = (each) => {
        const category = state.categories.find((one) => one.slug === each.categorySlug);
        const negative = isNegative(each.amount);
        return h("tr", h("td.number.muted.line", each.line ?? ""), h("td.nowrap", dayMedium(each.date)),
            h("td.payee", h("div", h("bdi.name", each.payee || each.memo || "–"), each.payee && each.memo && h("bdi.sub-text", each.memo))),
            h("td.nowrap.hide-narrow", category ? h("span.category-chip", category.name) : null),
            h("td.number.nowrap", { data: { type: negative ? "expense" : "income" } }, `${negative ? "−" : "+"}${formatMoney(absolute(each.amount), each.currency ?? state.book.currency)}`));
    };
    return h("div.table-box", { tabindex: "0", role: "tabpanel", "aria-label": "Entries found" },
        h("table.plain", h("thead", h("tr", h("th.number.line", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Date"), h("th", { scope: "col" }, "Payee"), h("th.hide-narrow", { scope: "col" }, "Category"), h("th.number", { scope: "col" }, "Amount"))),
            h("tbody", transactions.slice(0, SAMPLE).map(cell))),
        transactions.length > SAMPLE && h("p.muted.small.table-note", `The first ${SAMPLE} of ${new Intl.NumberFormat().format(transactions.length)}.`));
}

function rejectedTable(rejected) {
    return h("div.table-box", { tabindex: "0", role: "tabpanel", "aria-label": "Rejected lines" },
        h("table.plain", h("thead", h("tr", h("th.number.line", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Reason"), h("th", { scope: "col" }, "What it says"))),
            h("tbody", rejected.slice(0, SAMPLE).map((each) => h("tr", h("td.number.muted.line", String(each.line ?? "")), h("td", each.reason), h("td.raw", h("bdi", each.text)))))),
        rejected.length > SAMPLE && h("p.muted.small.table-note", `The first ${SAMPLE} of ${new Intl.NumberFormat().format(rejected.length)}.`));
}

// MARK: which column is what

/// What can be seen of a table from here: its likely separator, and how its first line names the columns.
async function firstLook(file) {
    const lines = (await file.slice(0, 4096).text()).split(/\r?\n/).filter((line) => line.trim());
    const count = (mark) => Math.max(0, ...lines.slice(0, 20).map((line) => line.split(mark).length - 1));
    const delimiter = [";", "\t", "|", ","].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
    const widest = lines.slice(0, 20).reduce((best, line) => (line.split(delimiter).length > best.split(delimiter).length ? line : best), "");
    return {
        format: "csv", accounts: [], rejected: [], columns: widest.split(delimiter).map((text) => text.trim().replace(/^"|"$/g, "").slice(0, 40)),
        mapping: { date: null, amount: null, debit: null, credit: null, payee: null, memo: null, delimiter, decimal: ".", dateOrder: "ymd", headerLines: 0, negate: false },
    };
}

function mappingPanel(mapping, columns, changed) {
    const width = Math.max(columns.length, ...["date", "amount", "payee", "memo", "debit", "credit"].map((key) => (mapping[key] ?? -1) + 1));
    const options = [["", "–"], ...Array.from({ length: width }, (_, index) => [String(index), columns[index]?.trim() || `Column ${index + 1}`])];
    const value = (key) => (mapping[key] === null || mapping[key] === undefined ? "" : String(mapping[key]));
    const update = changed;
    const pick = (key, label) => choice(label, key, options, value(key), (text) => update({ [key]: text === "" ? null : Number(text) }));
    const split = value("debit") !== "" || value("credit") !== "";
    const unsure = mapping.ambiguousDateOrder === true;
    return h("details.mapping", { open: unsure || !mappingIsComplete(mapping) || document.querySelector("details.mapping")?.open },
        h("summary", icon("chevron"), h("span", "Columns"), h("span.muted.small", summary(mapping, columns))),
        unsure && h("div.banner", { data: { tone: "warn" } }, icon("alert"), h("div.banner-text", "These dates can be read with the day first or the month first. Look at a few below, and choose how they are written."),
            [["dmy", "Day first"], ["mdy", "Month first"]].map(([order, text]) => h("button.small", { type: "button", onclick: () => update({ dateOrder: order }) }, text))),
        h("div.mapping-grid",
            pick("date", "Date"),
            choice("Dates are written", "dateOrder", [["dmy", "day month year"], ["mdy", "month day year"], ["ymd", "year month day"]], mapping.dateOrder, (text) => update({ dateOrder: text })),
            pick("payee", "Payee"), pick("memo", "Memo"),
            choice("Amounts are in", "split", [["one", "one column"], ["two", "two: out and in"]], split ? "two" : "one", (text) => update(text === "two"
                ? { amount: null, debit: mapping.debit ?? mapping.amount ?? 0, credit: mapping.credit ?? Math.min((mapping.amount ?? 0) + 1, width - 1) }
                : { amount: mapping.amount ?? mapping.debit ?? mapping.credit, debit: null, credit: null })),
            split ? [pick("debit", "Out"), pick("credit", "In")] : pick("amount", "Amount"),
            choice("Decimal sign", "decimal", [[".", "1,234.56"], [",", "1.234,56"]], mapping.decimal, (text) => update({ decimal: text })),
            choice("Separator", "delimiter", [[",", "comma"], [";", "semicolon"], ["\t", "tab"], ["|", "bar"]], mapping.delimiter, (text) => update({ delimiter: text })),
            number("Lines above the entries", "headerLines", mapping.headerLines ?? 0, (lines) => update({ headerLines: lines })),
            choice("Signs", "negate", [["false", "as written"], ["true", "turned round"]], String(Boolean(mapping.negate)), (text) => update({ negate: text === "true" }))));
}

const corrections = (changes) => (Object.keys(changes).length ? JSON.stringify(changes) : undefined);

/// The detected columns. Their "amount" is a column's number, which the parser of money has kept as text.
function columnsOf({ mapping }) {
    return mapping ? { ...mapping, amount: mapping.amount === null || mapping.amount === undefined ? null : Number(mapping.amount) } : null;
}

function mappingIsComplete(mapping) {
    const has = (key) => mapping[key] !== null && mapping[key] !== undefined;
    return has("date") && (has("amount") || has("debit") || has("credit"));
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
