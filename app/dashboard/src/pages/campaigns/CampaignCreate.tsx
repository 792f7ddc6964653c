import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Page, SelectField, toast } from "../../ui";
import type { CampaignDraft } from "./campaignData";
import { campaigns, EMPTY_DRAFT, messageOfTemplate } from "./campaignData";
import { CampaignForm } from "./CampaignForm";

/** Fills the message from a template; nothing where there is none. */
function FromTemplate({ onChoose }: { onChoose: (part: Partial<CampaignDraft>) => void }) {
    const found = useQuery({ queryKey: ["templates"], queryFn: ({ signal }) => campaigns.templates(signal) }).data ?? [];
    if (found.length === 0)
        return null;
    return (
        <SelectField label={t.campaigns.template} hint={t.campaigns.templateHint} value=""
                     choices={[{ value: "", label: t.campaigns.chooseTemplate }, ...found.map(({ id, name }) => ({ value: id, label: name }))]}
                     onChange={(event) => {
                         const template = found.find((item) => item.id === event.currentTarget.value);
                         if (template)
                             onChoose(messageOfTemplate(template));
                     }} />
    );
}

export default function CampaignCreate() {
    const queries = useQueryClient();
    const [, go] = useLocation();
    const draft = useDraft("campaigns.new", EMPTY_DRAFT);
    const create = useMutation({
        mutationFn: () => campaigns.create(draft.value),
        onSuccess: async (made) => {
            draft.clear(EMPTY_DRAFT);
            toast(t.campaigns.created(made.name));
            await queries.invalidateQueries({ queryKey: ["campaigns"] });
            go(`/campaigns/${made.id}`);
        },
    });
    const change = (part: Partial<CampaignDraft>) => draft.set((before) => ({ ...before, ...part }));
    return (
        <Page title={t.campaigns.create} back={<Link to="/campaigns">{t.shell.campaigns}</Link>}>
            <CampaignForm draft={draft.value} onChange={change} error={create.error}
                          start={<FromTemplate onChoose={change} />} submit={t.campaigns.saveDraft} onSubmit={() => create.mutate()} isBusy={create.isPending} />
        </Page>
    );
}
