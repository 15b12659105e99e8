// What was imported before: its numbers, its rejected lines, and how to take it back.

import { api, newIdempotencyKey } from "./api.js";
import { navigate } from "./app.js";
import { instant } from "./dates.js";
import { h, icon, plural, replace } from "./dom.js";
import { rejectedTable } from "./import-preview.js";
import { banner, load, openDialog, skeleton, toast } from "./overlays.js";
import { openMenu } from "./popover.js";
import { follow } from "./streams.js";

const PAGE = 20;
const whole = (value) => new Intl.NumberFormat().format(Number(value ?? 0));

export function pastImports() {
    const element = h("section.past-imports", { "aria-label": "Past imports" });
    let turn = 0;
    const self = { element, refresh };

    async function refresh() {
        const mine = ++turn;
        try {
            const { data, meta } = await api.get("/imports", { limit: PAGE }, { whole: true });
            if (mine !== turn) return;
            if (!data?.length) return replace(element);
            const body = h("tbody", data.slice(0, meta.nextCursor ? undefined : PAGE).map(row));
            const foot = h("div.list-foot");
            replace(element, h("h2", "Past imports"), h("div.table-scroll", h("table.plain", h("thead", h("tr",
                [["File", ""], ["When", "hide-narrow"], ["Imported", "number"], ["Already there", "number hide-narrow"], ["Rejected", "number hide-narrow"], ["", "act"]].map(([text, name]) => h("th", { scope: "col", class: name }, text || h("span.visually-hidden", "Actions"))))), body)), foot);
            if (meta.nextCursor) more(foot, body, meta.nextCursor);
        } catch { /* the list of the past is not what one came for */ }
    }
    function more(foot, body, cursor) {
        const button = h("button.quiet.small", { type: "button", onclick: async () => {
            button.disabled = true;
            try {
                const { data, meta } = await api.get("/imports", { limit: PAGE, cursor }, { whole: true });
                body.append(...data.map(row));
                replace(foot);
                if (meta.nextCursor) more(foot, body, meta.nextCursor);
            } catch (error) { replace(foot, banner(error)); }
        } }, "Show older ones");
        replace(foot, button);
    }

    function row(each) {
        const rejected = Number(each.rejectedCount ?? each.rejected?.length ?? 0);
        const name = each.filename ?? "A file";
        const refused = (text) => h("button.link", { type: "button", "aria-label": `${plural(rejected, "rejected line")} of ${name}`, onclick: () => openRejected(each) }, text);
        return h("tr", { data: { undone: String(Boolean(each.undoneAt)) } },
            h("td.file-name", h("bdi", name), each.undoneAt ? h("span.status", { data: { status: "cancelled" } }, "undone") : each.profile && h("span.tag", each.profile?.name ?? each.profile),
                each.departmentName && h("span.tag", each.departmentName),
                h("span.only-narrow.past-facts", h("span", instant(each.createdAt, { dateStyle: "medium" })), rejected > 0 && h("span", refused(`${whole(rejected)} rejected`)))),
            h("td.nowrap.hide-narrow", instant(each.createdAt)),
            h("td.number", each.undoneAt ? whole(each.imported) : h("a", { href: `/entries?import=${encodeURIComponent(each.id)}` }, whole(each.imported))), h("td.number.hide-narrow", whole(each.duplicates)),
            h("td.number.hide-narrow", rejected ? refused(whole(rejected)) : "0"),
            h("td.act", h("button.icon-button.small", { type: "button", "aria-label": `More about ${name}`, "aria-haspopup": "menu", "aria-expanded": "false", onclick: (event) => openMenu(event.currentTarget, [
                !each.undoneAt && { text: "See its entries", symbol: "entries", onpick: () => navigate(`/entries?import=${encodeURIComponent(each.id)}`) },
                rejected > 0 && { text: "Rejected lines", symbol: "alert", hint: whole(rejected), onpick: () => openRejected(each) },
                !each.undoneAt && { text: "Undo this import", symbol: "undo", danger: true, onpick: () => askUndo(each, { ondone: refresh }) },
                each.undoneAt && { text: `Undone ${instant(each.undoneAt)}`, symbol: "undo", onpick: () => {} },
            ], name) }, icon("more"))));
    }
    return self;
}

/// Asks what is to become of entries that were changed since, and takes the import back.
export function askUndo(each, { ondone }) {
    const problem = h("div");
    const choice = (value, text, hint, checked) => { const id = `undo-${value}`; return h("div.radio", h("input", { type: "radio", name: "edited", id, value, checked }), h("label", { htmlFor: id }, h("strong", text), h("span.muted.small", hint))); };
    const body = h("div.dialog-body.stack",
        h("p", `Its ${plural(Number(each.imported), "entry goes", "entries go")} to the deleted ones. The file can be imported again afterwards.`),
        h("fieldset.radios", h("legend.label", "Entries you changed since"), choice("keep", "Keep them", "Your work on them stays.", true), choice("remove", "Remove them too", "Everything this file brought goes.", false)), problem);
    const go = h("button.danger", { type: "button", onclick: run }, "Undo the import");
    const { close } = openDialog({ title: `Undo the import of ${each.filename ?? "this file"}?`, className: "question", body, actions: [h("button", { type: "button", onclick: () => close() }, "Cancel"), go] });
    async function run() {
        go.disabled = true;
        const progress = newIdempotencyKey();
        const stop = showProgress(progress, problem);
        try {
            const result = await api.delete(`/imports/${each.id}?edited=${body.querySelector("[name=edited]:checked").value}&progress=${progress}`);
            close();
            toast([`${plural(Number(result?.removed ?? 0), "entry", "entries")} removed`, Number(result?.kept) ? `${whole(result.kept)} kept` : null].filter(Boolean).join(", ") + ".");
            ondone?.(result);
        } catch (error) {
            go.disabled = false;
            if (error.code === "IMPORT_UNDONE") { close(); toast("This import was undone before."); return ondone?.(); }
            replace(problem, banner(error, { retry: run }));
        } finally { stop(); }
    }
}

/// How far taking an import back is, in `place`: nothing for a small one, which is over before it is told.
function showProgress(id, place) {
    const controller = new AbortController();
    const bar = h("progress", { max: "1", value: "0", "aria-label": "Entries that were taken back" });
    const label = h("span.muted");
    follow(`/imports/progress/${id}`, {
        signal: controller.signal,
        onevent(name, { phase, lines, totalLines }) {
            if (name !== "progress" || phase !== "undoing" || !totalLines) return;
            if (!bar.isConnected) replace(place, h("div.progress", { role: "status" }, label, bar));
            bar.value = lines / totalLines;
            label.textContent = `${whole(lines)} of ${plural(totalLines, "entry", "entries")} …`;
        },
    }).catch((error) => { if (error.name !== "AbortError") console.debug("No progress is told.", error); });
    return () => controller.abort();
}

/// Every rejected line, page by page.
export function openRejected(each) {
    const body = h("div.dialog-body");
    openDialog({ title: `Rejected lines of ${each.filename ?? "this import"}`, className: "wide-dialog", body });
    const lines = [];
    async function page(cursor) {
        const { data, meta } = await api.get(`/imports/${each.id}/rejected`, { cursor }, { whole: true });
        lines.push(...(data ?? []));
        return meta.nextCursor ?? null;
    }
    const show = (cursor) => replace(body, lines.length ? rejectedTable(lines, { all: true }) : h("p.muted", "No line was rejected."),
        cursor && h("div.list-foot", h("button.small", { type: "button", onclick: (event) => { event.target.disabled = true; page(cursor).then(show, (error) => replace(event.target.parentElement, banner(error))); } }, "More")));
    load(body, { placeholder: () => skeleton(5), fetch: () => page(null), show, isCurrent: () => body.isConnected });
}
