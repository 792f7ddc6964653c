/* What the API says about one rule or group: errors and lint warnings, beside it. */
import type { Remark } from "./edit";

export function Remarks({ of: remarks }: { of: Remark[] | undefined }) {
    return (
        <div aria-live="polite">
            {remarks?.map(({ tone, text }) => (
                <p key={text} className={`bld-remark ${tone}`}><span aria-hidden="true">{tone === "bad" ? "✕" : "!"}</span>{text}</p>
            ))}
        </div>
    );
}
