/** Ask the server from a view: one place for loading, failures, repeats and late answers. */

import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { keepPolling } from "../link/polling.ts";
import { pageTimers } from "../link/timers.ts";
import { whyNot } from "../ui/messages.ts";
import type { PageTexts } from "../ui/page-messages.ts";

/** The server's error code and its English sentence; both are empty if the server was not reached. */
export interface Fault {
  readonly why: string;
  readonly text: string;
}

export function faultOf(thrown: unknown): Fault {
  const { status = 0, code = "", message = "" } = thrown as { status?: number; code?: string; message?: string };
  return status === 0 ? { why: "", text: "" } : { why: code, text: message };
}

/** Return the fault in the page's language; an empty text if the server was not reached. */
export const faultText = (t: Pick<PageTexts, "lang" | "pageFault">, { why, text }: Fault): string =>
  t.pageFault(why, whyNot(t.lang, why, text));

export type Load<T> =
  | { readonly state: "loading" }
  | { readonly state: "loaded"; readonly value: T }
  | { readonly state: "failed"; readonly fault: Fault };

export const LOADING = { state: "loading" } as const;

/** Return how a request ended. Never rejects. */
export const loadOf = <T,>(answer: Promise<T>): Promise<Load<T>> =>
  answer.then(
    (value) => ({ state: "loaded", value }) as const,
    (fault: unknown) => ({ state: "failed", fault: faultOf(fault) }) as const,
  );

export interface Request<T> {
  readonly load: Load<T>;
  /** Repeat the request; the view shows the last answer meanwhile. */
  readonly again: () => Promise<unknown>;
}

interface RequestOptions<T> {
  /** Identifies the question: a new key drops the answer to the old one. Null: ask nothing. */
  readonly key: string | null;
  readonly ask: () => Promise<T>;
  /** A new version repeats the request. */
  readonly version?: unknown;
  /** Repeat every minute, sooner after an incomplete answer, and when the signal changes. */
  readonly polling?: { readonly isComplete: (value: T) => boolean; readonly changes?: ReadonlySignal<unknown> };
}

/**
 * Send a request when the view appears and when its key or version changes; drop late answers. The last answer stays
 * during a repeat, and after a repeat by version or polling that failed.
 */
export function useRequest<T>({ key, ask, version, polling }: RequestOptions<T>): Request<T> {
  const [answer, setAnswer] = useState<{ readonly key: string | null; readonly load: Load<T> } | null>(null);
  const run = async (isCurrent: () => boolean): Promise<boolean> => {
    const load = await loadOf(ask());
    if (isCurrent())
      setAnswer((last) => {
        const repeats = polling || version !== undefined;
        const keeps = repeats && load.state === "failed" && last?.key === key && last.load.state === "loaded";
        return keeps ? last : { key, load };
      });
    return load.state === "loaded" && (polling?.isComplete(load.value) ?? true);
  };
  useEffect(() => {
    if (key === null) return undefined;
    let isCurrent = true;
    const once = (): Promise<boolean> => run(() => isCurrent);
    const poll = polling ? keepPolling(once, pageTimers) : void once();
    const before = polling?.changes?.peek();
    const unsubscribe = effect(() => {
      if (polling?.changes && polling.changes.value !== before) poll?.stir();
    });
    return () => {
      isCurrent = false;
      unsubscribe();
      poll?.stop();
    };
  }, [key, version]);
  return { load: answer?.key === key ? answer.load : LOADING, again: () => run(() => true) };
}

export type ActionState =
  | { readonly state: "resting" }
  | { readonly state: "running" }
  | { readonly state: "refused"; readonly fault: Fault };

/** Return the state of a button's work, and a function that runs work and returns whether it succeeded. */
export function useAction(): readonly [ActionState, (work: () => Promise<unknown>) => Promise<boolean>] {
  const [action, setAction] = useState<ActionState>({ state: "resting" });
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    setAction({ state: "running" });
    const load = await loadOf(work());
    setAction(load.state === "failed" ? { state: "refused", fault: load.fault } : { state: "resting" });
    return load.state === "loaded";
  };
  return [action, run];
}

/** Show why the last action failed. */
export function Refused({
  action,
  t,
}: {
  action: ActionState;
  t: Pick<PageTexts, "lang" | "notReached" | "pageFault">;
}) {
  if (action.state !== "refused") return null;
  return (
    <p class="wl-bad" role="alert">
      {faultText(t, action.fault) || t.notReached}
    </p>
  );
}
