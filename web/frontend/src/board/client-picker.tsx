import { useEffect, useState } from "preact/hooks";

import type { FoundClient } from "../link/desk-api.ts";
import { areaName } from "../ui/area-name.ts";
import { Picker } from "./picker.tsx";
import { LOADING, type Load, loadOf } from "./request.tsx";
import type { ViewProps } from "./state.ts";

/** Wait for this pause in typing, so that not each letter is a request. */
const AFTER_MS = 200;

interface ClientPickerProps extends ViewProps {
  readonly label: string;
  /** Shown before something is typed. */
  readonly hint: string;
  readonly testId: string;
  readonly onChoose: (client: FoundClient) => void;
  readonly onClose: () => void;
}

/** Find any client of the portal by name or id. */
export function ClientPicker({ board, t, words, label, hint, testId, onChoose, onClose }: ClientPickerProps) {
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
  const nothing = { loading: words.loading, failed: t.startFailed, loaded: t.startNobody }[load.state];
  return (
    <Picker
      {...{ label, testId, onClose }}
      placeholder={t.startFind}
      nothing={wanted === "" ? hint : nothing}
      onText={setText}
      choices={() =>
        (load.state === "loaded" ? load.value : []).map((client) => {
          const { id, name, area } = client;
          return {
            key: id,
            label: board.clientName(id, name ?? null),
            hint: [name && id, area && areaName(area)].filter(Boolean).join(" · "),
            face: { id, name: board.clientName(id, name ?? null) },
            run: () => onChoose(client),
          };
        })
      }
    />
  );
}
