import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { t } from "../../strings";
import { Await, Badge, Button, Dialog, Json, Problem, Time } from "../../ui";
import { live } from "../segments/segmentData";
import { StateOf } from "./ExecutionState";
import type { Execution, Workflow } from "./workflowData";
import { stepNameOf, workflows } from "./workflowData";

const REFRESH_MS = 5_000;

/** Takes one contact out; only where it still is inside. */
function Cancel({ workflow, execution }: { workflow: Workflow; execution: Execution }) {
    const queries = useQueryClient();
    const cancel = useMutation({
        mutationFn: () => workflows.cancel(workflow.id, execution.id),
        onSuccess: () => queries.invalidateQueries({ queryKey: ["workflows", workflow.id] }),
    });
    if (execution.status !== "RUNNING" && execution.status !== "WAITING")
        return null;
    return (
        <>
            {cancel.error && <Problem error={cancel.error} />}
            <div><Button isBusy={cancel.isPending} onClick={() => cancel.mutate()}>{t.workflows.takeOut}</Button></div>
        </>
    );
}

function Steps({ workflow, execution }: { workflow: Workflow; execution: Execution }) {
    return (
        <ol className="workflow-log">
            {execution.stepsOmitted ? <li className="soft">{t.workflows.omitted(execution.stepsOmitted)}</li> : null}
            {execution.steps.map((step, i) => (
                <li key={`${step.stepId}-${i}`}>
                    <div className="row"><strong>{stepNameOf(workflow, step.stepId)}</strong>{step.outcome && <Badge>{t.workflows.stepOutcomes[step.outcome] ?? step.outcome}</Badge>}</div>
                    <p className="small soft"><Time iso={step.at} as="minute" /></p>
                    {step.problem && <p className="field-error">{step.problem}</p>}
                </li>
            ))}
            {execution.currentStepId && <li className="here"><div className="row"><strong>{stepNameOf(workflow, execution.currentStepId)}</strong><Badge tone="accent">{t.workflows.here}</Badge></div></li>}
        </ol>
    );
}

/** What one contact went through. */
export function ExecutionLog({ workflow, executionId, onClose }: { workflow: Workflow; executionId: string; onClose: () => void }) {
    const execution = useQuery({
        queryKey: ["workflows", workflow.id, "executions", executionId],
        queryFn: ({ signal }) => workflows.execution(workflow.id, executionId, signal),
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <Dialog title={execution.data?.email ?? t.workflows.execution} isOpen isDrawer onClose={onClose}>
            <Await query={execution}>
                {(data) => (
                    <div className="stack">
                        <p className="row"><StateOf state={data.status} />{data.exitReason && <span className="break">{data.exitReason}</span>}<Link to={`/contacts/${data.contactId}`}>{t.workflows.profile}</Link></p>
                        <Steps workflow={workflow} execution={data} />
                        <Cancel workflow={workflow} execution={data} />
                        {Object.keys(data.context).length > 0 && <><h2>{t.workflows.context}</h2><Json value={data.context} /></>}
                    </div>
                )}
            </Await>
        </Dialog>
    );
}
