import type { MouseEvent } from "react";
import { useState } from "react";
import { t } from "../../strings";
import { Button } from "../../ui";
import type { Chosen } from "./standing";

const SHOWN = 40;

/** The chosen addresses, each with what it is to the segment, and a button that takes it away. */
export function ChosenChips({ chosen, onDrop, onNone }: { chosen: Chosen[]; onDrop: (email: string) => void; onNone: () => void }) {
    const [isWhole, setWhole] = useState(false);
    /* The focus goes on to the neighbour, or back to the search behind the last one. */
    function drop(event: MouseEvent, email: string) {
        const item = event.currentTarget.closest("li")!;
        const neighbour = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("button");
        onDrop(email);
        if (neighbour)
            neighbour.focus();
        else
            onNone();
    }
    const shown = isWhole ? chosen : chosen.slice(0, SHOWN);
    return (
        <>
            <ul role="list" className="members-chips" aria-label={t.members.chosen} tabIndex={0}>
                {shown.map(({ email, standing }) => (
                    <li key={email} className={`chip ${standing}`}>
                        <span className="break">{email}</span>
                        {standing !== "contact" && <span className="members-standing">{t.members.standing[standing]}</span>}
                        <Button look="plain" isSmall aria-label={t.members.unchoose(email)} onClick={(event) => drop(event, email)}>✕</Button>
                    </li>
                ))}
            </ul>
            {shown.length < chosen.length && <div><Button isSmall onClick={() => setWhole(true)}>{t.members.showAll(chosen.length)}</Button></div>}
        </>
    );
}
