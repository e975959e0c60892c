/** Who is typing. It expires at the reader; an entry of that sender ends it. Pure. */

const TYPING_EXPIRES_MS = 6_000;
export const TYPING_REPEATS_MS = 3_000;

/** When each sender's typing expires. */
export type Composing = Readonly<Record<string, number>>;

export function heardTyping(composing: Composing, sender: string, on: boolean, nowMs: number): Composing {
  return on ? { ...composing, [sender]: nowMs + TYPING_EXPIRES_MS } : endTyping(composing, sender);
}

export function endTyping(composing: Composing, sender: string): Composing {
  if (!(sender in composing)) return composing;
  const { [sender]: _ended, ...rest } = composing;
  return rest;
}

export function expireTyping(composing: Composing, nowMs: number): Composing {
  return Object.entries(composing).reduce(
    (kept, [sender, untilMs]) => (untilMs <= nowMs ? endTyping(kept, sender) : kept),
    composing,
  );
}

export const whoComposes = (composing: Composing, nowMs: number): readonly string[] =>
  Object.keys(composing).filter((sender) => (composing[sender] as number) > nowMs);
