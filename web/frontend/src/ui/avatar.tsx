import { initials } from "./format.ts";

interface AvatarProps {
  readonly name: string | null;
  readonly id: string;
  readonly small?: boolean;
}

/** Show a person's initials, or an agent's photo over them (faces.ts); hidden from screen readers, because the name stands beside it. */
export function Avatar({ name, id, small = false }: AvatarProps) {
  return (
    <span class={small ? "wl-avatar wl-avatar-small" : "wl-avatar"} data-who={id} aria-hidden="true">
      {initials(name, id)}
    </span>
  );
}
