/* Sending the file, for a check or for good. */
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ApiError } from "../../api/client";
import type { ImportChoice } from "./choice";
import { fingerprint } from "./choice";
import type { ImportKind } from "./columns";
import { startImport } from "./jobs";
import type { Preview } from "./preview";
import { toUtf8 } from "./preview";

export interface ImportRun {
    start: (isDryRun: boolean) => void;
    stop: () => void;
    isBusy: boolean;
    error: unknown;
    /** The file changed or went away since it was chosen. */
    isUnreadable: boolean;
    /** Bytes; `total` is 0 before the sending begins. */
    progress: { sent: number; total: number };
}

const NO_PROGRESS = { sent: 0, total: 0 };

class UnreadableFile extends Error {}

/* A file that changed since it was chosen fails like a network that is away: this tells them apart. */
async function checkReadable(file: File): Promise<void> {
    try {
        await file.slice(0, 1).arrayBuffer();
    } catch {
        throw new UnreadableFile();
    }
}

interface RunOf {
    kind: ImportKind;
    file: File | null;
    preview: Preview | null;
    choice: ImportChoice;
    /** The job is in the queue; `of` is the fingerprint of what was sent. */
    onStarted: (jobId: string, isDryRun: boolean, of: string) => void;
}

export function useImportRun({ kind, file, preview, choice, onStarted }: RunOf): ImportRun {
    const [progress, setProgress] = useState(NO_PROGRESS);
    const stopper = useRef<AbortController | null>(null);

    const sending = useMutation({
        mutationFn: async ({ isDryRun }: { isDryRun: boolean; of: string }) => {
            const stop = new AbortController();
            stopper.current = stop;
            setProgress(NO_PROGRESS);
            await checkReadable(file!);
            try {
                const body = await toUtf8(file!, preview!.encoding);
                return await startImport({
                    kind, file: body, name: file!.name, options: choice, isDryRun, signal: stop.signal,
                    onProgress: (sent, total) => setProgress({ sent, total }),
                });
            } catch (error) {
                if (error instanceof ApiError && error.status === 0)
                    await checkReadable(file!);
                throw error;
            }
        },
        onSuccess: (jobId, { isDryRun, of }) => onStarted(jobId, isDryRun, of),
    });

    const isStopped = sending.error instanceof DOMException && sending.error.name === "AbortError";
    const isUnreadable = sending.error instanceof UnreadableFile;
    return {
        start: (isDryRun) => sending.mutate({ isDryRun, of: fingerprint(choice) }),
        stop: () => stopper.current?.abort(),
        isBusy: sending.isPending,
        error: isStopped || isUnreadable ? null : sending.error,
        isUnreadable,
        progress,
    };
}
