// All runs.

import { t } from "../lib/i18n";
import { useRole } from "../lib/session";
import { LinkButton } from "../ui/button";
import { Page } from "../ui/page";
import { RunsTable } from "./runs_table";

export function RunsPage() {
  const developer = useRole("developer");
  return (
    <Page
      title={t("nav.runs")}
      lead={t("runs.lead")}
      actions={
        developer && (
          <LinkButton href="/catalogue" look="primary" icon="play">
            {t("runs.new")}
          </LinkButton>
        )
      }
    >
      <RunsTable experiment={null} />
    </Page>
  );
}
