/** The choices that menus, the bulk bar and the commands share. */

import { capital, languageName } from "../ui/format.ts";
import { type BoardTexts, LANGS, textsFor } from "../ui/messages.ts";
import type { Choice } from "./picker.tsx";
import { snoozeEnds } from "./snooze.ts";
import type { Board } from "./state.ts";
import { chooseTheme, chosenTheme, THEMES } from "./theme.ts";

/** Return the other agents by name, whoever is offline last and marked. */
export function colleaguesOf(board: Board): readonly { readonly id: string; readonly label: string }[] {
  const { config, desk } = board;
  const present = desk.agents.value;
  const isHere = (id: string): boolean => present[id] !== undefined && present[id].state !== "offline";
  const names = new Map(board.team.value.map(({ id, name }) => [id, name]));
  for (const id of Object.keys(present)) if (isHere(id)) names.set(id, names.get(id) ?? board.nameOf(id));
  names.delete(config.me.id);
  return [...names]
    .sort(([id, name], [other, named]) => Number(isHere(other)) - Number(isHere(id)) || name.localeCompare(named))
    .map(([id, name]) => ({ id, label: isHere(id) ? name : `${name} · ${textsFor(config.lang).offline}` }));
}

/** Return to whom the conversations can be assigned. */
export function assignItems(board: Board, t: BoardTexts, clients: readonly string[]): readonly Choice[] {
  const me = board.config.me.id;
  const only = clients.length === 1 ? board.actions.summaryOf(clients[0] as string) : null;
  const assignee = only?.assignee ?? null;
  const item = (to: string | null, label: string): Choice => ({
    key: to ?? "nobody",
    label,
    checked: to !== null && to === assignee,
    run: () => board.assign(clients, to),
  });
  return [
    item(me, t.toMe),
    ...colleaguesOf(board).map(({ id, label }) => item(id, label)),
    // Without an assignee the focus starts on "To me".
    ...(only && assignee === null ? [] : [item(null, t.toNobody)]),
  ];
}

/** Return until when the conversations can be snoozed. Args: clients: the checked ones, or the open one. */
export const snoozeItems = (board: Board, t: BoardTexts, clients: readonly string[]): readonly Choice[] => [
  ...snoozeEnds(t, board.now.value).map(({ key, label, until }) => ({
    key,
    label,
    run: () => board.snooze(clients, until),
  })),
  { key: "pick", label: t.snoozePick, run: () => void (board.dialog.value = "snooze") },
];

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
