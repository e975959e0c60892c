import { useState } from "preact/hooks";

import type { SavedView, Whose } from "../link/desk-api.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { pageTextsFor } from "../ui/page-messages.ts";
import { facetName, viewShown } from "./inbox-views.ts";
import { useModal } from "./modal.ts";
import { Refused, useAction } from "./request.tsx";
import type { Board, ViewProps } from "./state.ts";

/** As the server limits them. */
const MAX_NAME = 40;
const MAX_VIEWS = 50;

const freshId = (views: readonly SavedView[]): string => {
  const numbers = views.map(({ id }) => Number(/^v-(\d+)$/.exec(id)?.[1] ?? 0));
  return `v-${Math.max(0, ...numbers) + 1}`;
};

/** Return in words what the list shows. */
const choiceInWords = (board: Board, t: ViewProps["t"]): string =>
  [t[board.filter.value], ...board.facets.value.map((facet) => facetName(board, t, facet))].join(" · ");

/** Save what the list shows under a name, and share, rename or delete the saved views. */
export function ViewsDialog({
  board,
  t: boardTexts,
  onClose,
}: Omit<ViewProps, "words"> & { readonly onClose: () => void }) {
  const dialog = useModal();
  const t = pageTextsFor(boardTexts.lang);
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const [action, run] = useAction();
  const { own, desk } = board.views.state.value;
  const whose: Whose = isShared ? "desk" : "own";
  const isFull = board.views.state.value[whose].views.length >= MAX_VIEWS;
  const save = async (): Promise<void> => {
    const view = {
      name: name.trim(),
      filter: board.filter.peek(),
      order: board.order.peek(),
      facets: board.facets.peek(),
    };
    const add = (views: readonly SavedView[]) => [...views, { ...view, id: freshId(views) }];
    if (await run(() => board.views.change(whose, add))) dialog.current?.close();
  };
  const remove = (from: Whose, id: string) =>
    void run(() => board.views.change(from, (views) => views.filter((view) => view.id !== id)));
  const share = (from: Whose, view: SavedView) =>
    void run(async () => {
      const to: Whose = from === "own" ? "desk" : "own";
      await board.views.change(to, (views) => [...views, { ...view, id: freshId(views) }]);
      await board.views.change(from, (views) => views.filter(({ id }) => id !== view.id));
    });
  const shown = viewShown(board);
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-views-title" onClose={onClose} data-testid="views">
      <div class="wl-dialog-body">
        <h2 id="wl-views-title">{t.savedViews}</h2>
        {!shown && (
          <form
            id="wl-views-form"
            class="wl-views-new"
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim() !== "" && !isFull) void save();
            }}
          >
            <p class="wl-muted">{t.viewShows(choiceInWords(board, boardTexts))}</p>
            <label class="wl-field">
              <span>{t.viewName}</span>
              <input
                class="wl-input"
                autofocus
                required
                maxLength={MAX_NAME}
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
                data-testid="view-name"
              />
            </label>
            <label class="wl-keys-on">
              <input
                type="checkbox"
                class="wl-checkbox"
                checked={isShared}
                onChange={(event) => setShared(event.currentTarget.checked)}
              />
              {t.viewShare}
            </label>
            {isFull && (
              <p class="wl-bad" role="alert">
                {t.viewsFull(MAX_VIEWS)}
              </p>
            )}
          </form>
        )}
        <Refused action={action} t={t} />
        {(
          [
            ["own", t.viewsOwn, own.views],
            ["desk", t.viewsDesk, desk.views],
          ] as const
        ).map(
          ([from, title, views]) =>
            views.length > 0 && (
              <section key={from} aria-label={title}>
                <h3>{title}</h3>
                <ul class="wl-views-list">
                  {views.map((view) => (
                    <li key={view.id}>
                      <ViewName
                        view={view}
                        label={t.viewName}
                        rename={(typed) =>
                          void run(() =>
                            board.views.change(from, (all) =>
                              all.map((one) => (one.id === view.id ? { ...one, name: typed } : one)),
                            ),
                          )
                        }
                      />
                      <Button kind="quiet" onClick={() => share(from, view)}>
                        {from === "own" ? t.viewToDesk : t.viewToOwn}
                      </Button>
                      <Button kind="quiet" icon label={t.viewRemove(view.name)} onClick={() => remove(from, view.id)}>
                        <Icon name="trash" />
                      </Button>
                    </li>
                  ))}
                </ul>
              </section>
            ),
        )}
        <div class="wl-dialog-actions">
          <Button onClick={() => dialog.current?.close()}>{t.close}</Button>
          {!shown && (
            <Button kind="primary" type="submit" form="wl-views-form" disabled={action.state === "running" || isFull}>
              {t.viewSave}
            </Button>
          )}
        </div>
      </div>
    </dialog>
  );
}

interface NameProps {
  readonly view: SavedView;
  readonly label: string;
  readonly rename: (name: string) => void;
}

/** Show a view's name as a field; leaving it saves what was typed. */
function ViewName({ view, label, rename }: NameProps) {
  return (
    <input
      class="wl-input"
      aria-label={`${label}: ${view.name}`}
      maxLength={MAX_NAME}
      defaultValue={view.name}
      onChange={(event) => {
        const typed = event.currentTarget.value.trim();
        if (typed === "") event.currentTarget.value = view.name;
        else if (typed !== view.name) rename(typed);
      }}
    />
  );
}
