/* A form that was refused scrolls to the first thing that is wrong. */
import { useEffect, useRef } from "react";

export function useShownError(error: unknown) {
    const form = useRef<HTMLFormElement>(null);
    useEffect(() => {
        if (error)
            form.current?.querySelector(".field-error, .bld-remark.bad, .problem")?.scrollIntoView({ block: "center" });
    }, [error]);
    return form;
}
