import { t } from "../../strings";
import { Badge } from "../../ui";
import type { ExecutionState } from "./workflowData";

const TONES = { RUNNING: "accent", WAITING: "neutral", COMPLETED: "good", EXITED: "neutral", FAILED: "bad", CANCELLED: "warn" } as const;

export function StateOf({ state }: { state: ExecutionState }) {
    return <Badge tone={TONES[state]}>{t.workflows.executionStates[state]}</Badge>;
}
