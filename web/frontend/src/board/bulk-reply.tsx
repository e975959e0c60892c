import { useEffect, useState } from "preact/hooks";

import { checkText, countCharacters, MAX_TEXT } from "../protocol/checks.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { pageTextsFor } from "../ui/page-messages.ts";
import { NAMED } from "./bulk-bar.tsx";
import { textFor } from "./macro.ts";
import { useModal } from "./modal.ts";
import type { ViewProps } from "./state.ts";

/** Where the browser keeps the text until it is sent. */
const DRAFT = "bulk";

/** Send one text to the checked clients, to each in the own conversation. It closes when every message is stored. */
export function BulkReply({ board, t, words, onClose }: ViewProps & { readonly onClose: () => void }) {
  const dialog = useModal();
  const pageTexts = pageTextsFor(t.lang);
  // Those of the moment it opened: a message that comes meanwhile changes nobody.
  const [clients] = useState(() => board.targets());
  const [text, setText] = useState(() => board.outside.readDraft(DRAFT));
  const [resolves, setResolves] = useState(false);
  const [isSending, setSending] = useState(false);
  const { replies } = board;
  const n = clients.length;
  // As each client gets it: a name may make it too long.
  const messages = clients.map((client) => ({ client, text: textFor(board, client, { text: { [t.lang]: text } }) }));
  const surplus = Math.max(...messages.map((message) => countCharacters(message.text) - MAX_TEXT));
  const isText = text.trim() !== "" && messages.every((message) => checkText(message.text) === null);
  const isReady = isText && !isSending && !replies.isRunning;
  const sent = isSending ? replies.sent.value : 0;
  const refused = isSending ? replies.refused.value : [];
  useEffect(() => {
    if (isSending && sent === n) dialog.current?.close();
  }, [isSending, sent]);
  const write = (typed: string): void => {
    setText(typed);
    board.outside.writeDraft(DRAFT, typed);
  };
  const send = (): void => {
    setSending(true);
    replies.send(messages, () => {
      if (resolves) board.resolve(clients);
      else board.selection.end();
    });
    board.outside.writeDraft(DRAFT, "");
  };
  const names = clients.slice(0, NAMED).map((client) => board.clientName(client));
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-bulk-title" onClose={onClose} data-testid="bulk-reply">
      <form
        class="wl-dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) send();
        }}
      >
        <h2 id="wl-bulk-title">{t.replyToCount(n)}</h2>
        <p class="wl-muted">
          {names.join(", ")}
          {n > NAMED && " …"}
        </p>
        <label class="wl-field">
          <span>{pageTexts.outageMessage}</span>
          <textarea
            class="wl-input"
            autofocus
            rows={5}
            readOnly={isSending}
            aria-invalid={surplus > 0}
            aria-describedby="wl-bulk-hint"
            value={text}
            onInput={(event) => write(event.currentTarget.value)}
            data-testid="bulk-text"
          />
        </label>
        <p id="wl-bulk-hint" class={surplus > 0 ? "wl-field-error" : "wl-hint"}>
          {surplus > 0 ? words.tooLong(surplus) : t.bulkNames}
        </p>
        <label class="wl-keys-on">
          <input
            type="checkbox"
            class="wl-checkbox"
            checked={resolves}
            disabled={isSending}
            onChange={(event) => setResolves(event.currentTarget.checked)}
          />
          {pageTexts.incidentResolve}
        </label>
        <ul class="wl-facts">
          <li>
            <Icon name="chat" />
            <span>{pageTexts.incidentSendText}</span>
          </li>
          <li>
            <Icon name="person" />
            <span>{pageTexts.incidentSendYours}</span>
          </li>
        </ul>
        {refused.length > 0 && (
          <p class="wl-bad" role="alert">
            {words.notSent}: {refused.map((client) => board.clientName(client)).join(", ")}
          </p>
        )}
        <div class="wl-dialog-actions">
          <span class={isSending ? "wl-form-said" : "wl-hidden"} role="status">
            {isSending && pageTexts.incidentSent(sent, n)}
          </span>
          <Button onClick={() => dialog.current?.close()}>{isSending ? t.close : t.cancel}</Button>
          <Button kind="primary" type="submit" disabled={!isReady}>
            {pageTexts.incidentSend(n)}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
