// The two charts of the dashboard, drawn by Chart.js, which is fetched when the first one is needed.
// Bars and arcs are sized with Numbers; every amount that is written out comes from the server's text.

import { monthLong, monthShort } from "./dates.js";
import { safeColor } from "./dom.js";
import { chartNumber, compactMoney, formatMoney } from "./money.js";

let library = null;

function chartLibrary() {
    library ??= import("./vendor/chart.js").then((module) => {
        const Chart = module.Chart ?? module.default ?? globalThis.Chart;
        if (module.registerables) Chart.register(...module.registerables);
        return Chart;
    });
    library.catch(() => { library = null; });
    return library;
}

function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/// {draw(), destroy()} around a Chart.js chart; draw() again after a change of theme.
function holder(canvas, configuration) {
    let chart = null;
    let gone = false;
    return {
        async draw() {
            try {
                const Chart = await chartLibrary();
                if (gone || !canvas.isConnected) return;
                chart?.destroy();
                Chart.defaults.font.family = token("--font");
                Chart.defaults.font.size = 12;
                Chart.defaults.color = token("--muted");
                chart = new Chart(canvas, configuration(Boolean(chart)));
            } catch (error) {
                // The lists beside the charts say the same; a missing drawing is no reason for an alarm.
                console.warn("The chart could not be drawn.", error);
                canvas.parentElement?.classList.add("no-chart");
            }
        },
        destroy() {
            gone = true;
            chart?.destroy();
        },
    };
}

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function tooltip() {
    return {
        backgroundColor: token("--tip"), titleColor: token("--tip-text"), bodyColor: token("--tip-text"), padding: 10, cornerRadius: 6,
        boxPadding: 4, usePointStyle: true, titleFont: { weight: 600 }, displayColors: true,
    };
}

export function monthChart(canvas, months, { currency, isPresent, choose }) {
    return holder(canvas, (again) => {
        const present = (index) => Boolean(months[index]) && isPresent(months[index].month);
        const color = (name) => months.map((_, index) => (present(index) ? token(`--${name}`) : token(`--${name}-soft`)));
        const bars = (label, key, name) => ({
            label, data: months.map((each) => chartNumber(each[key])), backgroundColor: color(name), hoverBackgroundColor: token(`--${name}`),
            borderRadius: 3, borderSkipped: "bottom", maxBarThickness: 18, categoryPercentage: 0.68, barPercentage: 0.9, texts: months.map((each) => each[key]),
        });
        return {
            type: "bar",
            data: { labels: months.map((each) => monthShort(each.month)), datasets: [bars("Income", "income", "income"), bars("Spending", "expenses", "spending")] },
            options: {
                responsive: true, maintainAspectRatio: false, animation: again || still() ? false : { duration: 350 },
                interaction: { mode: "index", intersect: false },
                onClick: (_, hits) => { if (hits.length) choose(months[hits[0].index].month); },
                onHover: (event, hits) => { event.native.target.style.cursor = hits.length ? "pointer" : ""; },
                plugins: {
                    legend: { display: false },
                    tooltip: {
                        ...tooltip(),
                        callbacks: {
                            title: (items) => monthLong(months[items[0].dataIndex].month),
                            label: (item) => ` ${item.dataset.label}  ${formatMoney(item.dataset.texts[item.dataIndex], currency)}`,
                            footer: (items) => `Net  ${formatMoney(months[items[0].dataIndex].net, currency)}`,
                        },
                        footerColor: token("--tip-text"), footerFont: { weight: 400 },
                    },
                },
                scales: {
                    x: { grid: { display: false, drawBorder: false }, ticks: { maxRotation: 0, autoSkipPadding: 8 } },
                    y: { beginAtZero: true, border: { display: false }, grid: { color: token("--line-soft"), drawBorder: false, drawTicks: false }, ticks: { maxTicksLimit: 5, padding: 8, callback: (value) => compactMoney(value, currency) } },
                },
            },
        };
    });
}

/// other: the slice of all that is too small for one of its own, or nothing.
export function categoryChart(canvas, slices, other, { currency, choose }) {
    const categories = other ? [...slices, other] : slices;
    return holder(canvas, (again) => ({
        type: "doughnut",
        data: {
            labels: categories.map((each) => each.name || "No category"),
            datasets: [{ data: categories.map((each) => chartNumber(each.amount)), backgroundColor: categories.map((each) => (each === other ? token("--other") : safeColor(each.color))), borderColor: token("--surface"), borderWidth: 2, hoverOffset: 0 }],
        },
        options: {
            responsive: true, maintainAspectRatio: false, cutout: "74%", animation: again || still() ? false : { duration: 350 },
            onClick: (_, hits) => { if (hits.length) choose(categories[hits[0].index]); },
            onHover: (event, hits) => { event.native.target.style.cursor = hits.length ? "pointer" : ""; },
            plugins: { legend: { display: false }, tooltip: { ...tooltip(), callbacks: { label: (item) => ` ${item.label}  ${formatMoney(categories[item.dataIndex].amount, currency)}` } } },
        },
    }));
}
