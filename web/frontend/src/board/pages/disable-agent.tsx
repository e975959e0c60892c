import type { AgentRow } from "../../link/desk-api.ts";
import { readInbox } from "../../link/rest.ts";
import type { PageProps } from "../state.ts";
import { Ask } from "./ask.tsx";

/** What an agent holds that does not go with its account. */
export interface Held {
  readonly conversations: number;
  /** Whether there are more of them than were counted. */
  readonly isMore: boolean;
  /** The API keys that write in the agent's name. */
  readonly keys: number;
}

/** Return what is assigned to an agent, and which programs use its name. */
export async function heldBy({ desk: { api, rest } }: PageProps["board"], id: string): Promise<Held> {
  const assigned = { assignee: id, limit: "200" };
  const [keys, ...pages] = await Promise.all([
    api.keys(),
    readInbox(rest, assigned),
    readInbox(rest, { ...assigned, status: "snoozed" }),
  ]);
  return {
    conversations: pages.reduce((sum, { summaries }) => sum + summaries.length, 0),
    isMore: pages.some(({ cursor }) => cursor !== null),
    keys: keys.filter(({ speaker }) => speaker === id).length,
  };
}

interface AskDisableProps extends Pick<PageProps, "t"> {
  readonly agent: AgentRow;
  readonly held: Held;
  readonly run: () => void;
  readonly onClose: () => void;
}

/** Ask before an agent is disabled: what ends, and what stays with it until somebody else takes it. */
export const AskDisable = ({ t, agent: { name }, held, run, onClose }: AskDisableProps) => (
  <Ask
    title={t.disableAsk(name)}
    text={t.disableText}
    facts={[
      ["lock", t.disableSignOut],
      ["chat", t.disableHeld(held.conversations, held.isMore)],
      ...(held.keys > 0 ? [["keys", t.disableKeys(held.keys)] as const] : []),
      ["reports", t.disableStays],
    ]}
    action={t.disableSure(name)}
    back={t.cancel}
    run={run}
    onClose={onClose}
  />
);
