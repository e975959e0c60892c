import { Fragment } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

import { countCharacters } from "../protocol/checks.ts";
import { Button } from "../ui/button.tsx";
import type { BoardTexts } from "../ui/messages.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { isSaid } from "../ui/rows.ts";
import { AttributePicker } from "./attribute-picker.tsx";
import { BulkReply } from "./bulk-reply.tsx";
import { CannedPicker } from "./canned-picker.tsx";
import type { Mode } from "./drafts.ts";
import { FaceDialog } from "./face-dialog.tsx";
import { focusComposer } from "./focus.ts";
import { MAX_TAGS, tagsOf } from "./list-choice.ts";
import { MentionPicker } from "./mention-picker.tsx";
import { useModal } from "./modal.ts";
import { NoticesDialog } from "./notices-dialog.tsx";
import { MomentField } from "./pages/date-field.tsx";
import { choicesOf } from "./palette.ts";
import { type Choice, Picker } from "./picker.tsx";
import { Refused, useAction } from "./request.tsx";
import { folded } from "./search.ts";
import { localMinute, snoozeTimes } from "./snooze.ts";
import { StartDialog } from "./start-dialog.tsx";
import type { Board, ClientViewProps, ViewProps } from "./state.ts";
import { ViewsDialog } from "./views-dialog.tsx";

/** Characters of a tag, as the contract limits them. */
const MAX_TAG = 32;

/** Show the one open dialog. */
export function Dialogs({ board, t, words }: ViewProps) {
  const { client } = board.route.value;
  const shown = board.dialog.value;
  const onClose = (): void => {
    // A choice may have opened the next dialog already.
    if (board.dialog.peek() === shown) board.dialog.value = null;
  };
  const write = (mode: Mode): void => {
    if (client === null) return;
    board.drafts.setMode(client, mode);
    queueMicrotask(focusComposer);
  };
  switch (shown) {
    case null:
      return null;
    case "help":
      return <Help board={board} t={t} onClose={onClose} />;
    case "canned":
      return client === null ? null : <CannedPicker {...{ board, t, words, client, onClose }} />;
    case "mention":
      return client === null ? null : <MentionPicker {...{ board, t, words, client, onClose }} />;
    case "palette":
      return (
        <Picker
          label={t.palette}
          placeholder={t.paletteFind}
          testId="palette"
          nothing=""
          onClose={onClose}
          choices={(text) => choicesOf(board, t, text, write)}
        />
      );
    case "delete":
      return <DeleteDialog board={board} t={t} onClose={onClose} />;
    case "bulk-reply":
      return <BulkReply {...{ board, t, words, onClose }} />;
    case "start":
      return <StartDialog {...{ board, t, words, onClose }} />;
    case "tag":
      return (
        <TagPicker {...{ board, t, onClose }} clients={board.targets()} onTag={(...tagged) => board.tag(...tagged)} />
      );
    case "tag-open":
      return client === null ? null : (
        <TagPicker {...{ board, t, onClose }} clients={[client]} onTag={(...tagged) => board.actions.tag(...tagged)} />
      );
    case "face":
      return <FaceDialog board={board} t={t} agent={board.faceOf.value} onClose={onClose} />;
    case "attribute":
      return <AttributePicker {...{ board, t, words, onClose }} />;
    case "views":
      return <ViewsDialog board={board} t={t} onClose={onClose} />;
    case "snooze":
      return <SnoozeDialog board={board} t={t} onClose={onClose} />;
    case "notices":
      return <NoticesDialog {...{ board, t, words, onClose }} />;
    case "erase":
      return client === null ? null : <EraseDialog {...{ board, t, words, client, onClose }} />;
  }
}

/** Return how many messages and files a conversation has; null unless all of it is loaded. */
function countsOf(board: Board, client: string): readonly [messages: number, files: number] | null {
  const conversation = board.conversation.value;
  if (conversation?.client !== client) return null;
  const { items, loading, hasOlder } = conversation.view.value;
  if (loading || hasOlder) return null;
  const said = items.filter((item) => isSaid(item) && item.kind !== "rating" && item.seq !== null && !item.deleted);
  return [said.length, said.filter(({ body }) => body.file).length];
}

/** Erase a client's data after the agent typed the client's id, since it cannot be undone. */
function EraseDialog({ board, t, words, client, onClose }: ClientViewProps & { readonly onClose: () => void }) {
  const dialog = useModal();
  const [typed, setTyped] = useState("");
  const [action, run] = useAction();
  const counts = countsOf(board, client);
  const notes = board.clients.notes.valueOf(client);
  const facts = board.clients.facts.valueOf(client);
  const erase = async (): Promise<void> => {
    if (await run(() => board.desk.api.erase(client))) dialog.current?.close();
  };
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-erase-title" onClose={onClose}>
      <form
        class="wl-dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === client) void erase();
        }}
      >
        <h2 id="wl-erase-title">{t.eraseTitle(board.clientName(client))}</h2>
        <p>{t.eraseText}</p>
        <ul class="wl-erased">
          <li data-testid="erase-counts">{counts ? t.eraseCounts(...counts) : t.eraseAll}</li>
          <li data-testid="erase-rest">
            {notes && facts ? t.eraseRestCounts(notes.length, facts.devices.length) : t.eraseRest}
          </li>
        </ul>
        <label class="wl-field">
          <span>{t.eraseConfirm(client)}</span>
          <input
            class="wl-input"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            data-testid="erase-confirm"
          />
        </label>
        <Refused action={action} t={pageTextsFor(t.lang)} />
        <div class="wl-dialog-actions">
          <Button onClick={() => dialog.current?.close()}>{t.cancel}</Button>
          <Button kind="bad" type="submit" disabled={typed !== client || action.state === "running"}>
            {action.state === "running" ? words.loading : t.erase}
          </Button>
        </div>
      </form>
    </dialog>
  );
}

/** Delete one's own message: the client sees that it was deleted. */
function DeleteDialog({ board, t, onClose }: DialogProps) {
  const dialog = useModal();
  const remove = (): void => {
    const wanted = board.deleting.peek();
    if (wanted) board.command(wanted.client, { do: "delete", of: wanted.seq });
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-delete-title" onClose={onClose}>
      <div class="wl-dialog-body">
        <h2 id="wl-delete-title">{t.deleteAsk}</h2>
        <p>{t.deleteText}</p>
        <div class="wl-dialog-actions">
          <Button autofocus onClick={() => dialog.current?.close()}>
            {t.cancel}
          </Button>
          <Button kind="bad" data-testid="delete-message" onClick={remove}>
            {t.deleteMessage}
          </Button>
        </div>
      </div>
    </dialog>
  );
}

/** Keys with what they do; `joint` stands between them: one or the other, or all from the first to the last. */
const keysOf = (t: BoardTexts): readonly (readonly [keys: readonly string[], what: string, joint?: string])[] => [
  [["j", "↓"], t.keyNext, t.keyOr],
  [["k", "↑"], t.keyPrevious, t.keyOr],
  [["Enter"], t.keyOpen],
  [["r"], t.reply],
  [["n"], t.note],
  [["↑"], t.editLast],
  [["e"], t.keyResolve],
  [["a"], t.assign],
  [["s"], t.snooze],
  [["t"], t.addTag],
  [["x"], t.keySelect],
  [["c"], t.startConversation],
  [["z"], t.keyUndo],
  [["v"], t.views],
  [["/"], t.keySearch],
  [[";"], t.canned],
  [["1", "9"], t.keyMacro, "–"],
  [["Ctrl", "Enter"], t.sendAndResolve],
  [["Ctrl", "K"], t.keyPalette],
  [["?"], t.keyHelp],
  [["Esc"], t.keyClose],
];

interface TagPickerProps extends DialogProps {
  readonly clients: readonly string[];
  readonly onTag: (clients: readonly string[], tag: string) => void;
}

/** Tag conversations: the tags in use that some of them lack and that contain the text, and the text as a new one. */
function TagPicker({ board, t, clients, onTag, onClose }: TagPickerProps) {
  const used = tagsOf(Object.values(board.desk.inbox.value.summaries));
  const has = (client: string, tag: string): boolean => board.actions.summaryOf(client)?.tags.includes(tag) ?? false;
  const lacked = used.filter((tag) => !clients.every((client) => has(client, tag)));
  const choices = (text: string): readonly Choice[] => {
    const wanted = text.trim();
    const choice = (tag: string, label: string): Choice => ({
      key: tag,
      label,
      icon: "tag",
      run: () => onTag(clients, tag),
    });
    const fitting = lacked.filter((tag) => folded(tag).includes(folded(wanted))).slice(0, MAX_TAGS);
    const found = fitting.map((tag) => choice(tag, tag));
    const isNew = wanted !== "" && countCharacters(wanted) <= MAX_TAG && !used.includes(wanted);
    return isNew ? [...found, choice(wanted, t.newTag(wanted))] : found;
  };
  return (
    <Picker
      label={t.addTag}
      placeholder={t.tagFind}
      testId="tag-picker"
      nothing={t.tagNone}
      onClose={onClose}
      choices={choices}
    />
  );
}

interface DialogProps extends Omit<ViewProps, "words"> {
  readonly onClose: () => void;
}

/** Snooze the checked conversations, or the open one, until a day and time of the agent's choice. */
function SnoozeDialog({ board, t, onClose }: DialogProps) {
  const dialog = useModal();
  const [typed, setTyped] = useState(localMinute(snoozeTimes(board.now.value).tomorrow));
  const until = new Date(typed).getTime();
  const isFuture = until > board.now.value;
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-snooze-title" onClose={onClose}>
      <form
        class="wl-dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isFuture) return;
          const clients = board.targets();
          dialog.current?.close();
          board.snooze(clients, until);
        }}
      >
        <h2 id="wl-snooze-title">{t.snoozeAsk}</h2>
        <MomentField
          t={pageTextsFor(t.lang)}
          label={t.snoozeDate}
          value={typed}
          onInput={setTyped}
          required
          error={isFuture ? "" : t.snoozePast}
          testId="snooze-until"
        />
        <div class="wl-dialog-actions">
          <Button onClick={() => dialog.current?.close()}>{t.cancel}</Button>
          <Button kind="primary" type="submit" disabled={!isFuture}>
            {t.snooze}
          </Button>
        </div>
      </form>
    </dialog>
  );
}

/** List every key; keys of one letter can be turned off. */
function Help({ board, t, onClose }: DialogProps) {
  const dialog = useModal();
  // The focus on the button scrolls a long list to its end.
  useLayoutEffect(() => dialog.current?.scrollTo(0, 0), []);
  return (
    <dialog
      ref={dialog}
      class="wl-dialog"
      aria-labelledby="wl-help-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="wl-dialog-body">
        <h2 id="wl-help-title">{t.keysHelp}</h2>
        <dl class="wl-keys">
          {keysOf(t).map(([keys, what, joint]) => (
            <div key={what}>
              <dt>
                {keys.map((key, place) => (
                  <Fragment key={key}>
                    {joint && place > 0 && <span>{joint}</span>}
                    <kbd class="wl-key">{key}</kbd>
                  </Fragment>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <p class="wl-muted">{t.keyTypingHint}</p>
        <label class="wl-keys-on">
          <input
            type="checkbox"
            class="wl-checkbox"
            checked={!board.keysOff.value}
            onChange={(event) => board.turnKeys(event.currentTarget.checked)}
          />
          {t.singleKeys}
        </label>
        <div class="wl-dialog-actions">
          <Button autofocus onClick={() => dialog.current?.close()}>
            {t.close}
          </Button>
        </div>
      </div>
    </dialog>
  );
}
