import { useState } from "preact/hooks";

import type { AgentRow, Area, SettingValues } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { capital, languageName } from "../../ui/format.ts";
import { LANGS } from "../../ui/messages.ts";
import { useRequest } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { AreaChoice } from "./area-choice.tsx";
import { AttributesField, Check, Field, IfEditable, useOpened } from "./field.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { freshId, replaced, SettingForm, without } from "./setting.tsx";
import { WhenLoaded } from "./when-loaded.tsx";

type Team = SettingValues["teams"]["teams"][number];

const DEFAULT = "t-desk";
/** As the contract has it. */
const MOST_AREAS = 200;
/** Agents beyond these are found by typing. */
const SHOWN = 24;

const fresh = (id: string, name: string): Team => ({ id, name, members: [], areas: [], langs: [], attributes: [] });

/** Return the list with the item, or without it. */
const toggled = (list: readonly string[], item: string, on: boolean): readonly string[] =>
  on ? [...list, item] : list.filter((each) => each !== item);

interface TeamProps extends PageProps {
  readonly team: Team;
  /** Whether it was added just now: the focus goes to its name. */
  readonly isAdded: boolean;
  readonly agents: readonly AgentRow[];
  readonly areas: readonly Area[];
  readonly change: (team: Team) => void;
}

/** Choose the members; those who are in the team come first. */
function Members({ team, agents, change, t }: Omit<TeamProps, "isAdded" | "areas" | "board" | "words">) {
  const [typed, setTyped] = useState("");
  const isIn = ({ id }: AgentRow): boolean => team.members.includes(id);
  const fitting = agents.filter(({ id, name }) => `${name} ${id}`.toLowerCase().includes(typed.trim().toLowerCase()));
  const shown = [...fitting.filter(isIn), ...fitting.filter((agent) => !isIn(agent))].slice(0, SHOWN);
  return (
    <div class="wl-field wl-checks" role="group" aria-label={t.teamsMembers}>
      <span class="wl-field-label">{t.teamsMembers}</span>
      {agents.length > SHOWN && <Field label={t.teamsFind} value={typed} onInput={setTyped} />}
      {shown.map((agent) => (
        <Check
          key={agent.id}
          label={agent.name}
          checked={isIn(agent)}
          onChange={(on) => change({ ...team, members: toggled(team.members, agent.id, on) })}
        />
      ))}
    </div>
  );
}

function TeamFields({ team, isAdded, agents, areas, change, t }: Omit<TeamProps, "board" | "words">) {
  const fields = useOpened<HTMLDivElement>(isAdded);
  return (
    <div ref={fields} class="wl-team">
      <Field
        label={t.name}
        value={team.name}
        maxLength={60}
        required={t.fieldNeeded}
        onInput={(name) => change({ ...team, name })}
        testId="team-name"
      />
      <Members team={team} agents={agents} change={change} t={t} />
      {team.id !== DEFAULT && (
        <>
          <div class="wl-field">
            <span class="wl-field-label">{t.teamsAreas}</span>
            <AreaChoice
              t={t}
              areas={areas}
              chosen={team.areas}
              most={MOST_AREAS}
              onChange={(chosen) => change({ ...team, areas: chosen })}
            />
            <p class="wl-hint">{t.teamsAreasHint}</p>
          </div>
          <div class="wl-field wl-checks" role="group" aria-label={t.teamsLangs}>
            <span class="wl-field-label">{t.teamsLangs}</span>
            {LANGS.map((lang) => (
              <Check
                key={lang}
                label={capital(languageName(t.lang, lang))}
                checked={team.langs.includes(lang)}
                onChange={(on) => change({ ...team, langs: toggled(team.langs, lang, on) as Team["langs"] })}
              />
            ))}
          </div>
        </>
      )}
      {team.id !== DEFAULT && (
        <AttributesField
          t={t}
          label={t.teamsAttributes}
          hint={t.teamsAttributesHint}
          value={team.attributes}
          onChange={(attributes) => change({ ...team, attributes })}
        />
      )}
    </div>
  );
}

/** Edit the teams: who is in each, and whose new conversations it gets. */
export function TeamsPage(props: PageProps) {
  const { board, t, words } = props;
  const request = useRequest({ key: "agents", ask: () => board.desk.api.agents() });
  const { load } = useRequest({ key: "areas", ask: () => board.desk.api.areas() });
  const [added, setAdded] = useState<string | null>(null);
  return (
    <WhenLoaded request={request} t={t} words={words}>
      {(all) => (
        <SettingForm {...props} name="teams">
          {({ teams }, change) => {
            const put = (next: typeof teams): void => change({ teams: next });
            const first = teams.length === 0 ? [fresh(DEFAULT, t.teamDefault)] : [];
            const add = (): void => {
              const id = freshId(teams, "t-team");
              setAdded(id);
              put([...first, ...teams, fresh(id, "")]);
            };
            return (
              <>
                <PageHead title={t.pageTeams} sub={t.teamsHint}>
                  <IfEditable>
                    <Button kind="primary" data-testid="team-add" onClick={add}>
                      <Picture name="add" small />
                      {t.teamsAdd}
                    </Button>
                  </IfEditable>
                </PageHead>
                {teams.length === 0 && (
                  <Panel>
                    <Nothing picture="teams" title={t.teamsNone} text={t.teamsNoneText} />
                  </Panel>
                )}
                {teams.map((team, place) => (
                  <Panel
                    key={team.id}
                    title={team.name || t.teamsNew}
                    aside={
                      <IfEditable>
                        {team.id !== DEFAULT && (
                          <Button kind="quiet" onClick={() => put(without(teams, place))}>
                            {t.remove}
                          </Button>
                        )}
                      </IfEditable>
                    }
                  >
                    <TeamFields
                      team={team}
                      isAdded={team.id === added}
                      agents={all.filter(({ disabled }) => !disabled)}
                      areas={load.state === "loaded" ? load.value : []}
                      change={(next) => put(replaced(teams, place, next))}
                      t={t}
                    />
                  </Panel>
                ))}
              </>
            );
          }}
        </SettingForm>
      )}
    </WhenLoaded>
  );
}
