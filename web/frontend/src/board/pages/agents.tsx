import { useEffect, useState } from "preact/hooks";

import type { AgentRow } from "../../link/desk-api.ts";
import { roleOf } from "../../protocol/ids.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { capital, dayLabel } from "../../ui/format.ts";
import { personClass } from "../../ui/person.ts";
import { type Here, PresenceDot } from "../../ui/presence-dot.tsx";
import { teamName } from "../choices.ts";
import { faces } from "../faces.tsx";
import { Refused, useAction, useRequest } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { CopyBox } from "./copy-box.tsx";
import { DataTable } from "./data-table.tsx";
import { AskDisable, type Held, heldBy } from "./disable-agent.tsx";
import { useEscape } from "./escape.ts";
import { Check, Field, Pair, useOpened } from "./field.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { type RowAction, RowMenu } from "./row-menu.tsx";
import { WhenLoaded } from "./when-loaded.tsx";

/** Return the id with the prefix of every agent's id, typed or not. */
export const wholeId = (typed: string): string => {
  const id = typed.trim();
  return id.startsWith("a-") ? id : `a-${id}`;
};

export const isAgentId = (id: string): boolean => roleOf(id) === "agent";

/** Propose an id: for "Mihai Ionescu" a-mihai, or a-mihai-2 if that is taken. Clients read it, so no last name. */
export function proposeId(name: string, taken: readonly string[]): string {
  const plain = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const [first] = plain.split(/[^a-z0-9]+/u).filter(Boolean);
  if (!first) return "";
  const numbered = [...taken, ""].map((_, place) => `${first}-${place + 2}`);
  const ids = [first, ...numbered].map((each) => `a-${each.slice(0, 28)}`);
  return ids.find((id) => !taken.includes(id)) ?? "";
}

/** Return a whole URL: the server answers a path if it does not know its public address. */
const absolute = (link: string): string => new URL(link, location.href).href;

/** List the agents; administrators add, change and disable them. */
export function AgentsPage({ board, t, words }: PageProps) {
  const { api } = board.desk;
  const { admin, id: me } = board.config.me;
  const request = useRequest({ key: "agents", ask: () => api.agents() });
  const [action, run] = useAction();
  const [isAdding, setAdding] = useState(false);
  const [setup, setSetup] = useState<{ readonly name: string; readonly url: string } | null>(null);
  const [asked, setAsked] = useState<{ readonly agent: AgentRow; readonly held: Held } | null>(null);
  const change = (work: () => Promise<unknown>) => run(async () => (await work(), await request.again()));
  const link = (name: string, ask: () => Promise<{ setup: string }>) =>
    change(async () => setSetup({ name, url: absolute((await ask()).setup) }));
  const actions = (agent: AgentRow): readonly RowAction[] =>
    agent.disabled
      ? [{ label: t.enable, run: () => void link(agent.name, () => api.addAgent(agent)) }]
      : [
          { label: t.newPassword, run: () => void link(agent.name, () => api.newPassword(agent.id)) },
          ...(agent.id === me
            ? []
            : [
                {
                  label: t.disableAgent,
                  run: () => void run(async () => setAsked({ agent, held: await heldBy(board, agent.id) })),
                },
              ]),
        ];
  const known = request.load.state === "loaded" ? request.load.value.map(({ id }) => id).join() : "";
  useEffect(() => void faces.want(known.split(","), api.faces), [known]);
  const people = request.load.state === "loaded" ? request.load.value : [];
  return (
    <>
      <PageHead title={t.pageAgents} sub={t.agentsSub(people.filter(isActive).length, people.filter(isInvited).length)}>
        {admin && !isAdding && (
          <Button kind="primary" onClick={() => setAdding(true)}>
            <Picture name="add" small />
            {t.agentAdd}
          </Button>
        )}
      </PageHead>
      <Refused action={action} t={t} />
      {setup && (
        <Panel>
          <CopyBox label={t.setupLink(setup.name)} text={setup.url} t={t} testId="setup-link" />
        </Panel>
      )}
      {isAdding && (
        <AddAgent
          t={t}
          busy={action.state === "running"}
          taken={people.map(({ id }) => id)}
          add={(agent) => link(agent.name, () => api.addAgent(agent))}
          close={() => setAdding(false)}
        />
      )}
      <WhenLoaded request={request} t={t} words={words}>
        {(agents) => (
          <Panel>
            <DataTable
              label={t.pageAgents}
              columns={[
                {
                  id: "person",
                  label: t.person,
                  sortBy: ({ name }) => name,
                  cell: (agent) => personOf(board, t, agent),
                },
                {
                  id: "role",
                  label: t.role,
                  sortBy: ({ admin: isAdmin }) => String(isAdmin),
                  cell: (agent) => (
                    <Role
                      {...{ agent, t }}
                      fixed={!admin || agent.disabled || agent.id === me}
                      onChange={(isAdmin) =>
                        void change(() => api.changeAgent(agent.id, { name: agent.name, admin: isAdmin }))
                      }
                    />
                  ),
                },
                ...(board.desk.teams.areSeveral
                  ? [
                      {
                        id: "teams",
                        label: t.pageTeams,
                        cell: ({ id }: AgentRow) => <TeamsOf id={id} board={board} t={t} />,
                      },
                    ]
                  : []),
                { id: "state", label: t.status, cell: (agent) => <AgentState agent={agent} t={t} /> },
                {
                  id: "seen",
                  label: t.agentSeen,
                  sortBy: ({ id, seen }) => (hereOf(board, id) === "offline" ? seen && -seen : -board.now.value),
                  cell: (agent) =>
                    admin && isInvited(agent) ? (
                      <Button onClick={() => void link(agent.name, () => api.newPassword(agent.id))}>
                        {t.agentNewLink}
                      </Button>
                    ) : (
                      <Seen {...{ agent, board, t, words }} />
                    ),
                },
                ...(admin
                  ? [
                      {
                        id: "actions",
                        label: "",
                        cell: (agent: AgentRow) => (
                          <RowMenu {...{ board, t }} id={agent.id} name={agent.name} actions={actions(agent)} />
                        ),
                      },
                    ]
                  : []),
              ]}
              rows={agents}
              keyOf={({ id }) => id}
              mark={({ id }) => ({ "data-testid": "agent", "data-agent": id })}
            />
          </Panel>
        )}
      </WhenLoaded>
      <Roles t={t} />
      {asked && (
        <AskDisable
          {...asked}
          t={t}
          run={() => void change(() => api.disableAgent(asked.agent.id))}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

/** Say what each role may do. */
function Roles({ t }: Pick<PageProps, "t">) {
  const rows = [
    { right: t.rightAnswer, isAgents: true },
    { right: t.rightRead, isAgents: true },
    { right: t.rightPublish, isAgents: false },
    { right: t.rightSettings, isAgents: false },
    { right: t.rightPeople, isAgents: false },
    { right: t.rightErase, isAgents: false },
  ];
  const may = (isSo: boolean) =>
    isSo ? (
      <span class="wl-may">
        <Picture name="check" small />
        <span class="wl-hidden">{t.yes}</span>
      </span>
    ) : (
      <>
        <span aria-hidden="true">–</span>
        <span class="wl-hidden">{t.no}</span>
      </>
    );
  return (
    <Panel title={t.rights}>
      <DataTable
        label={t.rights}
        isSmall
        columns={[
          { id: "right", label: t.right, cell: ({ right }) => right },
          { id: "admin", label: t.rank, cell: () => may(true) },
          { id: "agent", label: t.rankAgent, cell: ({ isAgents }) => may(isAgents) },
        ]}
        rows={rows}
        keyOf={({ right }) => right}
      />
    </Panel>
  );
}

const isInvited = ({ disabled, has_password }: AgentRow): boolean => !disabled && !has_password;
const isActive = ({ disabled, has_password }: AgentRow): boolean => !disabled && has_password;

/** Return whether an agent's board is open now, and used. */
const hereOf = ({ away, config, desk }: PageProps["board"], id: string): Here =>
  id === config.me.id ? (away.value ? "away" : "online") : (desk.agents.value[id]?.state ?? "offline");

/** Show an agent's face with its state, to be changed by whoever may. */
const faceOf = (board: PageProps["board"], { id, name }: AgentRow) => (
  <span class={`wl-face ${personClass(id)}`}>
    <Avatar name={name} id={id} />
    {hereOf(board, id) !== "offline" && <PresenceDot state={hereOf(board, id)} />}
  </span>
);

const personOf = (board: PageProps["board"], t: PageProps["t"], agent: AgentRow) => {
  const { id, name, disabled } = agent;
  return (
    <span class="wl-person">
      {!disabled && (board.config.me.admin || id === board.config.me.id) ? (
        <Button kind="quiet" icon label={t.faceOf(name)} onClick={() => board.openFace(id)}>
          {faceOf(board, agent)}
        </Button>
      ) : (
        faceOf(board, agent)
      )}
      <span>
        <strong>{name}</strong>
        <span class="wl-hint">{id}</span>
      </span>
    </span>
  );
};

interface RoleProps {
  readonly agent: AgentRow;
  readonly t: PageProps["t"];
  readonly fixed: boolean;
  readonly onChange: (admin: boolean) => void;
}

/** Show an agent's role, to be changed by whoever may. */
function Role({ agent, t, fixed, onChange }: RoleProps) {
  if (fixed) return <>{agent.admin ? t.rank : t.rankAgent}</>;
  return (
    <select
      class="wl-input wl-choice-quiet"
      aria-label={t.roleOf(agent.name)}
      value={agent.admin ? "admin" : "agent"}
      onChange={(event) => onChange(event.currentTarget.value === "admin")}
    >
      <option value="admin">{t.rank}</option>
      <option value="agent">{t.rankAgent}</option>
    </select>
  );
}

/** Name the teams of an agent. */
function TeamsOf({ id, board, t }: Pick<PageProps, "board" | "t"> & { readonly id: string }) {
  const teams = board.desk.teams.state.value.teams.filter(({ members }) => members.includes(id));
  return (
    <span class="wl-inline">
      {teams.length === 0
        ? "–"
        : teams.map((team) => (
            <span key={team.id} class="wl-mark">
              {teamName(t, team)}
            </span>
          ))}
    </span>
  );
}

/** Say whether an agent can sign in. */
function AgentState({ agent, t }: Pick<PageProps, "t"> & { readonly agent: AgentRow }) {
  if (agent.disabled) return <span class="wl-mark wl-mark-bad">{t.disabled}</span>;
  if (!agent.has_password) return <span class="wl-mark wl-mark-info">{t.noPassword}</span>;
  return <span>{t.agentActive}</span>;
}

/** Say whether an agent is here, or when it was here last. */
function Seen({ agent: { id, seen }, board, t, words }: PageProps & { readonly agent: AgentRow }) {
  const state = hereOf(board, id);
  if (state !== "offline")
    return (
      <span class="wl-seen">
        <PresenceDot state={state} />
        {capital(words[state])}
      </span>
    );
  return (
    <span class="wl-muted">{seen === null ? t.agentNeverSeen : dayLabel(t.lang, seen, board.now.value, words)}</span>
  );
}

interface AddProps {
  readonly t: PageProps["t"];
  readonly busy: boolean;
  /** The ids of all agents. */
  readonly taken: readonly string[];
  /** Return whether the agent was added. */
  readonly add: (agent: { id: string; name: string; admin: boolean }) => Promise<boolean>;
  readonly close: () => void;
}

const NOBODY = { typed: null as string | null, name: "", admin: false };

/** Add an agent. The typed text stays until the server has added it. */
function AddAgent({ t, busy, taken, add, close }: AddProps) {
  const [agent, setAgent] = useState(NOBODY);
  const [isWrong, setWrong] = useState(false);
  const form = useOpened<HTMLFormElement>();
  useEscape(agent === NOBODY ? close : null, form); // what was typed stays: Cancel alone throws it away
  const shown = agent.typed ?? proposeId(agent.name, taken);
  return (
    <form
      ref={form}
      class="wl-box"
      onSubmit={(event) => {
        event.preventDefault();
        const id = wholeId(shown);
        setWrong(!isAgentId(id));
        if (isAgentId(id)) void add({ id, name: agent.name, admin: agent.admin }).then((added) => added && close());
      }}
    >
      <h2>{t.agentAdd}</h2>
      <Pair>
        <Field
          label={t.name}
          hint={t.agentNameHint}
          required={t.fieldNeeded}
          value={agent.name}
          onInput={(name) => setAgent({ ...agent, name })}
          testId="agent-name"
        />
        <Field
          label={t.agentId}
          hint={t.agentIdHint}
          {...(isWrong ? { error: t.agentIdWrong } : {})}
          required={t.fieldNeeded}
          value={shown}
          onInput={(typed) => {
            setWrong(false);
            setAgent({ ...agent, typed });
          }}
          testId="agent-id"
        />
      </Pair>
      <Check label={t.rank} checked={agent.admin} onChange={(admin) => setAgent({ ...agent, admin })} />
      <div class="wl-inline wl-inline-end">
        <Button onClick={close}>{t.cancel}</Button>
        <Button kind="primary" type="submit" disabled={busy}>
          {t.agentAdd}
        </Button>
      </div>
    </form>
  );
}
