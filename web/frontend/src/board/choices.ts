/** The choices that menus, the bulk bar and the commands share. */

import type { Episode } from "../link/desk-api.ts";
import type { Team } from "../link/desk-teams.ts";
import { capital, languageName, whenNear } from "../ui/format.ts";
import type { IconName } from "../ui/icon.tsx";
import { type BoardTexts, LANGS, textsFor } from "../ui/messages.ts";
import type { Choice } from "./picker.tsx";
import { snoozeEnds } from "./snooze.ts";
import type { Board } from "./state.ts";
import { chooseTheme, chosenTheme, THEMES } from "./theme.ts";

interface Colleague {
  readonly id: string;
  readonly name: string;
  readonly isHere: boolean;
}

/** Return the other agents by name, whoever is offline last. */
export function colleaguesOf(board: Board): readonly Colleague[] {
  const { config, desk } = board;
  const present = desk.agents.value;
  const isHere = (id: string): boolean => present[id] !== undefined && present[id].state !== "offline";
  const names = new Map(board.team.value.map(({ id, name }) => [id, name]));
  for (const id of Object.keys(present)) if (isHere(id)) names.set(id, names.get(id) ?? board.nameOf(id));
  names.delete(config.me.id);
  return [...names]
    .sort(([id, name], [other, named]) => Number(isHere(other)) - Number(isHere(id)) || name.localeCompare(named))
    .map(([id, name]) => ({ id, name, isHere: isHere(id) }));
}

/** Return the colleagues to whom the conversations can be assigned: members of their teams, and administrators. */
export function assignees(board: Board, clients: readonly string[]): ReturnType<typeof colleaguesOf> {
  const teams = clients.map((client) => teamOf(board, client));
  const administrators = board.team.value.filter(({ admin }) => admin).map(({ id }) => id);
  const mayHave = (id: string): boolean =>
    administrators.includes(id) || teams.every(({ members }) => members.includes(id));
  return colleaguesOf(board).filter(({ id }) => !board.desk.teams.areSeveral || mayHave(id));
}

/** Return the choices of whom to assign the conversations to. */
export function assignItems(board: Board, t: BoardTexts, clients: readonly string[]): readonly Choice[] {
  const me = board.config.me.id;
  const only = clients.length === 1 ? board.actions.summaryOf(clients[0] as string) : null;
  const assignee = only?.assignee ?? null;
  const item = (to: string | null, label: string, name = label): Choice => ({
    key: to ?? "nobody",
    label,
    ...(to === null ? { icon: "close" } : { face: { id: to, name } }),
    checked: to !== null && to === assignee,
    run: () => board.assign(clients, to),
  });
  const { offline } = textsFor(board.config.lang);
  return withDigits([
    item(me, t.toMe, board.config.me.name),
    ...assignees(board, clients).map(({ id, name, isHere }) => ({ ...item(id, name), hint: isHere ? "" : offline })),
    // Without an assignee the focus starts on "To me".
    ...(only && assignee === null ? [] : [item(null, t.toNobody)]),
    ...moveItems(board, t, clients),
  ]);
}

/** Let the first nine choices be chosen by a digit. */
const withDigits = (choices: readonly Choice[]): readonly Choice[] =>
  choices.map((choice, place) => (place < 9 ? { ...choice, hotkey: String(place + 1) } : choice));

const teamOf = (board: Board, client: string): Team =>
  board.desk.teams.of({ team: board.actions.summaryOf(client)?.team ?? null });

/** Return the teams to which the conversations can be moved. */
function moveItems(board: Board, t: BoardTexts, clients: readonly string[]): readonly Choice[] {
  const only = clients.length === 1 ? teamOf(board, clients[0] as string).id : null;
  return board.desk.teams.state.value.teams
    .filter(({ id }) => id !== only && board.desk.teams.areSeveral)
    .map(({ id, name }) => ({
      key: id,
      label: t.moveTo(teamName(t, { id, name })),
      icon: "people",
      run: () => board.move(clients, id),
    }));
}

/** Return a team's name; the default team has its id for a name until it gets one. */
export const teamName = (t: Pick<BoardTexts, "teamDefault">, { id, name }: Pick<Team, "id" | "name">): string =>
  name === id ? t.teamDefault : name;

const SNOOZE_ICONS: Readonly<Record<string, IconName>> = { hour: "clock", hours: "clock", monday: "calendar" };

/** Return until when the conversations can be snoozed. Args: clients: the checked ones, or the open one. */
export const snoozeItems = (board: Board, t: BoardTexts, clients: readonly string[]): readonly Choice[] =>
  withDigits([
    ...snoozeEnds(t, board.now.value).map(
      ({ key, label, until }): Choice => ({
        key,
        label,
        icon: SNOOZE_ICONS[key] ?? "moon",
        hint: whenNear(t.lang, until, board.now.value),
        run: () => board.snooze(clients, until),
      }),
    ),
    { key: "pick", label: t.snoozePick, icon: "edit", run: () => void (board.dialog.value = "snooze") },
  ]);

/** Return the agent's presence, theme and language, each as a group of choices. */
export function ownChoices(board: Board, t: BoardTexts) {
  const away = board.away.value;
  const theme = chosenTheme();
  const themes = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark };
  const presence: readonly Choice[] = [
    { key: "online", label: t.beOnline, checked: !away, run: () => board.setAway(false) },
    { key: "away", label: t.beAway, checked: away, run: () => board.setAway(true) },
  ];
  return {
    presence,
    theme: THEMES.map((name) => ({
      key: name,
      label: themes[name],
      checked: name === theme,
      run: () => chooseTheme(name),
    })),
    language: LANGS.map((lang) => ({
      key: lang,
      label: capital(languageName(lang, lang)),
      checked: lang === t.lang,
      run: () => board.outside.speak(lang),
    })),
  };
}

/** Return whether the meter told of the use on the day after the conversation. */
export const hasUse = ({ use_after }: Pick<Episode, "use_after">): boolean => (use_after ?? -1) >= 0;
