import { useId, useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import type { PageTexts } from "../../ui/page-messages.ts";

interface CopyBoxProps {
  readonly label: string;
  readonly text: string;
  readonly t: PageTexts;
  readonly testId: string;
}

/** Show a text to copy, by a click and Ctrl-C or by a button. */
export function CopyBox({ label, text, t, testId }: CopyBoxProps) {
  const id = useId();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false), // the browser forbids it; the text can still be selected
    );
  };
  return (
    <div class="wl-once">
      <label class="wl-field-label" for={id}>
        {label}
      </label>
      <Button onClick={copy}>{copied ? t.copied : t.copy}</Button>
      <textarea
        id={id}
        class="wl-input wl-code"
        readOnly
        rows={Math.min(10, text.split("\n").length)}
        value={text}
        data-testid={testId}
        onFocus={(event) => event.currentTarget.select()}
      />
    </div>
  );
}
