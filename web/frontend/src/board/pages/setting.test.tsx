// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";
import type { Settings } from "../../link/desk-api.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { SettingsState } from "../settings-state.ts";
import type { Board } from "../state.ts";
import { SettingForm } from "./setting.tsx";

const t = pageTextsFor("en");

/** A browser that stores drafts, and a server whose setting has a revision. */
class OpenedForm {
  rev = 1;
  readonly root = document.body.appendChild(document.createElement("div"));
  readonly #stored = new Map<string, string>();

  /** Open the page anew, as after a reload. */
  async open(): Promise<void> {
    render(null, this.root);
    const settings = new SettingsState(
      {
        settings: async () => ({ target: { rev: this.rev, value: { minutes: 10 } } }) as unknown as Settings,
        save: async (_, kept) => ({ ...kept, rev: ++this.rev }),
      },
      {
        writeDraft: (key, text) => void this.#stored.set(key, text),
        readDraft: (key) => this.#stored.get(key) ?? "",
      },
    );
    const board = { config: { me: { admin: true } }, settings } as unknown as Board;
    render(
      <SettingForm board={board} t={t} words={textsFor("en")} name="target">
        {({ minutes }, change) => (
          <button type="button" onClick={() => change({ minutes: minutes + 1 })}>
            {`${minutes} minutes`}
          </button>
        )}
      </SettingForm>,
      this.root,
    );
    await this.says("minutes");
  }

  says = (text: string): Promise<void> => vi.waitFor(() => expect(this.root.textContent).toContain(text));

  click(text: string): void {
    const buttons = [...this.root.querySelectorAll("button")];
    buttons.find(({ textContent }) => textContent?.includes(text))?.click();
  }
}

test("what is typed and not saved is there after navigation and reload, and is gone once saved or discarded", async () => {
  const shown = new OpenedForm();
  await shown.open();
  shown.click("10 minutes");
  await shown.says("11 minutes");
  await shown.open();
  await shown.says("11 minutes");
  await shown.says(t.unsaved);
  shown.click(t.discardChanges);
  await shown.says("10 minutes");
  await shown.open();
  await shown.says("10 minutes");
  shown.click("10 minutes");
  await shown.says(t.save);
  shown.click(t.save);
  await shown.says(t.saved);
  await shown.open();
  expect(shown.root.textContent).not.toContain(t.unsaved);
});

test("a draft that is older than what a colleague saved says so when the page opens", async () => {
  const shown = new OpenedForm();
  await shown.open();
  shown.click("10 minutes");
  await shown.says("11 minutes");
  shown.rev = 2;
  await shown.open();
  await shown.says(t.stale);
});
