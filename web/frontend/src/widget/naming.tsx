/** Ask a guest for a name, once, after the first message. */

import { useState } from "preact/hooks";
import type { ConversationView } from "../core/view.ts";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import { Button } from "../ui/button.tsx";
import type { WidgetTexts } from "../ui/messages.ts";

const askedKey = (client: string): string => `wattline/named/${client}`;
const MOST_LETTERS = 80;

/** Return whether to ask: a guest's message was stored, and the guest was not asked before. */
export const mayAskName = ({ client, items }: ConversationView): boolean =>
  client.startsWith("g-") &&
  items.some(({ mine, seq }) => mine && seq !== null) &&
  readLocal(askedKey(client)) === null;

export const nameAsked = (client: string): void => writeLocal(askedKey(client), "1");

interface NamingProps {
  readonly wt: WidgetTexts;
  readonly onName: (name: string) => Promise<unknown>;
  /** The guest gave a name or declined. */
  readonly onDone: () => void;
}

export function Naming({ wt, onName, onDone }: NamingProps) {
  const [name, setName] = useState("");
  const [failed, setFailed] = useState(false);
  const save = (): void => {
    if (name.trim() === "") return;
    setFailed(false);
    onName(name.trim()).then(onDone, () => setFailed(true));
  };
  return (
    <form
      class="wl-strip"
      data-testid="naming"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <label>
        {wt.askName}
        <input
          class="wl-input"
          autocomplete="name"
          maxLength={MOST_LETTERS}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <div class="wl-strip-row">
        <Button kind="primary" type="submit" disabled={name.trim() === ""}>
          {wt.saveName}
        </Button>
        <Button kind="quiet" onClick={onDone}>
          {wt.noName}
        </Button>
      </div>
      <span role="status" class="wl-strip-fault">
        {failed && wt.nameFailed}
      </span>
    </form>
  );
}
