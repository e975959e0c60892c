/** Move the keyboard focus between the board's panes. */

const CONVERSATION = ".wl-pane-conversation";

/** Return whether the screen shows one pane at a time, as the style sheet decides. */
export const isOnePane = (): boolean =>
  getComputedStyle(document.querySelector(".wl-board") ?? document.body)
    .getPropertyValue("--wl-one-pane")
    .trim() === "1";

export const focusLog = (): void => document.querySelector<HTMLElement>(`${CONVERSATION} [role='log']`)?.focus();

/** Return the frame around the message field and its buttons; nothing while the bulk bar has its place. */
export const composerBox = (): HTMLElement | null =>
  document.querySelector<HTMLElement>(`${CONVERSATION} .wl-composer-box`);

export const focusComposer = (): void =>
  document.querySelector<HTMLElement>(`${CONVERSATION} .wl-composer-field`)?.focus();

/** Focus the chart, where a period can be chosen. */
export const focusChart = (): void =>
  document
    .querySelector<HTMLElement>(".wl-pane-context .wl-chart, .wl-pane-context .wl-chart [tabindex]")
    ?.focus({ focusVisible: true } as FocusOptions);
