// From a bank's files to entries: choose, look, import. This file keeps the steps; each step has its own.

import { newIdempotencyKey, upload } from "./api.js";
import { navigate } from "./app.js";
import { announce, debounce, h, icon, plural, replace } from "./dom.js";
import { select } from "./forms.js";
import { columnsOf, corrections, firstLook, mappingIsComplete } from "./import-columns.js";
import { pastImports } from "./import-past.js";
import { drawPreview, tally } from "./import-preview.js";
import { drawResult } from "./import-result.js";
import { progressRow } from "./import-progress.js";
import { banner, skeleton, toast } from "./overlays.js";
import { rememberCategories } from "./rules-store.js";
import { loadCategories, loadDepartments } from "./state.js";

/// Of larger tables only the beginning is looked at before importing; all of it is read then.
const LOOK = 4 * 1024 * 1024;
const MOST_FILES = 50;
const KINDS = ".csv,.tsv,.txt,.ofx,.qfx,.qif,.xml,.camt,.052,.053,.054,.sta,.mt940,.mt942,.940,.942,text/csv,text/xml,application/xml";

export function show(main, query) {
    const stage = h("div.import-stage");
    const past = pastImports();
    let jobs = [];
    let front = null;
    let alive = true;
    /// Of an organisation; null before they are known. One of them may be what everything is imported into.
    let departments = null;
    let department = "";
    const begin = query?.has("welcome");
    const steps = begin && h("ol.steps", ["Download a statement from your bank’s site. Any of its formats will do, CSV is the most common.", "Drop the file below. You see what was found before anything is stored.", "Import. Entries are sorted into categories on the way."].map((text) => h("li", text)));
    replace(main, h("header.screen-head", h("h1", { tabindex: "-1" }, begin ? "Bring in your first statement" : "Import")), steps, stage, past.element);

    // MARK: choosing

    function choose(problem) {
        for (const job of jobs) job.controller.abort();
        jobs = [];
        front = null;
        departments = null;
        const file = h("input.visually-hidden", { type: "file", id: "file", accept: KINDS, multiple: true, onchange: () => { if (file.files.length) take([...file.files]); } });
        const zone = h("label.drop", { htmlFor: "file" },
            h("span.drop-mark", icon("import")), h("strong.by-mouse", "Drop statements here"), h("span.by-mouse", h("span.link-like", "or choose files")), h("strong.by-touch", "Choose statements"),
            h("span.muted.small", "CSV in any bank’s dialect, OFX, QFX, QIF, CAMT.052/053/054, MT940 · nothing is stored before you agree"));
        replace(stage, problem && (problem.kind ? banner(problem, { note: problem.fields?.map((each) => each.message).join(" ") }) : h("div.banner", { role: "alert", data: { tone: "bad" } }, icon("alert"), h("div.banner-text", problem.message))), file, zone,
            begin && h("p.muted.centered", "No statement at hand? ", h("a", { href: "/" }, "Go to the dashboard"), " and write down your first entry instead."));
        past.element.hidden = false;
        if (steps) steps.hidden = false;
        past.refresh();
    }
    // The whole screen takes a drop: one does not have to aim.
    const over = (event) => { if ([...(event.dataTransfer?.types ?? [])].includes("Files")) { event.preventDefault(); stage.querySelector(".drop")?.classList.add("over"); } };
    const leave = (event) => { if (!event.relatedTarget) stage.querySelector(".drop")?.classList.remove("over"); };
    const drop = (event) => {
        if (!event.dataTransfer?.files.length) return;
        event.preventDefault();
        stage.querySelector(".drop")?.classList.remove("over");
        if (!jobs.some((job) => job.phase === "running")) take([...event.dataTransfer.files]);
    };
    const listeners = [["dragover", over], ["dragenter", over], ["dragleave", leave], ["drop", drop]];
    for (const [name, body] of listeners) document.addEventListener(name, body);

    function take(files) {
        if (files.length > MOST_FILES) return choose(new Error(`At most ${MOST_FILES} files at a time.`));
        const empty = files.find((file) => file.size === 0);
        if (empty && files.length === 1) return choose(new Error(`${empty.name} is empty.`));
        past.element.hidden = true;
        if (steps) steps.hidden = true;
        const fresh = files.filter((file) => file.size).map((file) => ({ file, phase: "reading", controller: new AbortController(), changes: {}, picks: new Map(), saveProfile: "", profile: "", tab: "new" }));
        jobs.push(...fresh);
        front ??= jobs[0];
        draw();
        // One after the other: each is quick, and the first is looked at meanwhile.
        fresh.reduce((before, job) => before.then(() => read(job)), Promise.resolve());
    }

    // MARK: looking

    async function read(job) {
        if (!alive || !jobs.includes(job)) return;
        job.controller.abort();
        const controller = job.controller = new AbortController();
        const table = /\.(csv|tsv|txt)$/i.test(job.file.name);
        const part = table && job.file.size > 2 * LOOK ? new File([await beginning(job.file)], job.file.name) : job.file;
        try {
            const question = { filename: job.file.name, dryRun: "true", mapping: corrections(job.changes), profile: job.profile };
            const [found] = await Promise.all([upload("/imports", question, part, { signal: controller.signal }), loadCategories().catch(() => []), knowDepartments()]);
            if (!alive || controller.signal.aborted) return;
            Object.assign(job, { found, mapping: columnsOf(found) ?? job.mapping, error: null, unsure: null, partial: part !== job.file, phase: "ready" });
            if (!job.raw && found.mapping) job.raw = await firstLook(job.file, job.mapping).catch(() => null);
        } catch (error) {
            if (!alive || error.kind === "aborted" || error.kind === "unauthenticated") return;
            if (error.code === "COLUMNS_NOT_FOUND" && !job.found) {
                const raw = await firstLook(job.file);
                const mapping = { ...raw.mapping };
                Object.assign(job, { raw, mapping, changes: { delimiter: mapping.delimiter, headerLines: mapping.headerLines }, unsure: error, phase: "ready", found: { format: "csv", accounts: [], rejected: [], columns: raw.columns } });
            } else Object.assign(job, { error, phase: job.found ? "ready" : "failed" });
        }
        if (jobs.length === 1 && job.phase === "failed" && !job.error.isTransient) return choose(job.error);
        draw();
        if (job === front && job.phase === "ready" && !job.announced) {
            job.announced = true;
            const { fresh, duplicates, rejectedCount } = tally(job);
            announce(`${job.file.name}: ${fresh.length} new, ${duplicates.length} already there, ${rejectedCount} rejected.`);
            stage.querySelector(".import-go:not(:disabled)")?.focus({ preventScroll: true });
        }
    }
    async function knowDepartments() {
        departments ??= await loadDepartments().catch(() => null);
        if (!departments?.some((each) => each.id === department)) department = ""; // also when they are not known: what cannot be seen is not sent
    }
    const again = debounce(150, (job) => (mappingIsComplete(job.mapping) ? read(job) : draw()));
    const actions = {
        /// Corrections made by hand; what is detected and not corrected stays the server's affair.
        remap(job, part) {
            job.changes = { ...job.changes, ...part };
            job.mapping = { ...job.mapping, ...part };
            job.busy = true;
            again(job);
        },
        async reread(job) { job.raw = await firstLook(job.file, job.mapping).catch(() => null); draw(); },
        useProfile(job, profile) { job.profile = profile; job.changes = {}; read(job); },
        again: read, draw,
        drop(job) { job.controller.abort(); jobs = jobs.filter((each) => each !== job); if (!jobs.length) return choose(); if (front === job) front = jobs[0]; draw(); },
    };

    function draw() {
        if (!alive || jobs.some((job) => job.phase === "running" || job.phase === "done")) return;
        for (const job of jobs) job.busy = false;
        const open = stage.querySelector("details.mapping")?.open;
        const focus = document.activeElement?.name;
        const top = stage.querySelector(".table-box")?.scrollTop;
        replace(stage,
            jobs.length > 1 ? h("div.file-list", { role: "tablist", "aria-label": "Files" }, jobs.map(card)) : fileLine(front.file, () => choose()),
            departments?.length > 0 && departmentChoice(),
            h("div.file-detail", detail(front, open)),
            h("div.sticky-actions", goButton(), h("button", { type: "button", onclick: () => choose() }, "Cancel"),
                jobs.length > 1 && h("button.quiet", { type: "button", onclick: () => actions.drop(front) }, "Leave this file out")));
        if (focus) stage.querySelector(`[name="${CSS.escape(focus)}"]`)?.focus();
        const box = stage.querySelector(".table-box");
        if (box && top) box.scrollTop = top;
    }

    function departmentChoice() {
        const options = departments.map((each) => [each.id, "\u2003".repeat(each.depth) + each.name]);
        const control = select([["", "None"], ...options], department, { name: "department", onchange: () => { department = control.value; } });
        return h("label.import-department", h("span", "Department"), control, h("span.muted.small", `For all entries of ${jobs.length > 1 ? "these files" : "this file"}.`));
    }
    function detail(job, open) {
        if (job.phase === "reading") return skeleton(8, "skeleton-row");
        if (job.phase === "failed") return banner(job.error, { retry: () => read(job), note: job.error.fields?.map((each) => each.message).join(" ") });
        return drawPreview(job, actions, { open });
    }
    function card(job) {
        const { fresh, duplicates, rejectedCount } = job.phase === "ready" ? tally(job) : { fresh: [], duplicates: [], rejectedCount: 0 };
        const words = job.phase === "reading" ? "Reading …" : job.phase === "failed" ? "Cannot be read" : needs(job) ?? [`${fresh.length} new`, duplicates.length && `${duplicates.length} there`, rejectedCount && `${rejectedCount} rejected`].filter(Boolean).join(" · ");
        return h("button.file-card", { type: "button", role: "tab", "aria-selected": String(job === front), data: { tone: job.phase === "failed" || needs(job) ? "warn" : "" }, onclick: () => { front = job; draw(); } },
            icon(job.phase === "failed" || needs(job) ? "alert" : "file"), h("span", h("bdi.file-name", job.file.name), h("span.muted.small", words)));
    }
    /// What has to be said about a file before it can be imported, if anything.
    function needs(job) {
        if (job.phase !== "ready") return null;
        if (job.error || !mappingOrNone(job)) return "Say which columns are which";
        if (job.mapping?.ambiguousDateOrder === true && tally(job).fresh.length) return "Choose the order of the dates";
        return null;
    }
    const mappingOrNone = (job) => !job.mapping || mappingIsComplete(job.mapping);

    function goButton() {
        const ready = jobs.filter((job) => job.phase === "ready" && !needs(job) && (tally(job).fresh.length || tally(job).unseen || job.partial));
        const waiting = jobs.filter(needs);
        const count = ready.reduce((sum, job) => sum + tally(job).fresh.length, 0);
        const unseen = ready.some((job) => tally(job).unseen || job.partial);
        const reading = jobs.some((job) => job.phase === "reading");
        const others = jobs.some((job) => job.phase === "ready" && tally(job).duplicates.length);
        let text = unseen ? "Import all" : count ? `Import ${plural(count, "entry", "entries")}${jobs.length > 1 && ready.length < jobs.length ? ` from ${plural(ready.length, "file")}` : ""}` : others ? "Nothing new to import" : "Nothing to import";
        if (reading) text = "Reading …";
        // Nothing is imported half-understood: a file that needs a word is shown first.
        const asked = waiting.includes(front) ? front : waiting[0];
        if (asked && !reading && !ready.length) {
            if (asked !== front) return h("button.primary.import-go", { type: "button", onclick: () => { front = asked; draw(); } }, `Next: ${asked.file.name}`);
            text = `${needs(asked)} first`;
        }
        return h("button.primary.import-go", { type: "button", disabled: reading || !ready.length, onclick: () => run(ready) }, text);
    }

    // MARK: importing

    async function run(ready) {
        const rows = ready.map((job) => { job.phase = "running"; return progressRow(job.file); });
        replace(stage, h("section.panel-box.import-running", { "aria-label": "Importing" }, h("h2", { tabindex: "-1" }, "Importing"), rows.map((row) => row.element)));
        stage.querySelector("h2").focus();
        const leaving = (event) => event.preventDefault();
        window.addEventListener("beforeunload", leaving);
        try {
            const rules = await addRules(ready);
            for (const [index, job] of ready.entries()) {
                await send(job, rows[index]);
            }
            // Someone who went on to another screen meanwhile still hears of it.
            if (!alive) {
                const count = ready.reduce((sum, job) => sum + Number(job.result?.imported ?? 0), 0);
                const failed = ready.find((job) => job.failure);
                return void toast(failed ? `${failed.file.name} was not imported. ${failed.failure.message}` : `${plural(count, "entry", "entries")} imported.`, failed ? { tone: "bad", seconds: 12 } : { action: "Show", onaction: () => navigate("/entries?sort=created") });
            }
            for (const job of jobs) if (ready.includes(job)) job.phase = "done";
            replace(stage, drawResult(ready, { again: () => choose(), retry: (job) => { jobs = [job]; front = job; run([job]); }, rules }));
            stage.querySelector("h2")?.focus();
            past.element.hidden = false;
            past.refresh();
        } catch (error) {
            if (error.kind !== "unauthenticated") throw error; // the sign-in is in front by now
        } finally { window.removeEventListener("beforeunload", leaving); }
    }
    async function send(job, row) {
        const progress = newIdempotencyKey();
        const stop = row.follow(progress);
        try {
            const question = { filename: job.file.name, mapping: corrections(job.changes), profile: job.profile, saveProfile: job.saveProfile, department, progress };
            job.result = await upload("/imports", question, job.file, { progress: (part) => row.sent(part), signal: job.controller.signal });
            job.failure = null;
            row.done(job.result);
        } catch (error) {
            if (error.kind === "unauthenticated") throw error;
            job.failure = error; // Sending it again is safe: what is there by now counts as a duplicate.
            row.failed(error);
        } finally { stop(); }
    }
    /// The categories that were chosen by hand while looking become rules, so that they hold for this file and the next.
    async function addRules(ready) {
        const picks = new Map(ready.flatMap((job) => [...job.picks]));
        const remembered = await rememberCategories([...picks].map(([text, pick]) => ({ text, ...pick })));
        for (const job of ready) job.picks.clear();
        return remembered;
    }

    choose();
    return { title: "Import", dispose() { alive = false; for (const job of jobs) if (job.phase !== "running") job.controller.abort(); for (const [name, body] of listeners) document.removeEventListener(name, body); } };
}

/// The first lines of a long table, cut at the end of one.
async function beginning(file) {
    const bytes = new Uint8Array(await file.slice(0, LOOK).arrayBuffer());
    return bytes.slice(0, bytes.lastIndexOf(10) + 1 || bytes.length);
}

function fileLine(file, another) {
    return h("div.file-line", icon("file"), h("bdi.file-name", file.name), h("span.muted", size(file.size)), h("button.quiet.small", { type: "button", onclick: another }, "Another file"));
}

function size(bytes) {
    const format = (value, unit) => new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", maximumFractionDigits: 1 }).format(value);
    return bytes < 1024 ? format(bytes, "byte") : bytes < 1024 * 1024 ? format(bytes / 1024, "kilobyte") : format(bytes / 1024 / 1024, "megabyte");
}
