import { useMemo } from "react";
import type { Series } from "../../charts/TimeChart";
import { TimeChart } from "../../charts/TimeChart";
import { t } from "../../strings";
import { Await, Card, Toggle, counted, useQueryParam } from "../../ui";
import type { Interval, Range, Volume } from "./eventData";
import { RANGES, useVolume } from "./eventData";

function seriesOf(volume: Volume): Series[] {
    const isOne = volume.series.length === 1 && volume.other === null;
    const all = volume.series.map((item, i): Series => ({ label: item.name, values: item.counts, colour: isOne ? "accent" : `c${i + 1}`, isBars: isOne }));
    return volume.other ? [...all, { label: t.events.others(volume.other.names), values: volume.other.counts, colour: "other" }] : all;
}

function Chart({ volume, label }: { volume: Volume; label: string }) {
    const series = useMemo(() => seriesOf(volume), [volume]);
    return <TimeChart label={label} times={volume.at} series={series} />;
}

/** How often events happened over time: one of them, or the most frequent side by side. */
export function EventVolume({ name }: { name: string }) {
    const [asked, setRange] = useQueryParam("range", "month");
    const [by, setInterval] = useQueryParam("by");
    const range: Range = Object.hasOwn(RANGES, asked) ? (asked as Range) : "month";
    const intervals: readonly Interval[] = RANGES[range].intervals;
    const interval = intervals.find((item) => item === by) ?? intervals[0]!;
    const volume = useVolume(name, range, interval);
    const title = name ? t.events.volumeOf(name) : t.events.volume;
    return (
        <Card title={title} actions={volume.data && <span className="soft">{t.events.inRange}: {counted(volume.data.total, "event")}</span>}>
            <div className="events-toggles">
                <Toggle<Range> legend={t.events.range} value={range} onChange={setRange}
                               choices={(Object.keys(RANGES) as Range[]).map((value) => ({ value, label: t.events.ranges[value] }))} />
                {intervals.length > 1 && (
                    <Toggle<Interval> legend={t.events.interval} value={interval} onChange={setInterval}
                                      choices={[{ value: "hour", label: t.events.hour }, { value: "day", label: t.events.day }]} />
                )}
            </div>
            <Await query={volume}>{(data) => <Chart volume={data} label={title} />}</Await>
        </Card>
    );
}
