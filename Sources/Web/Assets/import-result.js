// What became of the files: the numbers, the rejected lines, and the way back.

import { h, icon, plural } from "./dom.js";
import { rejectedTable } from "./import-preview.js";
import { askUndo, openRejected } from "./import-past.js";
import { banner } from "./overlays.js";

export function drawResult(jobs, { again, retry, rules }) {
    const done = jobs.filter((job) => job.result);
    const failed = jobs.filter((job) => job.failure);
    const sum = (key) => done.reduce((total, job) => total + Number(job.result[key] ?? 0), 0);
    const rejectedOf = (job) => Number(job.result.rejectedCount ?? job.result.rejected?.length ?? 0);
    const rejected = done.reduce((total, job) => total + rejectedOf(job), 0);
    const imported = sum("imported");
    const link = done.length === 1 && done[0].result.id ? `/entries?import=${encodeURIComponent(done[0].result.id)}` : "/entries?sort=created";
    const department = done.find((job) => job.result.departmentName)?.result.departmentName;
    const facts = [done.length === 1 ? done[0].file.name : done.length ? plural(done.length, "file") : null, department, sum("duplicates") ? `${plural(sum("duplicates"), "was", "were")} there already` : null,
        rejected ? `${plural(rejected, "line")} rejected` : null, rules.made.length ? `${plural(rules.made.length, "rule")} added` : null];
    return [
        rules.failed.length > 0 && h("div.banner", { role: "alert", data: { tone: "warn" } }, icon("alert"), h("div.banner-text", `Not remembered as rules: ${rules.failed.map(({ text, error }) => `${text} (${error.message})`).join(", ")}`)),
        failed.map((job) => h("div.failed-file", h("p", h("strong", job.file.name)), banner(job.failure, { retry: () => retry(job), note: "Nothing was half-imported." }))),
        done.length > 0 && h("section.panel-box.import-result",
            h("div.empty-mark.good", icon("check")), h("h2", { tabindex: "-1" }, `${plural(imported, "entry", "entries")} imported`),
            h("p", facts.filter(Boolean).join(" · ")),
            h("div.empty-actions", imported > 0 && h("a.button.primary", { href: link }, icon("entries"), "See the entries"), h("a.button", { href: "/" }, icon("dashboard"), "Dashboard"), h("button", { type: "button", onclick: again }, "Import another")),
            done.length === 1 && imported > 0 && done[0].result.id && h("button.quiet.small", { type: "button", onclick: (event) => askUndo({ id: done[0].result.id, filename: done[0].file.name, imported }, { ondone: () => { event.target.closest("section").replaceWith(h("section.panel-box.import-result", h("h2", "The import was undone"), h("div.empty-actions", h("button.primary", { type: "button", onclick: again }, "Import another")))); } }) }, icon("undo"), "Undo this import")),
        done.length > 1 && h("section.panel-box", h("table.plain", h("thead", h("tr", h("th", { scope: "col" }, "File"), ["Imported", "Already there", "Rejected"].map((text) => h("th.number", { scope: "col" }, text)))),
            h("tbody", done.map((job) => h("tr", h("td.file-name", h("bdi", job.file.name)), [job.result.imported, job.result.duplicates, rejectedOf(job)].map((value) => h("td.number", new Intl.NumberFormat().format(Number(value))))))))),
        done.filter((job) => job.result.rejected?.length).map((job) => h("section.panel-box.rejected-box", h("header", h("h2", done.length > 1 ? `Rejected lines of ${job.file.name}` : "Rejected lines"),
            rejectedOf(job) > job.result.rejected.length && h("button.small", { type: "button", onclick: () => openRejected({ id: job.result.id, filename: job.file.name }) }, "All of them")), rejectedTable(job.result.rejected))),
    ];
}
