/** `@wattline/widget/react`: the chat's button as a component. */

import { useEffect, useRef } from "react";
import { type Listeners, type Mounted, mountWidget, type WidgetOptions } from "./widget.ts";

export type WattlineProps = WidgetOptions & Listeners;

/** Shows the chat while it is mounted. Draws nothing itself: the chat has its own element in the page's body. */
export function Wattline(props: WattlineProps): null {
  const latest = useRef(props);
  const mounted = useRef<Mounted | null>(null);
  latest.current = props;
  const { url, identity, lang, theme } = props;
  // The address is fixed while the page lives; all else is taken below.
  useEffect(() => {
    const now = mountWidget(latest.current, () => latest.current);
    mounted.current = now;
    return () => now.unmount();
  }, [url]);
  useEffect(() => mounted.current?.update(latest.current), [identity, lang, theme]);
  return null;
}
