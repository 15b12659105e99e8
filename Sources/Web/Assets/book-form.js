// The facts of a book: its name, currency, time zone and where its fiscal year starts.

import { api } from "./api.js";
import { monthNames } from "./dates.js";
import { h } from "./dom.js";
import { field, form, input, select } from "./forms.js";
import { toast } from "./overlays.js";
import { replaceBook } from "./state.js";

const COMMON = ["EUR", "USD", "GBP", "CHF", "INR", "JPY", "CNY", "CAD", "AUD", "BRL", "MXN", "PLN", "SEK", "NOK", "DKK", "CZK", "ZAR", "SGD"];

export function currencyOptions(current) {
    const names = new Intl.DisplayNames(undefined, { type: "currency" });
    let codes = COMMON;
    try { codes = Intl.supportedValuesOf("currency"); } catch { /* older browsers offer the common ones */ }
    if (current && !codes.includes(current)) codes = [...codes, current];
    const option = (code) => [code, `${code} – ${names.of(code) ?? code}`];
    const first = COMMON.includes(current) || !current ? COMMON : [current, ...COMMON];
    return [{ label: "Common", options: first.map(option) }, { label: "All", options: codes.filter((code) => !first.includes(code)).map(option) }];
}

export function timeZoneOptions(current) {
    let zones = [];
    try { zones = Intl.supportedValuesOf("timeZone"); } catch { /* keep what we know */ }
    zones = [...new Set([...zones, "UTC", guessTimeZone(), current].filter(Boolean))].sort();
    const groups = new Map();
    for (const zone of zones) {
        const [area, ...rest] = zone.split("/");
        const label = rest.length ? area : "Other";
        if (!groups.has(label)) groups.set(label, []);
        groups.get(label).push([zone, (rest.join(" / ") || area).replaceAll("_", " ")]);
    }
    return [...groups].map(([label, options]) => ({ label, options }));
}

export function guessTimeZone() {
    return new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

const EURO = "AD AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MC MT NL PT SI SK SM VA";
const BY_REGION = "AE:AED AR:ARS AU:AUD BD:BDT BR:BRL CA:CAD CH:CHF CL:CLP CN:CNY CO:COP CZ:CZK DK:DKK EG:EGP GB:GBP HK:HKD HU:HUF ID:IDR IL:ILS IN:INR IS:ISK JP:JPY KE:KES KR:KRW KW:KWD LI:CHF LK:LKR MA:MAD MX:MXN MY:MYR NG:NGN NO:NOK NP:NPR NZ:NZD PE:PEN PH:PHP PK:PKR PL:PLN QA:QAR RO:RON RS:RSD RU:RUB SA:SAR SE:SEK SG:SGD TH:THB TR:TRY TW:TWD UA:UAH US:USD UY:UYU VN:VND ZA:ZAR";
const BY_ZONE = "Europe/London:GB Europe/Zurich:CH Europe/Prague:CZ Europe/Warsaw:PL Europe/Stockholm:SE Europe/Oslo:NO Europe/Copenhagen:DK Europe/Budapest:HU Europe/Bucharest:RO Europe/Istanbul:TR Europe/Kyiv:UA Europe/Moscow:RU Asia/Kolkata:IN Asia/Calcutta:IN Asia/Tokyo:JP Asia/Shanghai:CN Asia/Hong_Kong:HK Asia/Singapore:SG Asia/Seoul:KR Asia/Dubai:AE Asia/Karachi:PK Asia/Dhaka:BD Asia/Jakarta:ID Asia/Bangkok:TH Asia/Manila:PH Asia/Jerusalem:IL Africa/Lagos:NG Africa/Nairobi:KE Africa/Johannesburg:ZA Africa/Cairo:EG America/Toronto:CA America/Vancouver:CA America/Mexico_City:MX America/Sao_Paulo:BR America/Bogota:CO America/Lima:PE America/Santiago:CL Australia/Sydney:AU Australia/Melbourne:AU Australia/Perth:AU Pacific/Auckland:NZ";

/// Many people outside the US keep their browser in US English; then the time zone knows better.
export function guessCurrency(language = navigator.language, zone = guessTimeZone()) {
    let region = "";
    try { region = new Intl.Locale(language).region ?? new Intl.Locale(language).maximize().region ?? ""; } catch { /* no guess */ }
    if (region === "US" || region === "") {
        const known = lookup(BY_ZONE, zone);
        if (known) region = known;
        else if (zone.startsWith("Europe/")) return "EUR";
    }
    return EURO.split(" ").includes(region) ? "EUR" : lookup(BY_REGION, region) ?? "USD";
}

function lookup(table, key) {
    return table.split(" ").find((pair) => pair.startsWith(`${key}:`))?.split(":")[1];
}

/// The form for an existing book. Used once after signing up, and in the settings.
export function bookForm({ book, submit, onsaved, secondary }) {
    const [month, day] = (book.fiscalYearStart ?? "01-01").split("-");
    let version = book.version;
    const element = form({
        className: "stack",
        aliases: { fiscalYearStart: "fiscalMonth" },
        checks: (values) => (values.name.trim() ? [] : [{ field: "name", message: "Give the book a name." }]),
        send: async (values) => {
            const body = { name: values.name.trim(), currency: values.currency, timeZone: values.timeZone, fiscalYearStart: `${values.fiscalMonth}-${values.fiscalDay}`, version };
            // The book as /users/me lists it may come without its version.
            if (version === undefined) body.version = version = (await api.get(`/books/${book.id}`)).version;
            try {
                const saved = await api.put(`/books/${book.id}`, body);
                version = saved?.version ?? version;
                replaceBook({ ...book, ...body, ...saved });
                onsaved?.();
            } catch (error) {
                if (error.kind !== "stale") throw error;
                const fresh = await api.get(`/books/${book.id}`);
                replaceBook(fresh);
                toast("The book was changed elsewhere meanwhile. What is shown now is what is stored.");
                element.replaceWith(bookForm({ book: { ...book, ...fresh }, submit, onsaved, secondary }));
            }
        },
        children: [
            field({ name: "name", label: "Name", control: input({ value: book.name ?? "", maxlength: 100, required: true }) }),
            field({ name: "currency", label: "Currency", control: select(currencyOptions(book.currency), book.currency), hint: "Can be changed while the book is empty." }),
            field({ name: "timeZone", label: "Time zone", control: select(timeZoneOptions(book.timeZone), book.timeZone), hint: "Decides which day “today” is." }),
            h("div.field-row",
                field({ name: "fiscalMonth", label: "Fiscal year starts in", control: select(monthNames().map((name, index) => [String(index + 1).padStart(2, "0"), name]), month) }),
                field({ name: "fiscalDay", label: "on day", className: "narrow", control: select(Array.from({ length: 31 }, (_, index) => [String(index + 1).padStart(2, "0"), String(index + 1)]), day) })),
            h("div.form-actions", h("button.primary", { type: "submit" }, submit), secondary),
        ],
    });
    return element;
}
