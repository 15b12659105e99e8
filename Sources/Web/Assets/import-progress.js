// A file on its way: what has been sent, then what the server says about reading and sorting it.

import { announce, h, icon, plural, replace } from "./dom.js";
import { describe } from "./overlays.js";
import { follow } from "./streams.js";

export function progressRow(file) {
    const bar = h("progress", { max: "1000", value: "0", "aria-label": `Progress of ${file.name}` });
    const label = h("span.muted", "Waiting …");
    const mark = h("span.progress-mark", icon("file"));
    const element = h("div.progress", h("div.progress-head", mark, h("bdi.file-name", file.name), label), bar);
    let heard = false;
    let phaseBefore = "";
    const set = (part) => { if (part === null) bar.removeAttribute("value"); else bar.value = Math.round(part * 1000); };
    const tell = (text) => { if (label.textContent !== text) label.textContent = text; };

    return {
        element,
        sent(part) {
            if (heard) return;
            // All bytes are sent; until the server tells how far it is, the bar moves without a measure.
            if (part >= 1) { set(null); return tell("Reading …"); }
            set(part);
            tell(`Sending … ${Math.round(part * 100)} %`);
        },
        /// Listens to the server meanwhile. An import does not need it, so a failure here is none.
        follow(id) {
            const controller = new AbortController();
            follow(`/imports/progress/${id}`, {
                signal: controller.signal,
                onevent(name, { phase, lines, bytes, totalBytes }) {
                    if (name !== "progress" || phase === "done" || phase === "failed") return;
                    heard = true;
                    // The bar moves all the time; a screen reader hears of each phase once.
                    if (phase !== phaseBefore) announce(`${phase === "sorting" ? "Sorting" : "Reading"} ${file.name}.`);
                    phaseBefore = phase;
                    set(phase === "reading" && totalBytes ? bytes / totalBytes : null);
                    tell(phase === "sorting" ? `Sorting ${plural(lines, "entry", "entries")} …` : `Reading … ${plural(lines, "line")}`);
                },
            }).catch((error) => { if (error.name !== "AbortError") console.debug("No progress is told.", error); });
            return () => controller.abort();
        },
        done(result) { heard = true; set(1); element.dataset.state = "done"; replace(mark, icon("check")); tell(`${plural(Number(result.imported), "entry", "entries")} imported`); },
        failed(error) { heard = true; set(0); element.dataset.state = "failed"; replace(mark, icon("alert")); tell(describe(error).text); },
    };
}
