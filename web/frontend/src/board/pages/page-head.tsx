import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { Picture, type PictureName } from "./page-icon.tsx";

interface PageHeadProps {
  readonly title: string;
  readonly sub?: string;
  /** At most one primary button. */
  readonly children?: ComponentChildren;
}

/** Show a page's title, what the page is for, and its actions. */
export function PageHead({ title, sub, children }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // A page is a new screen: a screen reader continues from its title.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <header class="wl-page-head">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {sub && <p class="wl-page-sub">{sub}</p>}
      </div>
      {children && <div class="wl-inline">{children}</div>}
    </header>
  );
}

interface PanelProps {
  readonly title?: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly testId?: string;
}

/** Group one subject of a page in a card. */
export const Panel = ({ title, aside, children, testId }: PanelProps) => (
  <section class="wl-box" data-testid={testId}>
    {(title || aside) && (
      <div class="wl-box-head">
        {title && <h2>{title}</h2>}
        {aside}
      </div>
    )}
    {children}
  </section>
);

/** Show a few numbers, each with what it counts. */
export const Tally = ({ figures }: { readonly figures: readonly (readonly [figure: string, label: string])[] }) => (
  <dl class="wl-tally">
    {figures.map(([figure, label]) => (
      <div key={label}>
        <dt>{label}</dt>
        <dd>{figure}</dd>
      </div>
    ))}
  </dl>
);

interface NothingProps {
  readonly picture: PictureName;
  readonly state?: "warn" | "bad";
  readonly title: string;
  readonly text: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** Say in a page's place that it does not exist, and offer the way on. */
export function NotFound({ title, text, picture = "search", children }: Partial<NothingProps>) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div class="wl-nothing wl-not-found">
      <span class="wl-nothing-picture">
        <Picture name={picture} />
      </span>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Say that there is nothing, why, and what to do. */
export const Nothing = ({ picture, state, title, text, children }: NothingProps) => (
  <div class="wl-nothing">
    <span class="wl-nothing-picture" data-state={state}>
      <Picture name={picture} />
    </span>
    <strong>{title}</strong>
    <p>{text}</p>
    {children}
  </div>
);
