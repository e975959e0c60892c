import { useState } from "preact/hooks";

import { Icon } from "../ui/icon.tsx";
import type { ClientViewProps } from "./state.ts";

/** Show the conversation's tags, with buttons to add and remove. */
export function Tags({ board, t, client }: Omit<ClientViewProps, "words">) {
  const [adding, setAdding] = useState(false);
  const tags = board.summary.value?.tags ?? [];
  const add = (text: string): void => {
    const tag = text.trim();
    if (tag !== "" && !tags.includes(tag)) board.command(client, { do: "tag", add: [tag], remove: [] });
    setAdding(false);
  };
  return (
    <section class="wl-context-part" aria-labelledby="wl-tags">
      <h2 id="wl-tags">{t.tags}</h2>
      <div class="wl-tags">
        {tags.map((tag) => (
          <span key={tag} class="wl-tag">
            {tag}
            <button
              type="button"
              class="wl-tag-remove"
              aria-label={t.removeTag(tag)}
              onClick={() => board.command(client, { do: "tag", add: [], remove: [tag] })}
            >
              <Icon name="close" />
            </button>
          </span>
        ))}
        {adding ? (
          <input
            class="wl-tag-field"
            aria-label={t.addTag}
            maxLength={32}
            ref={(field: HTMLInputElement | null) => field?.focus()}
            onBlur={(event) => add(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") add(event.currentTarget.value);
              else if (event.key === "Escape") setAdding(false);
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          />
        ) : (
          <button type="button" class="wl-tag wl-tag-add" aria-label={t.addTag} onClick={() => setAdding(true)}>
            {t.addTagShort}
          </button>
        )}
      </div>
    </section>
  );
}
