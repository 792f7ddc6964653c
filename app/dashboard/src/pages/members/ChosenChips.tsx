import { useState } from "react";
import { t } from "../../strings";
import { Button, ChipButton } from "../../ui";
import type { Chosen } from "./standing";

const SHOWN = 40;

/** The chosen addresses, each with what it is to the segment, and a button that takes it away. */
export function ChosenChips({ chosen, onDrop }: { chosen: Chosen[]; onDrop: (email: string) => void }) {
    const [isWhole, setWhole] = useState(false);
    const shown = isWhole ? chosen : chosen.slice(0, SHOWN);
    return (
        <>
            <ul role="list" className="members-chips" aria-label={t.members.chosen} tabIndex={0}>
                {shown.map(({ email, standing }) => (
                    <li key={email} className={`chip ${standing}`}>
                        <span className="break">{email}</span>
                        {standing !== "contact" && <span className="members-standing">{t.members.standing[standing]}</span>}
                        <ChipButton label={t.members.unchoose(email)} onRemove={() => onDrop(email)} />
                    </li>
                ))}
            </ul>
            {shown.length < chosen.length && <div><Button isSmall onClick={() => setWhole(true)}>{t.members.showAll(chosen.length)}</Button></div>}
        </>
    );
}
