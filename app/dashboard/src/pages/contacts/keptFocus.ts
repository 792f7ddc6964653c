/* Buttons go with what they are about (the choice, the filter): the focus must not go with them. */
import type { FocusEvent } from "react";
import { useEffect, useRef } from "react";

/** For the element that stays: it takes the focus where what had it inside of it is gone. */
export function useKeptFocus() {
    const box = useRef<HTMLDivElement>(null);
    const last = useRef<Element | null>(null);
    useEffect(() => {
        if (last.current && !last.current.isConnected && document.activeElement === document.body)
            box.current!.focus();
    }); // after each render: any may have taken it away
    return {
        ref: box, tabIndex: -1, className: "contacts-focus",
        onFocus: (event: FocusEvent<HTMLDivElement>) => {
            last.current = box.current!.contains(event.target) ? event.target : last.current; // not what a dialog holds
        },
    };
}
