/** Files for a conversation: picked, dropped or pasted. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

type Take = (files: readonly File[]) => void;

const filesOf = (data: DataTransfer | null): readonly File[] => [...(data?.files ?? [])];
const carriesFiles = (data: DataTransfer | null): boolean => data?.types.includes("Files") ?? false;

/** Return event handlers that take dropped and pasted files anywhere in an element; null takes none. */
export function useDropped(take: Take | null) {
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

interface FilePickerProps {
  readonly accept: string;
  readonly take: Take;
  /** Renders the button that opens the picker. */
  readonly button: (open: () => void) => ComponentChildren;
}

export function FilePicker({ accept, take, button }: FilePickerProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      {button(() => picker.current?.click())}
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        accept={accept}
        onChange={({ currentTarget }) => {
          take([...(currentTarget.files ?? [])]);
          currentTarget.value = ""; // the same file may be chosen again
        }}
      />
    </>
  );
}
