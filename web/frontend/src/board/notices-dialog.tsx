import { useEffect, useState } from "preact/hooks";

import type { Notified } from "../link/desk-api.ts";
import { canPush, notifiedHere, turnOff, turnOn } from "../link/push.ts";
import { Button } from "../ui/button.tsx";
import { shortDay } from "../ui/format.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { useModal } from "./modal.ts";
import { KEPT, pushOptions } from "./push.ts";
import { LOADING, type Load, loadOf, Refused, useAction } from "./request.tsx";
import type { ViewProps } from "./state.ts";

/** List the browsers in which the agent is notified while no board is open; add this one, or remove one. */
export function NoticesDialog({ board, words, onClose }: ViewProps & { readonly onClose: () => void }) {
  const dialog = useModal();
  const t = pageTextsFor(board.config.lang);
  const [load, setLoad] = useState<Load<Notified>>(LOADING);
  const [action, run] = useAction();
  const options = pushOptions(board);
  const look = async (): Promise<void> => setLoad(await loadOf(board.desk.api.notified()));
  useEffect(() => void look(), []);
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    await run(work);
    await look();
  };
  const add = async (): Promise<void> => {
    if (board.alerts.notices.peek() === "on" || (await Notification.requestPermission()) === "granted")
      await turnOn(options);
  };
  const remove = (id: string): Promise<unknown> =>
    id === here ? turnOff(KEPT, options.rest) : board.desk.api.notNotified(id);
  const here = notifiedHere(KEPT);
  const browsers = load.state === "loaded" ? load.value.browsers : [];
  const isOff = load.state === "loaded" && load.value.key === null;
  const isBusy = action.state === "running";
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-notices-title" onClose={onClose}>
      <div class="wl-dialog-body" data-testid="notices">
        <h2 id="wl-notices-title">{t.notifiedTitle}</h2>
        <p class="wl-muted">{t.notifiedText}</p>
        <ul class="wl-browsers" hidden={browsers.length === 0}>
          {browsers.map(({ id, browser, created }) => (
            <li key={id}>
              <span>
                {browser}
                <span class="wl-muted"> · {t.notifiedSince(shortDay(board.config.lang, created))}</span>
                {id === here && <span class="wl-muted"> · {t.notifiedHere}</span>}
              </span>
              <Button disabled={isBusy} label={t.notifiedRemoveOf(browser)} onClick={() => void act(() => remove(id))}>
                {t.notifiedRemove}
              </Button>
            </li>
          ))}
        </ul>
        {load.state === "loaded" && browsers.length === 0 && <p>{t.notifiedNowhere}</p>}
        {load.state === "loading" && <p class="wl-muted">{words.loading}</p>}
        {load.state === "failed" && <p role="alert">{t.notReached}</p>}
        {isOff || !canPush() ? (
          <p class="wl-muted">{isOff ? t.notifiedOff : t.notifiedImpossible}</p>
        ) : (
          load.state === "loaded" &&
          !browsers.some(({ id }) => id === here) && (
            <Button disabled={isBusy} onClick={() => void act(add)}>
              {t.notifiedAdd}
            </Button>
          )
        )}
        {canPush() && Notification.permission === "denied" && <p class="wl-muted">{t.noticesRefused}</p>}
        <Refused action={action} t={t} />
        <div class="wl-dialog-actions">
          <Button kind="primary" onClick={() => dialog.current?.close()}>
            {t.close}
          </Button>
        </div>
      </div>
    </dialog>
  );
}
