// What was found in a file, before any of it is stored.

import { dayMedium } from "./dates.js";
import { categoryMark, h, icon, plural, replace } from "./dom.js";
import { mappingPanel } from "./import-columns.js";
import { absolute, addAmounts, formatMoney, isNegative, scaled } from "./money.js";
import { banner } from "./overlays.js";
import { pickCategory } from "./picker.js";
import { categoryOf, state } from "./state.js";

const SAMPLE = 200;
const FORMATS = { csv: "CSV", ofx: "OFX", qfx: "QFX", qif: "QIF", mt940: "MT940", mt942: "MT942" };

/// The lines of a file by what becomes of them. Some read well and still cannot be taken, such as one in another currency.
export function tally({ found }) {
    if (found.tally) return found.tally;
    const transactions = (found.accounts ?? []).flatMap((account) => account.transactions ?? []);
    const refused = transactions.filter((each) => each.status === "rejected").map((each) => ({ line: each.line, reason: each.reason, text: [each.date, each.payee, each.amount, each.currency].filter(Boolean).join(" ") }));
    found.tally = {
        transactions, fresh: transactions.filter((each) => each.status !== "duplicate" && each.status !== "rejected"), duplicates: transactions.filter((each) => each.status === "duplicate"),
        rejected: [...(found.rejected ?? []), ...refused].sort((left, right) => (left.line ?? 0) - (right.line ?? 0)),
        rejectedCount: Number(found.rejectedCount ?? found.rejected?.length ?? 0) + refused.length,
        unseen: Math.max(0, Number(found.transactionCount ?? transactions.length) - transactions.length),
    };
    return found.tally;
}

export function drawPreview(job, actions, { open }) {
    const { found, mapping } = job;
    const { transactions, fresh, duplicates, rejected, rejectedCount, unseen } = tally(job);
    const lists = { new: fresh, duplicate: duplicates, rejected };
    const counts = { new: fresh.length, duplicate: duplicates.length, rejected: rejectedCount };
    if (!lists[job.tab].length) job.tab = ["new", "rejected", "duplicate"].find((each) => lists[each].length) ?? "new";
    const holder = h("div.import-rows", { id: "import-rows", hidden: !lists[job.tab].length });
    const tabs = h("div.count-tabs", { role: "tablist", "aria-label": "What was found" });
    const show = () => {
        replace(tabs, [["new", "plus", "new"], ["duplicate", "check", "already there"], ["rejected", "alert", "rejected"]].map(([id, symbol, text]) =>
            h("button.count-tab", { type: "button", role: "tab", "aria-selected": String(job.tab === id), "aria-controls": "import-rows", data: { kind: id }, disabled: !counts[id], onclick: () => { job.tab = id; show(); tabs.querySelector(`[data-kind=${id}]`).focus(); } },
                icon(symbol), h("strong", new Intl.NumberFormat().format(counts[id])), h("span", text))));
        replace(holder, job.tab === "rejected" ? rejectedTable(rejected) : transactionTable(lists[job.tab], job, show));
    };
    show();
    return [
        job.error && banner(job.error, { retry: () => actions.again(job), note: job.error.fields?.map((each) => each.message).join(" ") }),
        job.unsure && h("div.banner", { role: "alert", data: { tone: "warn" } }, icon("alert"), h("div.banner-text", job.unsure.message)),
        foreign(found, fresh),
        h("div.import-facts", recognised(found, job.partial || unseen ? [] : transactions), !job.partial && !unseen && totals(fresh)),
        mapping && mappingPanel(job, actions, { open }),
        (unseen > 0 || job.partial) && h("p.muted.small", job.partial ? "A long file: its beginning is shown here. All of it is read when you import." : `A long file: ${new Intl.NumberFormat().format(transactions.length)} of its ${new Intl.NumberFormat().format(transactions.length + unseen)} entries were looked at so far. All are read when you import.`),
        h("div.import-counts", { "aria-live": "polite" }, tabs), holder,
    ];
}

/// The format, the profile, the account and the days, in one line.
function recognised(found, transactions) {
    const days = transactions.map((each) => each.date).sort();
    const profile = found.profile?.name ?? found.profile;
    const accounts = (found.accounts ?? []).map((each) => each.id).filter(Boolean);
    return h("p.import-recognised",
        h("strong", FORMATS[found.format] ?? found.format?.toUpperCase()),
        profile && h("span.profile-chip", icon("check"), profile),
        accounts.length > 0 && h("span", plural(accounts.length, "account").replace(/^1 /, ""), " ", h("bdi.account", accounts.slice(0, 3).join(", "), accounts.length > 3 ? " …" : "")),
        days.length > 0 && h("span.muted", `${dayMedium(days[0])} – ${dayMedium(days.at(-1))}`));
}

function totals(fresh) {
    const sums = new Map();
    for (const each of fresh) {
        const currency = each.currency ?? state.book.currency;
        const sum = sums.get(currency) ?? { in: "0", out: "0" };
        const side = isNegative(each.amount) ? "out" : "in";
        sum[side] = addAmounts(sum[side], absolute(each.amount));
        sums.set(currency, sum);
    }
    return sums.size > 0 && h("p.import-totals", [...sums].map(([currency, sum]) => h("span", scaled(sum.in) > 0n && h("span", { data: { type: "income" } }, `+${formatMoney(sum.in, currency)}`), scaled(sum.out) > 0n && h("span", `−${formatMoney(sum.out, currency)}`))));
}

function foreign(found, fresh) {
    const other = !fresh.length && found.accounts?.find((each) => each.currency && each.currency !== state.book.currency && each.transactions?.length)?.currency;
    return other && h("div.banner", { data: { tone: "warn" } }, icon("alert"), h("div.banner-text", `This statement is in ${other}, the book is kept in ${state.book.currency}. While a book is empty, its currency can be changed.`), h("a.button.small", { href: "/settings" }, "Settings"));
}

function transactionTable(transactions, job, redraw) {
    const payees = new Map();
    for (const each of tally(job).fresh) payees.set(whoOf(each), (payees.get(whoOf(each)) ?? 0) + 1);
    const row = (each) => {
        const negative = isNegative(each.amount);
        const name = each.merchantName || each.payee || each.memo || "–";
        const second = [each.merchantName && each.merchantName !== each.payee ? each.payee : null, each.memo === name ? null : each.memo].filter(Boolean).join(" · ");
        return h("tr", h("td.number.muted.line", each.line ?? ""), h("td.nowrap.hide-narrow", dayMedium(each.date)),
            h("td.payee", h("div", h("bdi.name", name), h("span.only-narrow.payee-date", dayMedium(each.date), second && " ·"), second && h("bdi.sub-text", second), (each.tags ?? []).map((tag) => h("span.tag", tag)))),
            h("td.nowrap.cat", categoryCell(each, job, payees, redraw)),
            h("td.number.nowrap", { data: { type: negative ? "expense" : "income" } }, `${negative ? "−" : "+"}${formatMoney(absolute(each.amount), each.currency ?? state.book.currency)}`));
    };
    const note = job.picks.size > 0 && h("p.pick-note", icon("rules"), `${plural(job.picks.size, "choice")} made here will be remembered as ${job.picks.size === 1 ? "a rule" : "rules"} when you import.`,
        h("button.link", { type: "button", onclick: () => { job.picks.clear(); redraw(); } }, "Forget them"));
    return [note, h("div.table-box", { tabindex: "0", role: "tabpanel", "aria-label": "Entries found" },
        h("table.plain", h("thead", h("tr", h("th.number.line", { scope: "col" }, "Line"), h("th.hide-narrow", { scope: "col" }, "Date"), h("th", { scope: "col" }, "Payee"), h("th.cat", { scope: "col" }, "Category"), h("th.number", { scope: "col" }, "Amount"))),
            h("tbody", transactions.slice(0, SAMPLE).map(row))),
        transactions.length > SAMPLE && h("p.muted.small.table-note", `The first ${SAMPLE} of ${new Intl.NumberFormat().format(transactions.length)}.`))];
}

const whoOf = (each) => each.payee || each.memo || "";

/// A choice for one line holds for every line of the same payee, and as a rule from now on.
function categoryCell(each, job, payees, redraw) {
    if (Number(each.parts) > 1) return h("span.category-chip", `Split in ${each.parts}`);
    const who = whoOf(each);
    const picked = job.picks.get(who)?.categoryId;
    const category = picked ? state.categories.find((one) => one.id === picked) : categoryOf(each);
    if (each.status === "duplicate" || !who) return category && h("span.category-chip", category.name);
    const button = h("button.pick-category", {
        type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", data: { picked: String(Boolean(picked)), payee: who }, "aria-label": `Category of ${who}: ${category?.name ?? "none"}. Change`,
        onclick: () => pickCategory(button, {
            type: isNegative(each.amount) ? "expense" : "income", value: category?.id ?? "", label: payees.get(who) > 1 ? `All ${payees.get(who)} of ${who}` : `Category of ${who}`,
            onpick: (categoryId) => { job.picks.set(who, { field: each.payee ? "merchant" : "description", categoryId }); redraw(); },
        }),
    }, categoryMark(category), h("bdi", category?.name ?? "Not sorted"), icon("chevron-down"));
    return button;
}

export function rejectedTable(rejected, { all } = {}) {
    return h("div.table-box", { tabindex: "0", role: "tabpanel", "aria-label": "Rejected lines" },
        h("table.plain", h("thead", h("tr", h("th.number.line", { scope: "col" }, "Line"), h("th", { scope: "col" }, "Reason"), h("th", { scope: "col" }, "What it says"))),
            h("tbody", rejected.slice(0, all ? undefined : SAMPLE).map((each) => h("tr", h("td.number.muted.line", String(each.line ?? "")), h("td", each.reason), h("td.raw", h("bdi", each.text)))))),
        !all && rejected.length > SAMPLE && h("p.muted.small.table-note", `The first ${SAMPLE} of ${new Intl.NumberFormat().format(rejected.length)}.`));
}
