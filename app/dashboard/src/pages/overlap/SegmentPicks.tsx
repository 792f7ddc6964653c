import { useState } from "react";
import { Link } from "wouter";
import type { Segment } from "../../api/types";
import { t } from "../../strings";
import { ChipButton, Combobox, counted } from "../../ui";
import type { Named } from "./regions";
import { LETTERS } from "./regions";

interface SegmentPicksProps {
    all: Segment[];
    named: Named[];
    sizes: { id: string; count: number }[];
    isFull: boolean;
    onChange: (ids: string[]) => void;
}

/** The chosen segments with their letters, and a box to choose more. */
export function SegmentPicks({ all, named, sizes, isFull, onChange }: SegmentPicksProps) {
    const [text, setText] = useState("");
    const ids = named.map((item) => item.id);
    const options = all
        .filter((segment) => !ids.includes(segment.id) && segment.name.toLowerCase().includes(text.trim().toLowerCase()))
        .slice(0, 50)
        .map((segment) => ({ value: segment.id, label: segment.name, detail: counted(segment.memberCount, "contact") }));
    return (
        <div className="stack">
            {named.length > 0 && (
                <ul role="list" className="overlap-picks">
                    {named.map(({ id, name }, i) => {
                        const size = sizes.find((item) => item.id === id);
                        return (
                            <li key={id} className={`overlap-pick overlap-${i}`}>
                                <span className="overlap-letter">{LETTERS[i]}</span>
                                <Link to={`/segments/${id}`} className="break">{name}</Link>
                                <span className="soft numeric">{size ? counted(size.count, "contact") : ""}</span>
                                <ChipButton label={t.overlap.drop(name)} onRemove={() => onChange(ids.filter((other) => other !== id))} />
                            </li>
                        );
                    })}
                </ul>
            )}
            {!isFull && (
                <Combobox label={t.overlap.pick} hint={t.overlap.pickHint} text={text} onText={setText} options={options} clearsOnPick
                          onPick={({ value }) => onChange([...ids, value])} />
            )}
        </div>
    );
}
