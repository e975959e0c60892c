/** The session: credentials are made once, renewed by the bearer, and asked of the portal when that has ended. */

import { type Asking, ask, RestError } from "./http.ts";
import { type Credentials, postSession } from "./rest.ts";

export interface Session {
  /** Returns credentials for a new connection; `fresh`: the present ones were refused. */
  credentials(fresh?: boolean): Promise<Credentials>;
  bearer(): Promise<string>;
  /** The present credentials. */
  readonly held: Credentials | null;
}

/** Only a person (or the portal) can sign in again. */
export class SignedOut extends Error {}

/** Credentials that end sooner are not worth a connection. */
const SPARE_MS = 30_000;
const REFUSALS = [401, 403];

type Post = (body: object, asking?: Asking) => Promise<Credentials>;

/** Make a session. Args: now: a clock that never goes back; begin: signs in anew, by identity, guest token or cookie. */
function makeSession(base: string, now: () => number, begin: (post: Post) => Promise<Credentials>): Session {
  const post: Post = (body, asking = {}) => postSession(base, body, asking, now);
  const lives = (ends: number | null): boolean => ends === null || ends > now() + SPARE_MS;
  let held: Credentials | null = null;
  let asking: Promise<Credentials> | null = null;

  const renew = async (): Promise<Credentials> => {
    if (held && lives(held.apiExpires)) {
      try {
        const next = await post({}, { bearer: held.apiToken });
        return { ...next, guest: next.guest ?? held.guest };
      } catch (fault) {
        if (!(fault instanceof RestError && REFUSALS.includes(fault.status))) throw fault;
      }
    }
    return begin(post);
  };
  const request = (): Promise<Credentials> => {
    asking ??= renew()
      .then((next) => {
        held = next;
        return next;
      })
      .finally(() => {
        asking = null;
      });
    return asking;
  };
  return {
    get held() {
      return held;
    },
    credentials: async (fresh = false) => (!fresh && held && lives(held.expires) ? held : request()),
    bearer: async () => (held && lives(held.apiExpires) ? held : await request()).apiToken,
  };
}

/** Make a guest's session; the stored token makes it the same guest again. */
export const guestSession = (base: string, lang: string, keep: GuestKeep, now: () => number): Session =>
  makeSession(base, now, async (post) => {
    const token = keep.load()?.token;
    const credentials = await post(token ? { guest: token, lang } : { lang }).catch((fault: unknown) => {
      // The server does not know this guest any more.
      if (token && fault instanceof RestError && fault.code === "guest_unknown") return post({ lang });
      throw fault;
    });
    if (credentials.guest) keep.save({ id: credentials.id, token: credentials.guest });
    return credentials;
  });

/** Make a portal user's session: first the given identity, then fresh ones from the portal. */
export function identitySession(
  base: string,
  lang: string,
  identity: string,
  again: () => Promise<string | null>,
  /** The guest before sign-in, and what to do once the server knows. */
  before: { readonly token: string; readonly told: () => void } | null,
  now: () => number,
): Session {
  return makeSession(base, now, (post) => {
    const withIdentity = async (jwt: string): Promise<Credentials> => {
      const credentials = await post({ identity: jwt, lang, ...(before && { guest: before.token }) });
      before?.told();
      return credentials;
    };
    return withIdentity(identity).catch(async (fault: unknown) => {
      if (!(fault instanceof RestError && fault.status === 401)) throw fault;
      const next = await again();
      if (next === null) throw new SignedOut("the portal has to say again who this is");
      return withIdentity(next);
    });
  });
}

/** Make an agent's session by the sign-in cookie with CSRF. */
export const agentSession = (base: string, csrf: () => string, now: () => number): Session =>
  makeSession(base, now, (post) => post({}, { csrf: csrf() }));

export interface Guest {
  readonly id: string;
  readonly token: string;
}
export interface GuestKeep {
  load(): Guest | null;
  save(guest: Guest): void;
  drop(): void;
}

/** Ask the portal for a fresh identity; null when it gives none. Raises: RestError when it cannot be reached. */
export async function fetchIdentity(url: string): Promise<string | null> {
  try {
    const { identity } = await ask(url, { cookies: true });
    return typeof identity === "string" ? identity : null;
  } catch (fault) {
    // Not reached is not signed out: it is tried again.
    if (fault instanceof RestError && (fault.status === 0 || fault.status >= 500)) throw fault;
    return null;
  }
}
