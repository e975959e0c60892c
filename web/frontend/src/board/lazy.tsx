/** Load parts of the board when they are needed: each is a chunk of its own. */

import { signal } from "@preact/signals";
import type { ComponentType, FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";

import { Button } from "../ui/button.tsx";
import type { BoardTexts } from "../ui/messages.ts";

interface Lazy<P> extends FunctionComponent<P> {
  /** Load the chunk before it is drawn. A failure is shown only when it is drawn. */
  readonly prefetch: () => Promise<void>;
}

/** Whether the last chunk that was asked for did not come. */
const isMissing = signal(false);

interface LazyOptions<P> {
  /** Called when the chunk does not come. */
  readonly onMissing?: (props: P) => void;
  /** The chunk is asked for again when this changes. */
  readonly again?: (props: P) => unknown;
}

/** Return a component that draws one of a chunk as soon as it is here. */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
  { onMissing, again }: LazyOptions<P> = {},
): Lazy<P> {
  const view = signal<ComponentType<P> | null>(null);
  const take = (loaded: ComponentType<P>): void => {
    view.value = loaded;
    isMissing.value = false;
  };
  const View = (props: P) => {
    const Loaded = view.value;
    useEffect(() => {
      if (Loaded) return;
      load().then(take, () => {
        isMissing.value = true;
        onMissing?.(props);
      });
    }, [Loaded ? null : again?.(props)]);
    return Loaded && <Loaded {...props} />;
  };
  return Object.assign(View, { prefetch: () => load().then(take, () => undefined) });
}

/** Say that a part of the board did not load: the server does not answer, or has a newer version. */
export function MissingPart({ t }: { readonly t: BoardTexts }) {
  if (!isMissing.value) return null;
  return (
    <div class="wl-toast" role="alert">
      <span class="wl-toast-text">{t.partMissing}</span>
      <Button onClick={() => location.reload()}>{t.reload}</Button>
    </div>
  );
}
