/** Show a count, nothing for zero. `label`: the text for screen readers. */
export function Badge({ count, label }: { readonly count: number; readonly label: string }) {
  if (count <= 0) return null;
  return (
    <span class="wl-badge">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span class="wl-hidden">{label}</span>
    </span>
  );
}
