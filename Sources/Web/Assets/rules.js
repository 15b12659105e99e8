// The rules in their order: the first that sets a thing wins it.

import { api } from "./api.js";
import { announce, h, icon, plural, replace } from "./dom.js";
import { banner, confirm, describe, emptyState, load, openDialog, skeleton, toast } from "./overlays.js";
import { LINE, openMenu } from "./popover.js";
import { openRule } from "./rule-form.js";
import { actionWords, conditionWords } from "./rule-words.js";
import { loadCategories, mayChange } from "./state.js";

export function show(main) {
    const body = h("div");
    const list = h("ol.rule-list", { "aria-label": "Rules, in order" });
    let rules = [];
    let alive = true;
    const [manages, applies] = [mayChange("rule:manage"), mayChange("entry:edit")];
    const apply = h("button", { type: "button", hidden: true, onclick: applyAll }, icon("check"), "Apply to entries");
    replace(main,
        h("header.screen-head", h("h1", { tabindex: "-1" }, "Rules"), h("div.screen-actions",
            apply, manages && h("button.primary", { type: "button", onclick: () => openRule({}) }, icon("plus"), "New rule"))),
        h("p.lead", "Rules sort and rename what you import. They are tried from the top: the first one that sets something has the word on it, later ones may add to it."), body);

    const refresh = () => load(body, {
        placeholder: () => skeleton(6, "skeleton-row"), isCurrent: () => alive,
        fetch: async () => (await Promise.all([api.get("/rules"), loadCategories()]))[0],
        show(fresh) {
            rules = fresh ?? [];
            apply.hidden = !rules.length || !applies;
            if (!rules.length) {
                return replace(body, emptyState({
                    symbol: "rules", title: "No rules yet", text: "A rule such as “merchant contains Edeka: Food” does the sorting for you. You can also make one from an entry, or by choosing a category while importing.",
                    actions: manages ? [h("button.primary", { type: "button", onclick: () => openRule({}) }, icon("plus"), "New rule"), h("a.button", { href: "/entries" }, icon("entries"), "From an entry")] : [],
                }));
            }
            replace(body, list, manages && h("p.muted.small.list-hint", "Drag a rule by its handle, or move it with Alt and an arrow key."));
            draw();
        },
    });

    function draw(focus) {
        replace(list, rules.map(row));
        if (focus) list.querySelector(`[data-id="${CSS.escape(focus)}"] .rule-text`)?.focus();
    }

    function row(rule, index) {
        const { items = [], match } = rule.conditions ?? {};
        const on = h("input.switch", { type: "checkbox", role: "switch", checked: rule.isEnabled !== false, disabled: !manages, "aria-label": `${rule.name} is on`, onchange: () => toggle(rule, on) });
        const grip = manages ? h("span.grip", { "aria-hidden": "true", title: "Drag to move" }, icon("grip")) : h("span");
        const open = manages ? ["button.rule-text", { type: "button", "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown", onclick: () => openRule(rule), onkeydown: (event) => moveByKey(event, rule) }] : ["div.rule-text", {}];
        const text = h(...open,
            h("span.rule-name", h("span.rule-number", String(index + 1)), h("bdi", rule.name)),
            h("span.rule-when", items.map((each, at) => [at ? h("span.muted", match === "any" ? " or " : " and ") : null, conditionWords(each)])),
            h("span.rule-then", h("span.visually-hidden", "then "), actionWords(rule.actions)));
        const element = h("li.rule", { data: { id: rule.id, off: String(rule.isEnabled === false) } }, grip, text, on,
            (manages || applies) && h("button.icon-button.small", { type: "button", "aria-label": `More about ${rule.name}`, "aria-haspopup": "menu", "aria-expanded": "false", onclick: (event) => menu(event.currentTarget, rule) }, icon("more")));
        if (manages) dragging(element, grip, rule);
        return element;
    }

    function menu(anchor, rule) {
        const at = rules.indexOf(rule);
        openMenu(anchor, [
            manages && { text: "Edit", symbol: "edit", onpick: () => openRule(rule) },
            applies && { text: "Apply to entries …", symbol: "check", onpick: () => applyOne([rule.id], rule.name) },
            manages && at > 0 && { text: "Move up", symbol: "up", hint: "Alt ↑", onpick: () => move(rule, at - 1) },
            manages && at < rules.length - 1 && { text: "Move down", symbol: "down", hint: "Alt ↓", onpick: () => move(rule, at + 1) },
            manages && at > 0 && { text: "Move to the top", symbol: "up", onpick: () => move(rule, 0) }, manages && LINE,
            manages && { text: "Delete", symbol: "trash", danger: true, onpick: () => remove(rule) },
        ], rule.name);
    }

    async function toggle(rule, control) {
        try {
            const saved = await api.put(`/rules/${rule.id}`, { ...rule, isEnabled: control.checked });
            Object.assign(rule, saved ?? { isEnabled: control.checked });
            list.querySelector(`[data-id="${CSS.escape(rule.id)}"]`).dataset.off = String(!control.checked);
        } catch (error) {
            control.checked = !control.checked;
            toast(`Not changed. ${describe(error).text}`, { tone: "bad" });
            if (error.kind === "stale") refresh();
        }
    }
    async function remove(rule) {
        if (!(await confirm({ title: `Delete “${rule.name}”?`, text: "What it has sorted stays as it is.", verb: "Delete", danger: true }))) return;
        try {
            await api.delete(`/rules/${rule.id}`);
            refresh();
        } catch (error) { toast(`Not deleted. ${describe(error).text}`, { tone: "bad" }); }
    }

    // MARK: order

    async function move(rule, to) {
        const before = [...rules];
        rules.splice(rules.indexOf(rule), 1);
        rules.splice(to, 0, rule);
        draw(rule.id);
        announce(`${rule.name} is now number ${to + 1} of ${rules.length}.`);
        try {
            const saved = await api.put("/rules/order", { ids: rules.map((each) => each.id) });
            if (Array.isArray(saved) && saved.length === rules.length) { rules = saved; draw(rule.id); }
        } catch (error) {
            rules = before;
            draw(rule.id);
            toast(`Not moved. ${describe(error).text}`, { tone: "bad" });
        }
    }
    function moveByKey(event, rule) {
        if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
        event.preventDefault();
        const to = rules.indexOf(rule) + (event.key === "ArrowUp" ? -1 : 1);
        if (to >= 0 && to < rules.length) move(rule, to);
    }
    /// By pointer events, which are the same for a mouse and a finger.
    function dragging(element, grip, rule) {
        grip.addEventListener("pointerdown", (event) => {
            if (event.button !== 0) return;
            event.preventDefault();
            grip.setPointerCapture(event.pointerId);
            element.classList.add("dragged");
            const over = (move) => {
                const rows = [...list.children];
                const target = rows.find((each) => each !== element && move.clientY > each.getBoundingClientRect().top && move.clientY < each.getBoundingClientRect().bottom);
                if (!target) return;
                if (rows.indexOf(target) > rows.indexOf(element)) target.after(element);
                else target.before(element);
            };
            const drop = () => {
                grip.removeEventListener("pointermove", over);
                element.classList.remove("dragged");
                const to = [...list.children].indexOf(element);
                if (to !== rules.indexOf(rule)) move(rule, to);
            };
            grip.addEventListener("pointermove", over);
            grip.addEventListener("lostpointercapture", drop, { once: true });
        });
    }

    // MARK: applying

    async function applyAll() {
        await applyOne(null, "All rules");
    }
    async function applyOne(ids, title) {
        const only = h("input", { type: "checkbox", checked: !ids, onchange: count });
        const words = h("p", { "aria-live": "polite" });
        const go = h("button.primary", { type: "button", disabled: true, onclick: run }, "Apply");
        const wanted = (dryRun) => ({ ...(ids ? { ids } : {}), dryRun, onlyUncategorised: only.checked });
        const { close } = openDialog({ title, className: "question", body: h("div.dialog-body.stack", words, h("label.check", only, h("span", "Only entries that are not sorted yet"))), actions: [h("button", { type: "button", onclick: () => close() }, "Cancel"), go] });
        async function count() {
            words.textContent = "Counting …";
            go.disabled = true;
            try {
                const found = await api.post("/rules/apply", wanted(true));
                words.textContent = Number(found.changed) ? `${plural(Number(found.matched), "entry fits", "entries fit")}, ${new Intl.NumberFormat().format(Number(found.changed))} of them would change.` : `${plural(Number(found.matched), "entry fits", "entries fit")}; nothing would change.`;
                go.textContent = Number(found.changed) ? `Change ${plural(Number(found.changed), "entry", "entries")}` : "Nothing to change";
                go.disabled = !Number(found.changed);
            } catch (error) { replace(words, banner(error, { retry: count })); }
        }
        async function run() {
            go.disabled = true;
            try {
                const done = await api.post("/rules/apply", wanted(false));
                close();
                toast(`${plural(Number(done.changed), "entry", "entries")} changed.`);
            } catch (error) { replace(words, banner(error, { retry: run })); }
        }
        count();
    }

    refresh();
    const changed = () => refresh();
    document.addEventListener("ruleschange", changed);
    return { title: "Rules", dispose() { alive = false; document.removeEventListener("ruleschange", changed); } };
}
