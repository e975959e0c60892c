/** Ids of people and messages, as in chat_core.contract.ids. Pure: clock and entropy are arguments. */

export type Role = "client" | "agent" | "bot" | "device" | "service";

const ROLE_OF_LETTER: Readonly<Record<string, Role>> = {
  c: "client",
  g: "client",
  a: "agent",
  b: "bot",
  d: "device",
  s: "service",
};
const ID = /^(?=[cgabds]-.)[a-z0-9][a-z0-9_-]{0,31}$/;
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const MESSAGE_ID = /^[A-Za-z0-9_-]{1,36}$/;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export const isId = (name: string): boolean => ID.test(name);
/** Return whether it can be a topic level that is no id: an area, a meter. */
export const isName = (name: string): boolean => NAME.test(name);
export const isMessageId = (name: string): boolean => MESSAGE_ID.test(name);
export const isGuest = (name: string): boolean => isId(name) && name[0] === "g";

/** Return the role by the id's prefix; null when it is no id. */
export function roleOf(name: string): Role | null {
  return isId(name) ? (ROLE_OF_LETTER[name[0] as string] ?? null) : null;
}

const asNumber = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Return a ULID: 26 characters that sort by time. `entropy`: 10 random bytes. */
export function newMessageId(nowMs: number, entropy: Uint8Array): string {
  const number = (BigInt(nowMs) << 80n) | asNumber(entropy);
  const digits = number.toString(32).padStart(26, "0");
  return [...digits].map((digit) => CROCKFORD[Number.parseInt(digit, 32)]).join("");
}

/** Return base64url without padding: 16 bytes give 22 characters. */
export function asName(entropy: Uint8Array): string {
  return btoa(String.fromCharCode(...entropy))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Return an MQTT client id for one connection. `entropy`: 16 random bytes, kept secret. */
export const newClientId = (username: string, entropy: Uint8Array): string => `${username}:${asName(entropy)}`;

export const isTeam = (name: string): boolean => isName(name) && name.startsWith("t-");
