import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import type { PageTexts, Texts } from "../../ui/messages.ts";
import { type Fault, faultOf, faultText } from "../fault.ts";
import type { Board } from "../state.ts";

export interface PageProps {
  readonly board: Board;
  readonly t: PageTexts;
  readonly words: Texts;
}

export type Load<T> =
  | { readonly state: "loading" }
  | { readonly state: "loaded"; readonly value: T }
  | { readonly state: "failed"; readonly fault: Fault };

export interface Loaded<T> {
  readonly load: Load<T>;
  /** Asks again; what is shown stays meanwhile. */
  readonly again: () => Promise<void>;
}

/** The answer to a question, asked again when `key` changes; a late answer to an older question is dropped. */
export function useLoad<T>(ask: () => Promise<T>, key: string): Loaded<T> {
  const [load, setLoad] = useState<{ readonly key: string; readonly load: Load<T> }>({
    key,
    load: { state: "loading" },
  });
  const run = async (isGone: () => boolean): Promise<void> => {
    const answer = await ask().then(
      (value): Load<T> => ({ state: "loaded", value }),
      (fault: unknown): Load<T> => ({ state: "failed", fault: faultOf(fault) }),
    );
    if (!isGone()) setLoad({ key, load: answer });
  };
  useEffect(() => {
    let gone = false;
    void run(() => gone);
    return () => {
      gone = true;
    };
  }, [key]);
  return { load: load.key === key ? load.load : { state: "loading" }, again: () => run(() => false) };
}

interface ShowProps<T> {
  readonly loaded: Loaded<T>;
  readonly t: PageTexts;
  readonly words: Texts;
  readonly children: (value: T) => ComponentChildren;
}

/** What was asked for, or where it stays: coming, or not to be had just now. */
export function Show<T>({ loaded: { load, again }, t, words, children }: ShowProps<T>) {
  switch (load.state) {
    case "loading":
      return (
        <p class="wl-muted" aria-busy="true">
          {words.loading}
        </p>
      );
    case "failed":
      return (
        <div class="wl-failed-page" role="alert">
          <p>{faultText(t.lang, load.fault) || t.notLoaded}</p>
          <Button onClick={() => void again()}>{t.tryAgain}</Button>
        </div>
      );
    case "loaded":
      return <>{children(load.value)}</>;
  }
}
