import { useRef } from "preact/hooks";

import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import type { ViewProps } from "./state.ts";

/** Show the search field, which a phone hides until it is used. */
export const SearchButton = ({ t }: Pick<ViewProps, "t">) => (
  <span class="wl-search-button">
    <Button kind="quiet" icon label={t.search} onClick={() => document.getElementById("wl-search")?.focus()}>
      <Icon name="search" />
    </Button>
  </span>
);

/** Search clients and messages; Enter opens the first conversation found. */
export function SearchField({ board, t }: Omit<ViewProps, "words">) {
  const field = useRef<HTMLInputElement>(null);
  const onKey = (key: string): void => {
    const first = board.list.rows.value[0];
    if (key === "Escape") board.query.value = "";
    else if (first && board.query.value.trim() !== "") board.open(first.client);
    field.current?.blur();
  };
  return (
    <form
      class={board.query.value === "" ? "wl-search" : "wl-search wl-search-used"}
      role="search"
      onSubmit={(event) => event.preventDefault()}
    >
      <Icon name="search" />
      <input
        ref={field}
        id="wl-search"
        type="search"
        autocomplete="off"
        spellcheck={false}
        aria-label={t.search}
        placeholder={t.search}
        value={board.query.value}
        onInput={(event) => {
          board.query.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape" && event.key !== "Enter") return;
          event.preventDefault();
          onKey(event.key);
        }}
      />
      {board.query.value === "" ? (
        <kbd class="wl-key" aria-hidden="true">
          /
        </kbd>
      ) : (
        <Button
          kind="quiet"
          icon
          label={t.clearSearch}
          onClick={() => {
            board.query.value = "";
            field.current?.focus();
          }}
        >
          <Icon name="close" />
        </Button>
      )}
    </form>
  );
}
