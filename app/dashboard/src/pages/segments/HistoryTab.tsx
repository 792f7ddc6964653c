import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, route } from "../../api/client";
import type { Segment } from "../../api/types";
import type { Series } from "../../charts/TimeChart";
import { TimeChart } from "../../charts/TimeChart";
import { t } from "../../strings";
import { Await, Empty, SelectField, Toggle, formatNumber, useQueryParam } from "../../ui";
import { live } from "./segmentData";

const words = t.segments;
const LIVE_MS = 10_000;
const DAY_MS = 86_400_000;
const YEARS_KEPT = 5;
const HOURS_KEPT_DAYS = 90;

interface Point {
    at: string;
    count: number;
    entered: number | null;
    left: number | null;
}

interface History {
    points: Point[];
    growth: { from: { count: number } | null; to: { count: number } | null; change: number | null };
}

type Range = keyof typeof words.ranges;
type Interval = keyof typeof words.intervals;

/** The day on which the range begins. */
function startOf(range: Range, createdAt: string): string {
    const oldest = Date.now() - YEARS_KEPT * 365 * DAY_MS;
    const ms = range === "all" ? Math.max(Date.parse(createdAt), oldest) : Date.now() - Number(range) * DAY_MS;
    return new Date(ms).toISOString().slice(0, 10);
}

function Growth({ history }: { history: History }) {
    const { from, to, change } = history.growth;
    if (!from || !to || change === null)
        return null;
    const sign = change > 0 ? "+" : "";
    return (
        <p role="status">
            {words.change}: <strong className={change < 0 ? "segments-exit" : change > 0 ? "segments-entry" : undefined}>{sign}{formatNumber(change)}</strong>
            <span className="soft"> {words.growth(from.count, to.count)}</span>
        </p>
    );
}

function Charts({ segment, points }: { segment: Segment; points: Point[] }) {
    const { times, counts, moves } = useMemo(() => {
        const column = (pick: (point: Point) => number | null) => points.map(pick);
        const isTold = points.some((point) => point.entered !== null);
        return {
            times: points.map((point) => point.at),
            counts: [{ label: words.members, values: column((point) => point.count), colour: "accent" }] satisfies Series[],
            moves: isTold ? [
                { label: words.entries, values: column((point) => point.entered), colour: "good" },
                { label: words.exits, values: column((point) => point.left), colour: "bad" },
            ] satisfies Series[] : null,
        };
    }, [points]);
    return (
        <>
            <h2>{words.members}</h2>
            <TimeChart label={words.historyChart(segment.name)} times={times} series={counts} heightPx={260} />
            {moves
                ? <><h2>{words.entries} / {words.exits}</h2><TimeChart label={words.movesChart(segment.name)} times={times} series={moves} heightPx={200} /></>
                : <p className="soft">{words.untracked}</p>}
        </>
    );
}

export default function HistoryTab({ segment }: { segment: Segment }) {
    const [rangeText, setRange] = useQueryParam("range", "30");
    const [intervalText, setInterval] = useQueryParam("interval", "day");
    const range = (Object.hasOwn(words.ranges, rangeText) ? rangeText : "30") as Range;
    const isLong = range === "all" || Number(range) > HOURS_KEPT_DAYS;
    const interval: Interval = intervalText === "hour" && !isLong ? "hour" : "day";
    const history = useQuery({
        queryKey: ["segments", segment.id, "history", range, interval],
        queryFn: ({ signal }) => api.get<History>(route`/segments/${segment.id}/history`, { from: startOf(range, segment.createdAt), interval }, signal),
        refetchInterval: live(LIVE_MS),
        placeholderData: keepPreviousData,
    });
    return (
        <div className="stack">
            <div className="segments-controls">
                <Toggle legend={words.historyRange} value={range} onChange={setRange}
                        choices={(Object.keys(words.ranges) as Range[]).map((value) => ({ value, label: words.ranges[value] }))} />
                <SelectField label={words.historyInterval} value={interval} disabled={isLong}
                             onChange={(event) => setInterval(event.currentTarget.value)}
                             choices={Object.entries(words.intervals).map(([value, label]) => ({ value, label }))} />
            </div>
            <Await query={history}>
                {(data) => (data.points.length === 0
                    ? <Empty title={words.noHistory}><p>{words.noHistoryHint}</p></Empty>
                    : <><Growth history={data} /><Charts segment={segment} points={data.points} /><p className="soft small">{words.historyUtc}</p></>)}
            </Await>
        </div>
    );
}
