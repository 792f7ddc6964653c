import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { t } from "../../strings";
import { Await, Button, Card, CheckField, Confirm, Page, Problem, Time, toast } from "../../ui";
import { live, useSegments } from "../segments/segmentData";
import { Executions } from "./Executions";
import { StepGraph } from "./StepGraph";
import { triggerWords } from "./stepWords";
import { WorkflowAudience } from "./WorkflowAudience";
import type { Workflow } from "./workflowData";
import { workflows } from "./workflowData";
import { StateBadge } from "./WorkflowList";

const REFRESH_MS = 10_000;

/** On and off. What the API finds wrong with the steps is said here. */
function Enabled({ workflow }: { workflow: Workflow }) {
    const queries = useQueryClient();
    const change = useMutation({
        mutationFn: (enabled: boolean) => workflows.enable(workflow.id, enabled),
        onSuccess: () => queries.invalidateQueries({ queryKey: ["workflows"] }),
    });
    return (
        <div className="stack">
            <CheckField isSwitch label={t.workflows.enabledLabel} hint={t.workflows.enabledHint}
                        checked={change.isPending ? change.variables : workflow.enabled} onChange={(isOn) => change.isPending || change.mutate(isOn)} />
            {change.error && <Problem error={change.error} />}
        </div>
    );
}

function Remove({ workflow }: { workflow: Workflow }) {
    const [, go] = useLocation();
    const queries = useQueryClient();
    async function remove() {
        await workflows.remove(workflow.id);
        toast(t.workflows.deleted(workflow.name));
        go("/workflows");
        await queries.invalidateQueries({ queryKey: ["workflows"] });
    }
    return (
        <Confirm title={t.workflows.deleteTitle(workflow.name)} submit={t.delete} onConfirm={remove}
                 trigger={(open) => <Button onClick={open}>{t.delete}</Button>}>
            <p>{t.workflows.deleteText}</p>
        </Confirm>
    );
}

function Facts({ workflow }: { workflow: Workflow }) {
    const segments = useSegments().data ?? [];
    return (
        <dl className="facts">
            <dt>{t.workflows.trigger}</dt><dd>{triggerWords(workflow, segments)}</dd>
            {workflow.nextRunAt && <><dt>{t.workflows.nextRun}</dt><dd><Time iso={workflow.nextRunAt} as="minute" /></dd></>}
            <dt>{t.workflows.reentry}</dt><dd>{workflow.allowReentry ? t.workflows.reentryYes : t.workflows.reentryNo}</dd>
            <dt>{t.workflows.version}</dt><dd>{workflow.version}</dd>
            {workflow.description && <><dt>{t.workflows.description}</dt><dd>{workflow.description}</dd></>}
        </dl>
    );
}

/** A workflow: whether it is on, its steps, who would enter, and who is in it. */
export default function WorkflowPage({ id }: { id: string }) {
    const workflow = useQuery({
        queryKey: ["workflows", id],
        queryFn: ({ signal }) => workflows.get(id, signal),
        refetchInterval: live(REFRESH_MS),
    });
    const found = workflow.data;
    return (
        <Page title={found?.name ?? t.shell.workflows} beside={found && <StateBadge enabled={found.enabled} />}
              back={<Link to="/workflows">{t.shell.workflows}</Link>} actions={found && <Remove workflow={found} />}>
            <Await query={workflow}>
                {(data) => (
                    <>
                        <div className="grid">
                            <Card title={t.workflows.state}><div className="stack"><Enabled workflow={data} /><Facts workflow={data} /></div></Card>
                            <Card title={t.workflows.whoEnters}><WorkflowAudience workflow={data} /></Card>
                        </div>
                        <Card title={t.workflows.steps}><StepGraph workflow={data} /></Card>
                        <Card title={t.workflows.executions}><Executions workflow={data} /></Card>
                    </>
                )}
            </Await>
        </Page>
    );
}
