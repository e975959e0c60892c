import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import type { PageTexts } from "../../ui/page-messages.ts";

interface CopyBoxProps {
  readonly label: string;
  /** Stands in the label's place; the label is then for screen readers. */
  readonly head?: ComponentChildren;
  readonly text: string;
  readonly t: PageTexts;
  readonly testId: string;
}

/** Copy a text, and tell whether it is the one copied last. */
function useCopy(text: string): readonly [boolean, () => void] {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(text),
      () => setCopied(null), // the browser forbids it; the text can still be selected
    );
  };
  return [copied === text, copy];
}

/** Show a text to copy, by a click and Ctrl-C or by a button. */
export function CopyBox({ label, head, text, t, testId }: CopyBoxProps) {
  const id = useId();
  const shown = text.trimEnd();
  const [isCopied, copy] = useCopy(text);
  return (
    <div class="wl-once">
      {head}
      <label class={head ? "wl-hidden" : "wl-field-label"} for={id}>
        {label}
      </label>
      <Button onClick={copy}>{isCopied ? t.copied : t.copy}</Button>
      <textarea
        id={id}
        class="wl-input wl-code"
        readOnly
        rows={Math.min(10, shown.split("\n").length)}
        value={shown}
        data-testid={testId}
        onFocus={(event) => event.currentTarget.select()}
      />
    </div>
  );
}

/** Show one value of a form elsewhere, to copy. */
export function CopyLine({ label, text, t }: Pick<CopyBoxProps, "label" | "text" | "t">) {
  const id = useId();
  const [isCopied, copy] = useCopy(text);
  return (
    <div class="wl-copy-line">
      <label class="wl-field-label" for={id}>
        {label}
      </label>
      <input id={id} class="wl-input wl-code" readOnly value={text} onFocus={(event) => event.currentTarget.select()} />
      <Button onClick={copy} label={`${isCopied ? t.copied : t.copy}: ${label}`}>
        {isCopied ? t.copied : t.copy}
      </Button>
    </div>
  );
}
