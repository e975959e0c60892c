/** What an agent sees where only administrators may change something: why, and whom to ask. */

import type { PageTexts } from "../../ui/page-messages.ts";
import { useRequest } from "../request.tsx";
import type { Board } from "../state.ts";
import { Nothing } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

/** More names would be a list to read. */
const NAMED = 3;

interface AdminOnlyProps {
  readonly board: Board;
  readonly t: PageTexts;
}

/** Return whom to ask: "Ask Ana Ionescu or Radu Marin."; "" before it is known. */
function useWhomToAsk({ board, t }: AdminOnlyProps): string {
  const { load } = useRequest({ key: "agents", ask: () => board.desk.api.agents() });
  const agents = load.state === "loaded" ? load.value : [];
  const names = agents.filter(({ admin, disabled }) => admin && !disabled).map(({ name }) => name);
  const list = new Intl.ListFormat(t.lang, { type: "disjunction" });
  return names.length > 0 ? t.adminAsk(list.format(names.slice(0, NAMED))) : "";
}

/** Say it above a page that can be read. */
export function AdminOnly(props: AdminOnlyProps) {
  return (
    <p class="wl-banner">
      <Picture name="lock" small />
      <span>
        {props.t.adminOnly} {useWhomToAsk(props)}
      </span>
    </p>
  );
}

/** Say it in the place of a form, or of what only administrators read. */
export function AdminOnlyForm({ title, ...props }: AdminOnlyProps & { readonly title: string }) {
  return (
    <div class="wl-box">
      <Nothing picture="lock" state="warn" title={title} text={useWhomToAsk(props)}>
        <a class="wl-button wl-button-primary" href="#/">
          {props.t.openInbox}
        </a>
      </Nothing>
    </div>
  );
}
