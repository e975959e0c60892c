/** Move the keyboard focus between the board's panes. */

const CONVERSATION = ".wl-pane-conversation";
const LOG = `${CONVERSATION} [role='log']`;

/** Return whether the screen shows one pane at a time, as the style sheet decides. */
export const isOnePane = (): boolean =>
  getComputedStyle(document.querySelector(".wl-board") ?? document.body)
    .getPropertyValue("--wl-one-pane")
    .trim() === "1";

/** Return whether a dialog or a menu is open, whichever part of the board or of a page drew it: keys are its own. */
export const isLayerOpen = (): boolean => document.querySelector("dialog[open], [role='menu']") !== null;

export const focusLog = (): void => document.querySelector<HTMLElement>(LOG)?.focus();

/** Return the first row of the list that is in view. */
function rowInView(): HTMLElement | undefined {
  const top = document.querySelector(".wl-rows")?.getBoundingClientRect().top ?? 0;
  const rows = document.querySelectorAll<HTMLElement>(".wl-rows [data-client]");
  return [...rows].find((row) => row.getBoundingClientRect().top >= top);
}

/** Focus the log, or the list where none is open, once an action is drawn: what was pressed may be gone, and keys work there. */
export const focusNext = (): void =>
  queueMicrotask(() => (document.querySelector<HTMLElement>(LOG) ?? rowInView())?.focus({ preventScroll: true }));

/** Return the frame around the message field and its buttons; nothing while the bulk bar has its place. */
export const composerBox = (): HTMLElement | null =>
  document.querySelector<HTMLElement>(`${CONVERSATION} .wl-composer-box`);

export const focusComposer = (): void =>
  document.querySelector<HTMLElement>(`${CONVERSATION} .wl-composer-field`)?.focus();

/** Focus the chart, where a period can be chosen; without one the heading over why there is none. */
export const focusChart = (): void => {
  const chart = ".wl-pane-context .wl-chart, .wl-pane-context .wl-chart [tabindex]";
  const heading = document.getElementById("wl-consumption");
  (document.querySelector<HTMLElement>(chart) ?? heading)?.focus({ focusVisible: true } as FocusOptions);
};
