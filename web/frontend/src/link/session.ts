/**
 * Who this end is, and its credentials: made once, kept while they live, renewed by the bearer, asked of the portal
 * again when even that has ended.
 */

import { ask, RestError } from "./http.ts";
import { type Credentials, postSession } from "./rest.ts";

export interface Session {
  /** Credentials that are good for a new connection; `fresh`: the ones held were refused. */
  credentials(fresh?: boolean): Promise<Credentials>;
  bearer(): Promise<string>;
  /** What is held now. */
  readonly held: Credentials | null;
}

/** A sign-in that nothing but a person (or the portal) can repeat. */
export class SignedOut extends Error {}

/** Credentials that end sooner than this are not worth a connection. */
const SPARE_MS = 30_000;
const REFUSALS = [401, 403];

/**
 * Args: begin: asks anew, whatever that takes: an identity, a guest's token, the signed-in cookie; now: a steady clock.
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

/** A guest's: the token kept in the host's storage makes it the same guest again. */
export function guestSession(base: string, lang: string, keep: GuestKeep, now: () => number): Session {
  return makeSession(
    base,
    async () => {
      const token = keep.load()?.token;
      const credentials = await postSession(base, token ? { guest: token, lang } : { lang }, {}, now).catch(
        (fault: unknown) => {
          // A guest nobody knows any more begins anew.
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

/** A portal's user: its signed identity, then the portal's fresh one where that was used or is over. */
export function identitySession(
  base: string,
  lang: string,
  identity: string,
  again: () => Promise<string | null>,
  /** The guest this browser was, and what to do once the server has heard of it. */
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

/** An agent's: the signed-in cookie with CSRF. */
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

/** The portal's fresh word about its user, with its own sign-in; null where it gives none. */
export async function fetchIdentity(url: string): Promise<string | null> {
  try {
    const { identity } = await ask(url, { cookies: true });
    return typeof identity === "string" ? identity : null;
  } catch (fault) {
    // Unreachable is no sign-out: it is tried again.
    if (fault instanceof RestError && (fault.status === 0 || fault.status >= 500)) throw fault;
    return null;
  }
}
