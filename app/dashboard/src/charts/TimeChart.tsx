import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { t } from "../strings";
import { formatNumber } from "../ui";
import "./charts.css";

export interface Series {
    label: string;
    values: (number | null)[];
    /** A colour of theme.css, without the dashes: "accent". */
    colour: string;
    /** Bars instead of a line. */
    isBars?: boolean;
    /** On an axis of its own at the right. */
    isSecond?: boolean;
}

interface TimeChartProps {
    /** What a reader who does not see it is told. */
    label: string;
    times: string[]; // ISO instants, ascending
    series: Series[];
    heightPx?: number;
}

function colour(name: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(`--chart-${name}`).trim();
}

/** A single point has no range of its own: it stands in the middle of a day. */
const aroundOne = (_: uPlot, at: number): [number, number] => [at - 43_200, at + 43_200];

/* Bars stand on zero, and the first and the last have room for their whole width. */
function barScales(series: Series[], times: string[]): uPlot.Scales {
    if (times.length < 2 || !series.some((item) => item.isBars && !item.isSecond))
        return {};
    const half = (Date.parse(times[times.length - 1]!) - Date.parse(times[0]!)) / 2_000 / (times.length - 1);
    return {
        x: { range: (_, low, high) => [low - half, high + half] },
        y: { range: (_, _low, high) => [0, Math.max(high, 1) * 1.05] },
    };
}

function dataOf(times: string[], series: Series[]): uPlot.AlignedData {
    return [times.map((at) => Date.parse(at) / 1000), ...series.map((item) => item.values)] as uPlot.AlignedData;
}

const DAY_S = 86_400;
const DAYS_APART = [1, 2, 7, 14, 30, 60, 90, 180, 365, 730]; // uPlot makes months of 30 and years of 365
const dayOfUtc = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const wholeDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const wholeHour = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dayHere = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const hourHere = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });

/* Days are those of UTC, and are named so wherever the reader is; hours are told in the reader's zone. */
function timesOf(times: string[]): { axis: uPlot.Axis; series: uPlot.Series; date: (at: number) => Date } {
    const isDays = times.every((at) => at.endsWith("T00:00:00.000Z"));
    const names = (_: uPlot, at: number[], _axis: number, _space: number, step: number) =>
        at.map((seconds) => (isDays ? dayOfUtc : step >= DAY_S ? dayHere : hourHere).format(seconds * 1_000));
    return {
        axis: { values: names, space: isDays ? 60 : 110, ...(isDays ? { incrs: DAYS_APART.map((days) => days * DAY_S) } : {}) },
        series: { label: t.time, value: (_, at) => (at === null || at === undefined ? "–" : (isDays ? wholeDay : wholeHour).format(at * 1_000)) },
        date: (at) => (isDays ? uPlot.tzDate(new Date(at * 1_000), "Etc/UTC") : new Date(at * 1_000)),
    };
}

function optionsOf(series: Series[], width: number, height: number, times: string[]): uPlot.Options {
    const axis = { stroke: colour("text"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 } };
    const time = timesOf(times);
    const numbers = (_: uPlot, values: (number | null)[]) => values.map((value) => (value === null ? "" : formatNumber(value)));
    return {
        width, height, tzDate: time.date,
        cursor: { drag: { x: true, y: false } },
        scales: { ...(times.length === 1 ? { x: { range: aroundOne } } : {}), ...barScales(series, times), second: { range: (_, _min, max) => [0, Math.max(max, 1)] } },
        axes: [{ ...axis, ...time.axis }, { ...axis, size: 70, values: numbers },
               ...(series.some((item) => item.isSecond) ? [{ ...axis, scale: "second", side: 1 as const, size: 60, values: numbers, grid: { show: false } }] : [])],
        series: [time.series, ...series.map((item): uPlot.Series => ({
            label: item.label, stroke: colour(item.colour), width: 2, scale: item.isSecond ? "second" : "y",
            fill: item.isBars ? colour(item.colour) : undefined, points: { show: item.values.length < 2 },
            paths: item.isBars ? uPlot.paths.bars!({ size: [0.6, 24] }) : undefined,
            value: (_, value) => (value === null || value === undefined ? "–" : formatNumber(value)),
        }))],
    };
}

/** Values over time. The same numbers are there as a table, for those who read rather than see. */
export function TimeChart({ label, times, series, heightPx = 260 }: TimeChartProps) {
    const host = useRef<HTMLDivElement>(null);
    const [themes, setThemes] = useState(0);

    useEffect(() => {
        const again = () => setThemes((count) => count + 1);
        const media = matchMedia("(prefers-color-scheme: dark)");
        window.addEventListener("muster-theme", again);
        media.addEventListener("change", again);
        return () => {
            window.removeEventListener("muster-theme", again);
            media.removeEventListener("change", again);
        };
    }, []);

    // Made anew when it looks other; new numbers alone leave it as the reader has zoomed it.
    const plotted = useRef<uPlot | null>(null);
    const look = JSON.stringify([times.length, times[0], series.map((item) => ({ ...item, values: null }))]);
    useEffect(() => {
        const element = host.current!;
        const plot = new uPlot(optionsOf(series, element.clientWidth || 300, heightPx, times), dataOf(times, series), element);
        plotted.current = plot;
        const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: heightPx }));
        resized.observe(element);
        return () => {
            resized.disconnect();
            plot.destroy();
            plotted.current = null;
        };
    }, [look, heightPx, themes]); // eslint-disable-line react-hooks/exhaustive-deps -- look says it

    useEffect(() => {
        const plot = plotted.current;
        const isZoomed = plot !== null && (plot.scales.x!.min! > Date.parse(times[0]!) / 1000 || plot.scales.x!.max! < Date.parse(times[times.length - 1]!) / 1000);
        plot?.setData(dataOf(times, series), !isZoomed);
    }, [times, series]);

    return (
        <figure className="chart">
            <div ref={host} aria-hidden="true" />
            <figcaption className="sr-only">
                <table>
                    <caption>{label}</caption>
                    <thead><tr><th scope="col">UTC</th>{series.map((item) => <th key={item.label} scope="col">{item.label}</th>)}</tr></thead>
                    <tbody>
                        {times.map((at, i) => (
                            <tr key={at}><th scope="row">{at}</th>{series.map((item) => <td key={item.label}>{item.values[i] ?? "–"}</td>)}</tr>
                        ))}
                    </tbody>
                </table>
            </figcaption>
        </figure>
    );
}
