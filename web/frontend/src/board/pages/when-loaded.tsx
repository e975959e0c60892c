import type { ComponentChildren } from "preact";
import { Button } from "../../ui/button.tsx";
import type { Texts } from "../../ui/messages.ts";
import type { PageTexts } from "../../ui/page-messages.ts";
import { faultText, type Request } from "../request.tsx";
import { Nothing } from "./page-head.tsx";

interface WhenLoadedProps<T> {
  readonly request: Request<T>;
  readonly t: PageTexts;
  readonly words: Texts;
  /** Keeps the place of the answer below the word that it is loading. */
  readonly shape?: ComponentChildren;
  readonly children: (value: T) => ComponentChildren;
}

/** Show the answer, or that it is loading, or why it failed with a button to try again. */
export function WhenLoaded<T>({ request: { load, again }, t, words, shape, children }: WhenLoadedProps<T>) {
  switch (load.state) {
    case "loading":
      return (
        <>
          <p class="wl-muted" aria-busy="true">
            {words.loading}
          </p>
          {shape}
        </>
      );
    case "failed":
      return (
        <div class="wl-failed-page" role="alert">
          <Nothing picture="warning" state="bad" title={t.notLoaded} text={faultText(t, load.fault) || t.notLoadedText}>
            <Button onClick={() => void again()}>{words.tryNow}</Button>
          </Nothing>
        </div>
      );
    case "loaded":
      return <>{children(load.value)}</>;
  }
}
