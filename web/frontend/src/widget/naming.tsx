/** Ask a guest for a name, once, after the first message. */

import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import type { LaterTexts, WidgetTexts } from "../ui/messages.ts";

const MOST_LETTERS = 80;

/** REST as the guest. */
interface NameRest {
  send(method: "PUT", path: string, body: unknown): Promise<unknown>;
}

export interface NamingProps {
  readonly wt: WidgetTexts;
  readonly lt: LaterTexts;
  readonly client: string;
  readonly rest: NameRest | undefined;
  /** The guest gave a name or declined. */
  readonly onDone: () => void;
}

export function Naming({ lt, client, rest, onDone }: NamingProps) {
  const [name, setName] = useState("");
  const [failed, setFailed] = useState(false);
  const save = (): void => {
    if (name.trim() === "") return;
    setFailed(false);
    rest?.send("PUT", `/api/clients/${client}/name`, { name: name.trim() }).then(onDone, () => setFailed(true));
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
        {lt.askName}
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
          {lt.saveName}
        </Button>
        <Button kind="quiet" onClick={onDone}>
          {lt.noName}
        </Button>
      </div>
      <span role="status" class="wl-strip-fault">
        {failed && lt.nameFailed}
      </span>
    </form>
  );
}
