/** Files for the conversation: picked (a phone's picker offers the camera), dropped, or pasted. */

import { useRef, useState } from "preact/hooks";
import { ACCEPTED } from "../link/upload.ts";
import { Button } from "../ui/button.tsx";
import { CLIP, Drawing } from "../ui/drawing.tsx";
import type { WidgetTexts } from "../ui/messages.ts";

/** Takes files; the answer names the first one that cannot be taken. */
export type Take = (files: readonly File[]) => Promise<string | null>;

const filesOf = (data: DataTransfer | null): readonly File[] => [...(data?.files ?? [])];
const carriesFiles = (data: DataTransfer | null): boolean => data?.types.includes("Files") ?? false;

/** What the panel listens to, so that a file may be dropped or pasted anywhere in it. */
export function useDropped(take: ((files: readonly File[]) => void) | null) {
  const [isOver, setOver] = useState(false);
  if (!take) return { isOver: false, on: {} };
  return {
    isOver,
    on: {
      onDragOver(event: DragEvent) {
        if (!carriesFiles(event.dataTransfer)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave(event: DragEvent) {
        if (!(event.currentTarget as Node).contains(event.relatedTarget as Node | null)) setOver(false);
      },
      onDrop(event: DragEvent) {
        setOver(false);
        if (!carriesFiles(event.dataTransfer)) return;
        event.preventDefault();
        take(filesOf(event.dataTransfer));
      },
      onPaste(event: ClipboardEvent) {
        const files = filesOf(event.clipboardData);
        if (files.length === 0) return;
        event.preventDefault();
        take(files);
      },
    },
  };
}

interface AttachProps {
  readonly wt: WidgetTexts;
  readonly take: (files: readonly File[]) => void;
}

export function Attach({ wt, take }: AttachProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button label={wt.attachLabel} onClick={() => picker.current?.click()}>
        <Drawing path={CLIP} />
        <span class="wl-tool">{wt.attach}</span>
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={ACCEPTED}
        onChange={({ currentTarget }) => {
          take([...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // the same file may be chosen again
        }}
      />
    </>
  );
}
