import { useState } from "react";
import { useLocation } from "wouter";
import type { Segment } from "../../api/types";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Await, Button, ChipButton, Combobox, Empty, LinkButton, formatNumber } from "../../ui";
import { useSegments } from "./segmentData";

const words = t.segments;
const MOST_OTHERS = 9; // ten with this one
const SUGGESTED = 30;
const none: string[] = [];

function Picker({ segment, all }: { segment: Segment; all: Segment[] }) {
    const [text, setText] = useState("");
    const chosen = useDraft<string[]>(`segments.overlap.${segment.id}`, none);
    const [, navigate] = useLocation();
    const others = all.filter((other) => other.id !== segment.id);
    const picked = others.filter((other) => chosen.value.includes(other.id));
    const part = text.trim().toLowerCase();
    const options = others.filter((other) => !picked.includes(other) && other.name.toLowerCase().includes(part)).slice(0, SUGGESTED);
    if (others.length === 0)
        return <Empty title={words.overlapNone}><p>{words.overlapNoneHint}</p><LinkButton to="/segments/new">{words.create}</LinkButton></Empty>;
    return (
        <div className="stack">
            <p className="soft">{words.overlapHint}</p>
            {picked.length < MOST_OTHERS && (
                <div className="segments-pick"><Combobox label={words.overlapPick} text={text} onText={setText} clearsOnPick
                          options={options.map((other) => ({ value: other.id, label: other.name, detail: formatNumber(other.memberCount) }))}
                          onPick={(option) => chosen.set([...picked.map((other) => other.id), option.value])} /></div>
            )}
            {picked.length > 0 && (
                <ul role="list" className="segments-chips" aria-label={words.overlapPicked}>
                    {picked.map((other) => (
                        <li key={other.id} className="chip">
                            {other.name}
                            <ChipButton label={words.overlapRemove(other.name)} onRemove={() => chosen.set(chosen.value.filter((id) => id !== other.id))} />
                        </li>
                    ))}
                </ul>
            )}
            <div className="buttons">
                <Button look="primary" disabled={picked.length === 0}
                        onClick={() => navigate(`/segments/overlap?ids=${[segment.id, ...picked.map((other) => other.id)].join(",")}`)}>
                    {words.overlapShow}
                </Button>
            </div>
        </div>
    );
}

/** Chooses what to compare the segment with; the picture has a page of its own. */
export default function OverlapTab({ segment }: { segment: Segment }) {
    const segments = useSegments();
    return <Await query={segments}>{(all) => <Picker segment={segment} all={all} />}</Await>;
}
