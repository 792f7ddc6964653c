/* Moves a rule or a group: dragged by the pointer, or with the arrow keys while it has the focus. */
import type { KeyboardEvent, Ref } from "react";
import type { QueryActions } from "react-querybuilder";
import { t } from "../../strings";
import { useEditing } from "./edit";

interface MoveHandleProps {
    handle: Ref<HTMLSpanElement> | undefined;
    id: string;
    name: string;
    path: number[];
    actions: QueryActions;
    isFirst: boolean | undefined;
    isLast: boolean | undefined;
}

export function MoveHandle({ handle, id, name, path, actions, isFirst, isLast }: MoveHandleProps) {
    const { focusNext } = useEditing();
    function onKeyDown(event: KeyboardEvent) {
        const to = event.key === "ArrowUp" ? "up" : event.key === "ArrowDown" ? "down" : null;
        if (!to)
            return;
        event.preventDefault();
        if (to === "up" ? isFirst : isLast)
            return;
        focusNext(id, ".bld-handle");
        actions.moveRule(path, to);
    }
    return (
        // No <button>: Firefox lets nothing be dragged by one.
        <span ref={handle} role="button" tabIndex={0} className="bld-handle" aria-label={t.builder.move(name)} title={t.builder.move(name)}
              onKeyDown={onKeyDown}>
            <span aria-hidden="true">⠿</span>
        </span>
    );
}
