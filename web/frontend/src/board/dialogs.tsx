import type { BoardTexts, Texts } from "../ui/messages.ts";
import { CannedPicker } from "./canned-picker.tsx";
import { EraseDialog } from "./erase-dialog.tsx";
import { Help } from "./help.tsx";
import { choicesOf } from "./palette.ts";
import { Picker } from "./picker.tsx";
import type { Board } from "./state.ts";

interface Props {
  readonly board: Board;
  readonly t: BoardTexts;
  readonly words: Texts;
}

/** The one dialog that is open, over everything. */
export function Dialogs({ board, t, words }: Props) {
  const { client } = board.route.value;
  const close = (): void => {
    // A choice may have opened the next one already.
    if (board.dialog.peek() === shown) board.dialog.value = null;
  };
  const shown = board.dialog.value;
  const write = (mode: "reply" | "note"): void => {
    if (client === null) return;
    board.setMode(client, mode);
    queueMicrotask(() => document.querySelector<HTMLElement>(".wl-pane-conversation .wl-composer-field")?.focus());
  };
  switch (shown) {
    case null:
      return null;
    case "help":
      return <Help t={t} onClose={close} />;
    case "canned":
      return <CannedPicker board={board} t={t} words={words} onClose={close} />;
    case "palette":
      return (
        <Picker
          label={t.palette}
          placeholder={t.paletteFind}
          testId="palette"
          nothing={t.paletteNothing}
          onClose={close}
          choices={(wish) => choicesOf(board, t, wish, write)}
        />
      );
    case "erase":
      return client === null ? null : (
        <EraseDialog api={board.desk.api} t={t} words={words} client={client} onClose={close} />
      );
  }
}
