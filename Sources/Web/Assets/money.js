// Amounts are texts ("1234.50") from the wire to the screen. What is derived here (a percentage, a sign)
// is computed in whole minor units with BigInt; no amount goes through a floating-point number.

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/// Fields of the API that hold money: they keep the text of the number literal.
const MONEY = new Set(["amount", "income", "expenses", "net", "total", "totalIncome", "totalExpenses", "averageExpense", "openingBalance", "closingBalance", "balance", "average", "min", "max", "median", "first", "second", "change", "from", "to"]);

export function parseJSON(text) {
    return JSON.parse(text, (key, value, context) => {
        if (typeof value !== "number" || !MONEY.has(key)) return value;
        return context?.source && DECIMAL.test(context.source) ? context.source : plainDecimal(value);
    });
}

/// For browsers whose JSON.parse does not hand over the source text.
function plainDecimal(value) {
    const text = String(value);
    return DECIMAL.test(text) ? text : value.toFixed(4);
}

const digitsByCurrency = new Map();
export function fractionDigits(currency) {
    if (!digitsByCurrency.has(currency)) {
        let digits = 2;
        try {
            digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
        } catch { /* an unknown code is shown with two digits */ }
        digitsByCurrency.set(currency, digits);
    }
    return digitsByCurrency.get(currency);
}

/// The amount in units of 10^-4, exact: every ISO 4217 currency has at most four digits.
export function scaled(text) {
    const match = DECIMAL.exec(text ?? "");
    if (!match) return 0n;
    const units = BigInt(match[2] + (match[3] ?? "").padEnd(4, "0").slice(0, 4));
    return match[1] === "-" ? -units : units;
}

/// The sum of two amounts, exact.
export function addAmounts(left, right) {
    return unscaled(scaled(left) + scaled(right));
}

export function unscaled(units) {
    const digits = String(units < 0n ? -units : units).padStart(5, "0");
    return `${units < 0n ? "-" : ""}${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

export function isNegative(text) {
    return scaled(text) < 0n;
}

export function absolute(text) {
    return String(text).replace(/^[+-]/, "");
}

const formats = new Map();
function formatter(currency, options) {
    const key = currency + JSON.stringify(options);
    if (!formats.has(key)) {
        const digits = fractionDigits(currency);
        let format;
        try {
            format = new Intl.NumberFormat(undefined, {
                style: "currency", currency, currencyDisplay: "narrowSymbol",
                minimumFractionDigits: digits, maximumFractionDigits: digits, ...options,
            });
        } catch {
            format = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 4 });
        }
        formats.set(key, format);
    }
    return formats.get(key);
}

/// sign: "auto" shows a minus, "always" also a plus (never for zero).
export function formatMoney(text, currency, sign = "auto") {
    return minus(formatter(currency, { signDisplay: sign === "always" ? "exceptZero" : "auto" }).format(text));
}

/// The same, in parts, so that the fraction can be set smaller.
export function moneyParts(text, currency) {
    return formatter(currency, { signDisplay: "auto" }).formatToParts(text).map((part) => ({ ...part, value: minus(part.value) }));
}

/// A minus as wide as a digit, where the locale writes a hyphen.
const minus = (text) => text.replace("-", "\u2212");

/// Short forms for the axis of a chart, where rounding is meant.
export function compactMoney(value, currency) {
    return formatter(currency, { notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1 }).format(value);
}

/// The height of a bar: the one place where a Number is good enough.
export function chartNumber(text) {
    return Number(text);
}

/// The change from one amount to another in percent with one decimal, or null when there is nothing to compare with.
export function changePercent(now, before) {
    const base = scaled(before);
    if (base === 0n) return null;
    const magnitude = base < 0n ? -base : base;
    return tenths((scaled(now) - base) * 1000n, magnitude);
}

/// part of whole in percent with one decimal, or null.
export function sharePercent(part, whole) {
    const base = scaled(whole);
    return base > 0n ? tenths(scaled(part) * 1000n, base) : null;
}

function tenths(numerator, denominator) {
    const half = numerator < 0n ? -denominator / 2n : denominator / 2n;
    return Number((numerator + half) / denominator) / 10;
}

export function formatPercent(value, sign = "auto") {
    const digits = Math.abs(value) >= 100 ? 0 : 1;
    return minus(new Intl.NumberFormat(undefined, {
        style: "percent", minimumFractionDigits: 0, maximumFractionDigits: digits, signDisplay: sign === "always" ? "exceptZero" : "auto",
    }).format(value / 100));
}

/// For columns of shares: one decimal always, so that they stand under one another.
export function formatShare(value) {
    return new Intl.NumberFormat(undefined, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value / 100);
}

const localeDecimal = new Intl.NumberFormat().formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".";

/// What someone typed → the text the API takes, or null. "1.234,50", "1,234.50", "€ 12", "12,5" are all understood.
export function parseTyped(typed) {
    let text = typed.normalize("NFKC").replace(/[\s'’_]|\p{Sc}|[A-Za-z]{3}/gu, "").replace(/[−–]/g, "-");
    if (text === "") return null;
    const last = { ".": text.lastIndexOf("."), ",": text.lastIndexOf(",") };
    let decimal = null;
    if (last["."] >= 0 && last[","] >= 0) {
        decimal = last["."] > last[","] ? "." : ",";
    } else {
        const mark = last["."] >= 0 ? "." : last[","] >= 0 ? "," : null;
        if (mark) {
            const once = text.indexOf(mark) === last[mark];
            const after = text.length - last[mark] - 1;
            if (once && (mark === localeDecimal || after !== 3)) decimal = mark;
        }
    }
    const grouping = decimal === "." ? /,/g : decimal === "," ? /\./g : /[.,]/g;
    text = text.replace(grouping, "");
    if (decimal === ",") text = text.replace(",", ".");
    text = text.replace(/^\./, "0.").replace(/\.$/, "");
    return DECIMAL.test(text) ? text : null;
}

/// The text of an amount as the user's keyboard would write it, for an input.
export function typedText(text) {
    return localeDecimal === "," ? String(text).replace(".", ",") : String(text);
}
