/** The session: credentials are made once, renewed by the bearer, and asked of the portal when that has ended. */

import { ask, RestError } from "./http.ts";
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

/**
 * Make a session. Args: begin: signs in anew, by identity, guest token or cookie; now: a clock that never goes back.
 */
export function makeSession(base: string, begin: () => Promise<Credentials>, now: () => number): Session {
  let held: Credentials | null = null;
  let asking: Promise<Credentials> | null = null;

  const renew = async (): Promise<Credentials> => {
    if (held && (held.apiExpires === null || held.apiExpires > now() + SPARE_MS)) {
      try {
        const next = await postSession(base, {}, { bearer: held.apiToken }, now);
        return { ...next, guest: next.guest ?? held.guest };
      } catch (fault) {
        if (!(fault instanceof RestError && REFUSALS.includes(fault.status))) throw fault;
      }
    }
    return begin();
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
  const good = (): Credentials | null =>
    held && (held.expires === null || held.expires > now() + SPARE_MS) ? held : null;
  return {
    get held() {
      return held;
    },
    credentials: async (fresh = false) => (fresh ? null : good()) ?? request(),
    bearer: async () =>
      (held && (held.apiExpires === null || held.apiExpires > now() + SPARE_MS) ? held : await request()).apiToken,
  };
}

/** Make a guest's session; the stored token makes it the same guest again. */
export function guestSession(base: string, lang: string, keep: GuestKeep, now: () => number): Session {
  return makeSession(
    base,
    async () => {
      const token = keep.load()?.token;
      const credentials = await postSession(base, token ? { guest: token, lang } : { lang }, {}, now).catch(
        (fault: unknown) => {
          // The server does not know this guest any more.
          if (token && fault instanceof RestError && fault.code === "guest_unknown")
            return postSession(base, { lang }, {}, now);
          throw fault;
        },
      );
      if (credentials.guest) keep.save({ id: credentials.id, token: credentials.guest });
      return credentials;
    },
    now,
  );
}

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
  const withIdentity = async (jwt: string): Promise<Credentials> => {
    const credentials = await postSession(
      base,
      { identity: jwt, lang, ...(before ? { guest: before.token } : {}) },
      {},
      now,
    );
    before?.told();
    return credentials;
  };
  return makeSession(
    base,
    () =>
      withIdentity(identity).catch(async (fault: unknown) => {
        if (!(fault instanceof RestError && fault.status === 401)) throw fault;
        const next = await again();
        if (next === null) throw new SignedOut("the portal has to say again who this is");
        return withIdentity(next);
      }),
    now,
  );
}

/** Make an agent's session by the sign-in cookie with CSRF. */
export const agentSession = (base: string, csrf: () => string, now: () => number): Session =>
  makeSession(base, () => postSession(base, {}, { csrf: csrf() }, now), now);

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
