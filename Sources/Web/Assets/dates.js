// A day is a text, "2026-03-31". Date objects appear only at noon UTC, where no time zone can shift the day.

const at = (day) => new Date(`${day}T12:00:00Z`);
const text = (date) => date.toISOString().slice(0, 10);

export function today(timeZone) {
    try {
        return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date());
    } catch {
        return text(new Date());
    }
}

export function isDay(value) {
    return /^\d{4}-\d{2}-\d{2}$/.test(value ?? "") && !Number.isNaN(at(value).getTime());
}

export function isMonth(value) {
    return /^\d{4}-(0[1-9]|1[0-2])$/.test(value ?? "");
}

export function addDays(day, count) {
    const date = at(day);
    date.setUTCDate(date.getUTCDate() + count);
    return text(date);
}

export function addMonths(month, count) {
    const [year, number] = month.split("-").map(Number);
    const index = year * 12 + number - 1 + count;
    return `${String(Math.floor(index / 12)).padStart(4, "0")}-${String((index % 12) + 1).padStart(2, "0")}`;
}

export const firstOfMonth = (month) => `${month}-01`;
export const lastOfMonth = (month) => addDays(`${addMonths(month, 1)}-01`, -1);

function format(options) {
    const formatter = new Intl.DateTimeFormat(undefined, { timeZone: "UTC", ...options });
    return (day) => (isDay(day) ? formatter.format(at(day)) : String(day ?? ""));
}

/// How somebody wants days written, "dd.MM.yyyy"; nothing: as their browser does.
let pattern = null;
export function writeDaysAs(format) {
    pattern = /^[yMd./-]+$/.test(format ?? "") ? format : null;
}
const inFigures = (day) => pattern.replace("yyyy", day.slice(0, 4)).replace("MM", day.slice(5, 7)).replace("dd", day.slice(8, 10));

const longInWords = format({ weekday: "short", day: "numeric", month: "long", year: "numeric" });
const mediumInWords = format({ day: "numeric", month: "short", year: "numeric" });
export const dayLong = (day) => (pattern && isDay(day) ? `${weekday(day)} ${inFigures(day)}` : longInWords(day));
export const dayMedium = (day) => (pattern && isDay(day) ? inFigures(day) : mediumInWords(day));
const dayShortThisYear = format({ day: "numeric", month: "short" });
const monthName = format({ month: "long", year: "numeric" });
const monthTick = format({ month: "short" });
const weekday = format({ weekday: "short" });

export const monthLong = (month) => monthName(`${month}-01`);
export const monthShort = (month) => monthTick(`${month}-01`);

/// "Today", "Yesterday", "Mon 3 Mar", or with its year when that is another one.
export function dayRelative(day, now) {
    if (day === now) return "Today";
    if (day === addDays(now, -1)) return "Yesterday";
    if (pattern && isDay(day)) return inFigures(day);
    return day.slice(0, 4) === now.slice(0, 4) ? `${weekday(day)} ${dayShortThisYear(day)}` : dayMedium(day);
}

export function instant(value, style = { dateStyle: "medium", timeStyle: "short" }) {
    const date = new Date(value);
    if (Number.isNaN(date.getTime())) return "";
    if (!pattern || !style.dateStyle) return new Intl.DateTimeFormat(undefined, style).format(date);
    const { dateStyle, ...time } = style;
    const day = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
    return [dateStyle === "full" ? dayLong(day) : inFigures(day), time.timeStyle && new Intl.DateTimeFormat(undefined, time).format(date)].filter(Boolean).join(", ");
}

const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS = [["minute", 60], ["hour", 3600], ["day", 86_400], ["month", 30 * 86_400], ["year", 365 * 86_400]];

/// "2 minutes ago", in the page's language: it stands within its sentences. Of what is to come: "just now".
export function ago(value, now = Date.now()) {
    const seconds = (now - new Date(value).getTime()) / 1000;
    if (Number.isNaN(seconds)) return "";
    if (seconds < 60) return "just now";
    const [unit, length] = STEPS.findLast(([, each]) => seconds >= each);
    return AGO.format(-Math.floor(seconds / length), unit);
}

export function monthNames() {
    return Array.from({ length: 12 }, (_, index) => new Intl.DateTimeFormat(undefined, { month: "long", timeZone: "UTC" }).format(Date.UTC(2026, index, 15)));
}
