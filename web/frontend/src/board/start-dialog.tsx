import { ClientPicker } from "./client-picker.tsx";
import { focusComposer } from "./focus.ts";
import type { ViewProps } from "./state.ts";

/** Choose any client of the portal, who need not have written yet, and write the first message. */
export const StartDialog = ({ board, t, words, onClose }: ViewProps & { readonly onClose: () => void }) => (
  <ClientPicker
    {...{ board, t, words, onClose }}
    label={t.startConversation}
    hint={t.startHint}
    testId="start-picker"
    onChoose={({ id }) => {
      board.open(id);
      board.drafts.setMode(id, "reply");
      setTimeout(focusComposer);
    }}
  />
);
