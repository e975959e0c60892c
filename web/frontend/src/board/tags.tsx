import { Icon } from "../ui/icon.tsx";
import type { ClientViewProps } from "./state.ts";

/** Show the conversation's tags, with buttons to add and remove. */
export function Tags({ board, t, client }: Omit<ClientViewProps, "words">) {
  const tags = board.summary.value?.tags ?? [];
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
        <button
          type="button"
          class="wl-tag wl-tag-add"
          aria-label={t.addTag}
          onClick={() => void (board.dialog.value = "tag-open")}
        >
          {t.addTagShort}
        </button>
      </div>
    </section>
  );
}
