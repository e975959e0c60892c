import { initials } from "./format.ts";

interface AvatarProps {
  readonly name: string | null;
  readonly id: string;
  readonly small?: boolean;
}

/** Somebody's letters. The name always stands beside it, so it is silent to a screen reader. */
export function Avatar({ name, id, small = false }: AvatarProps) {
  return (
    <span class={small ? "wl-avatar wl-avatar-small" : "wl-avatar"} aria-hidden="true">
      {initials(name, id)}
    </span>
  );
}
