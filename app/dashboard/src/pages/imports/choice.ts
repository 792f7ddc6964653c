/* What somebody chose for an import, as it is kept until it is done; the file itself cannot be kept. */
import { useCallback, useEffect, useState } from "react";
import { useDraft } from "../../draft";
import type { ImportKind, Target, Targets } from "./columns";
import { targetsFor } from "./columns";
import type { Mode } from "./jobs";
import type { Encoding, Preview } from "./preview";
import { readPreview } from "./preview";

export interface ImportChoice {
    mode: Mode;
    segmentId: string;
    tag: string;
    encoding: Encoding | null; // null: as it was found
    targets: Targets;
    /** The file that was chosen, for choosing it again. */
    file: { name: string; size: number; changedAt: number } | null;
    /** The last check, and a fingerprint of what was checked. */
    check: { jobId: string; of: string } | null;
}

const NOTHING: ImportChoice = { mode: "upsert", segmentId: "", tag: "", encoding: null, targets: {}, file: null, check: null };

// Outlives the page when the session ends in between, or the kind is changed; a reload it does not.
let keptFile: File | null = null;

function factsOf(file: File): ImportChoice["file"] {
    return { name: file.name, size: file.size, changedAt: file.lastModified };
}

/** The file of before, unless it is another one, or somebody has signed out since (which ends all drafts). */
function keptFor(chosen: ImportChoice): File | null {
    if (!Object.keys(sessionStorage).some((name) => name.includes(".imports.")))
        keptFile = null;
    const isSame = keptFile && (!chosen.file || JSON.stringify(factsOf(keptFile)) === JSON.stringify(chosen.file));
    return isSame ? keptFile : null;
}

/** Everything that a check depends on. */
export function fingerprint({ check: _check, ...rest }: ImportChoice): string {
    return JSON.stringify(rest);
}

/** The choice for one kind of import, its file and the file's beginning. */
export function useImportChoice(kind: ImportKind) {
    const draft = useDraft<ImportChoice>(`imports.${kind}`, NOTHING);
    const [file, setFile] = useState<File | null>(() => keptFor(draft.value));
    const [preview, setPreview] = useState<Preview | null>(null);
    const [isUnreadable, setUnreadable] = useState(false);
    const { set, value: { encoding } } = draft;

    useEffect(() => {
        let isOld = false;
        setUnreadable(false);
        if (!file)
            return setPreview(null);
        readPreview(file, kind, encoding).then((next) => {
            if (isOld)
                return;
            setPreview(next);
            set((before) => ({ ...before, file: factsOf(file), targets: targetsFor(next.headers, kind, before.targets) }));
        }, () => isOld || setUnreadable(true));
        return () => {
            isOld = true;
        };
    }, [file, kind, encoding, set]);

    function choose(next: File) {
        keptFile = next;
        setFile(next);
        if (next.name !== draft.value.file?.name)
            set((before) => ({ ...before, encoding: null }));
    }

    function done() {
        keptFile = null;
        draft.clear(NOTHING);
    }

    const change = useCallback((part: Partial<ImportChoice>) => set((before) => ({ ...before, ...part })), [set]);
    const setTarget = useCallback((header: string, target: Target) =>
        set((before) => ({ ...before, targets: { ...before.targets, [header]: target } })), [set]);
    return { choice: draft.value, change, setTarget, choose, done, file, preview, isUnreadable };
}
