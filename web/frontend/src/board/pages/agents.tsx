import { useState } from "preact/hooks";

import type { AgentRow } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { isAgentId, proposeId, wholeId } from "./agent-id.ts";
import { Refused, useDoing } from "./doing.tsx";
import { Check, Field, Pair } from "./field.tsx";
import { type PageProps, Show, useLoad } from "./loaded.tsx";
import { Once } from "./once.tsx";

interface Setup {
  readonly name: string;
  readonly url: string;
}

/** A link as others can follow it: the server says a path where it does not know its public address. */
const absolute = (link: string): string => new URL(link, location.href).href;

/** Who answers here: added, renamed, made administrator, given a new password, disabled. */
export function AgentsPage({ board, t, words }: PageProps) {
  const { api } = board.desk;
  const { admin, id: me } = board.config.me;
  const loaded = useLoad(() => api.agents(), "agents");
  const [doing, run] = useDoing();
  const [setup, setSetup] = useState<Setup | null>(null);
  const act = (work: () => Promise<unknown>) => () => void run(async () => (await work(), await loaded.again()));
  const link = (agent: { id: string; name: string }, ask: () => Promise<{ setup: string }>): (() => void) =>
    act(async () => setSetup({ name: agent.name, url: absolute((await ask()).setup) }));
  const actions = (agent: AgentRow) =>
    agent.disabled ? (
      <Button onClick={link(agent, () => api.addAgent(agent))}>{t.enable}</Button>
    ) : (
      <>
        <Button onClick={link(agent, () => api.newPassword(agent.id))}>{t.newPassword}</Button>
        <Button onClick={act(() => api.changeAgent(agent.id, { name: agent.name, admin: !agent.admin }))}>
          {agent.admin ? t.takeRank : t.giveRank}
        </Button>
        {agent.id !== me && (
          <Button kind="bad" onClick={act(() => api.disableAgent(agent.id))}>
            {t.disable}
          </Button>
        )}
      </>
    );
  return (
    <>
      <Refused doing={doing} t={t} />
      {setup && <Once label={t.setupLink(setup.name)} text={setup.url} t={t} testId="setup-link" />}
      <Show loaded={loaded} t={t} words={words}>
        {(agents) => (
          <ul class="wl-table">
            {agents.map((agent) => (
              <li key={agent.id} data-testid="agent" data-agent={agent.id}>
                <span>
                  <strong>{agent.name}</strong> <span class="wl-muted">{agent.id}</span>
                </span>
                <span class="wl-muted">
                  {[agent.admin ? t.rank : "", agent.disabled ? t.disabled : agent.has_password ? "" : t.noPassword]
                    .filter(Boolean)
                    .join(" · ")}
                </span>
                {admin && <span class="wl-actions">{actions(agent)}</span>}
              </li>
            ))}
          </ul>
        )}
      </Show>
      {admin && (
        <AddAgent
          t={t}
          busy={doing.state === "doing"}
          taken={loaded.load.state === "loaded" ? loaded.load.value.map(({ id }) => id) : []}
          add={(agent) =>
            run(async () => {
              setSetup({ name: agent.name, url: absolute((await api.addAgent(agent)).setup) });
              await loaded.again();
            })
          }
        />
      )}
    </>
  );
}

interface AddProps {
  readonly t: PageProps["t"];
  readonly busy: boolean;
  /** The ids that there are. */
  readonly taken: readonly string[];
  /** Whether it was added. */
  readonly add: (agent: { id: string; name: string; admin: boolean }) => Promise<boolean>;
}

const NOBODY = { typed: null as string | null, name: "", admin: false };

/** What was typed stays until the agent is there. */
function AddAgent({ t, busy, taken, add }: AddProps) {
  const [agent, setAgent] = useState(NOBODY);
  const [isWrong, setWrong] = useState(false);
  const shown = agent.typed ?? proposeId(agent.name, taken);
  return (
    <form
      class="wl-form wl-block"
      onSubmit={(event) => {
        event.preventDefault();
        const id = wholeId(shown);
        setWrong(!isAgentId(id));
        if (isAgentId(id))
          void add({ id, name: agent.name, admin: agent.admin }).then((added) => added && setAgent(NOBODY));
      }}
    >
      <h2>{t.agentAdd}</h2>
      <Pair>
        <Field
          label={t.name}
          hint={t.agentNameHint}
          required
          value={agent.name}
          onInput={(name) => setAgent({ ...agent, name })}
          testId="agent-name"
        />
        <Field
          label={t.agentId}
          hint={t.agentIdHint}
          {...(isWrong ? { error: t.agentIdWrong } : {})}
          required
          value={shown}
          onInput={(typed) => {
            setWrong(false);
            setAgent({ ...agent, typed });
          }}
          testId="agent-id"
        />
      </Pair>
      <Check label={t.rank} checked={agent.admin} onChange={(admin) => setAgent({ ...agent, admin })} />
      <Button kind="primary" type="submit" disabled={busy}>
        {t.agentAdd}
      </Button>
    </form>
  );
}
