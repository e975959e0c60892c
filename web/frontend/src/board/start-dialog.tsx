import { useEffect, useState } from "preact/hooks";

import type { FoundClient } from "../link/desk-api.ts";
import { areaName } from "../ui/area-name.ts";
import { focusComposer } from "./focus.ts";
import { Picker } from "./picker.tsx";
import { LOADING, type Load, loadOf } from "./request.tsx";
import type { ViewProps } from "./state.ts";

/** Wait for this pause in typing, so that not each letter is a request. */
const AFTER_MS = 200;

/** Choose any client of the portal, who need not have written yet, and write the first message. */
export function StartDialog({ board, t, words, onClose }: ViewProps & { readonly onClose: () => void }) {
  const [text, setText] = useState("");
  const [load, setLoad] = useState<Load<readonly FoundClient[]>>(LOADING);
  const wanted = text.trim();
  useEffect(() => {
    setLoad(LOADING);
    if (wanted === "") return undefined;
    let isCurrent = true;
    const timer = setTimeout(async () => {
      const answer = await loadOf(board.desk.api.findClients(wanted));
      if (isCurrent) setLoad(answer);
    }, AFTER_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  const start = (client: string): void => {
    board.open(client);
    board.drafts.setMode(client, "reply");
    setTimeout(focusComposer);
  };
  const nothing = { loading: words.loading, failed: t.startFailed, loaded: t.startNobody }[load.state];
  return (
    <Picker
      label={t.startConversation}
      placeholder={t.startFind}
      testId="start-picker"
      nothing={wanted === "" ? t.startHint : nothing}
      onText={setText}
      onClose={onClose}
      choices={() =>
        (load.state === "loaded" ? load.value : []).map(({ id, name, area }) => ({
          key: id,
          label: board.clientName(id, name ?? null),
          hint: [name && id, area && areaName(area)].filter(Boolean).join(" · "),
          face: { id, name: board.clientName(id, name ?? null) },
          run: () => start(id),
        }))
      }
    />
  );
}
