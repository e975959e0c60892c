/** Parts that load with their chunk when they are first shown. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { LaterParts } from "./later.tsx";

type Later = typeof import("./later.tsx");

interface LazyProps<P extends keyof LaterParts> {
  readonly part: P;
  readonly props: LaterParts[P];
  /** Shown until it is drawn. */
  readonly children?: (failed: boolean) => ComponentChildren;
}

export const loadLater = (): Promise<Later> => import("./later.tsx");

/** Each part has an instance of its own: one that takes over another's place would draw the old part with the new properties. */
export const Lazy = <P extends keyof LaterParts>(lazy: LazyProps<P>) => <LazyPart key={lazy.part} {...lazy} />;

function LazyPart<P extends keyof LaterParts>({ part, props, children }: LazyProps<P>) {
  const place = useRef<HTMLDivElement>(null);
  const later = useRef<Later | null>(null);
  const latest = useRef(props);
  latest.current = props;
  /** Whether loading failed; null when the part is drawn. */
  const [failed, setFailed] = useState<boolean | null>(false);
  useEffect(() => {
    let isGone = false;
    loadLater().then(
      (chunk) => {
        if (isGone || !place.current) return;
        later.current = chunk;
        chunk.draw(place.current, part, latest.current);
        setFailed(null);
      },
      () => setFailed(true),
    );
    const element = place.current;
    return () => {
      isGone = true;
      if (element) later.current?.remove(element);
    };
  }, []);
  // At once: between two presses the part has taken what the first one changed.
  useLayoutEffect(() => {
    if (place.current) later.current?.draw(place.current, part, props);
  });
  return (
    <>
      <div ref={place} class="wl-apart" />
      {failed !== null && children?.(failed)}
    </>
  );
}
