import { useState } from "preact/hooks";

import type { ApiKeyRow, NewApiKey, Scope } from "../../link/desk-api.ts";
import { roleOf } from "../../protocol/ids.ts";
import { Button } from "../../ui/button.tsx";
import { shortDate, whenNear } from "../../ui/format.ts";
import { Refused, useAction, useRequest } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { AdminOnlyForm } from "./admin-only.tsx";
import { Ask } from "./ask.tsx";
import { CopyBox } from "./copy-box.tsx";
import { DataTable } from "./data-table.tsx";
import { useEscape } from "./escape.ts";
import { Check, Field, Pair, ParsedField, useOpened } from "./field.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { WhenLoaded } from "./when-loaded.tsx";

const SCOPES = ["read", "write", "manage", "clients", "readings", "exports"] as const satisfies readonly Scope[];
const DAY_MS = 86_400_000;
const MOST_DAYS = 3_650;

/** Propose as whom a key writes: "Billing run" is b-billing-run. */
export function proposeSpeaker(name: string): string {
  const plain = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const slug = plain
    .split(/[^a-z0-9]+/u)
    .filter(Boolean)
    .join("-");
  return slug ? `b-${slug.slice(0, 28)}` : "";
}

/** Return the networks of a text, one for each line or comma; whether each is one, the server says. */
export const networksIn = (text: string): readonly string[] => text.split(/[\s,]+/u).filter(Boolean);

/** Return the days of a text: null for an empty one, undefined for a wrong one. */
export function daysIn(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const days = Number(text);
  return Number.isInteger(days) && days >= 1 && days <= MOST_DAYS ? days : undefined;
}

/** List the API keys; administrators create and revoke them. */
export function KeysPage(props: PageProps) {
  const { board, t } = props;
  if (board.config.me.admin) return <Keys {...props} />;
  return (
    <>
      <PageHead title={t.pageKeys} sub={t.keysSub} />
      <AdminOnlyForm board={board} t={t} title={t.adminOnlyPage} />
    </>
  );
}

function Keys({ board, t, words }: PageProps) {
  const { api } = board.desk;
  const request = useRequest({ key: "keys", ask: () => api.keys() });
  const [action, run] = useAction();
  const [isAdding, setAdding] = useState(false);
  const [asked, setAsked] = useState<ApiKeyRow | null>(null);
  const [made, setMade] = useState<{ readonly name: string; readonly secret: string } | null>(null);
  const change = (work: () => Promise<unknown>) => run(async () => (await work(), await request.again()));
  const add = (draft: NewApiKey) =>
    change(async () => setMade({ name: draft.name, secret: (await api.addKey(draft)).secret }));
  const isEmpty = request.load.state === "loaded" && request.load.value.length === 0;
  const addButton = !isAdding && (
    <Button kind="primary" onClick={() => setAdding(true)} data-testid="key-add">
      <Picture name="add" small />
      {t.keyAdd}
    </Button>
  );
  return (
    <>
      <PageHead title={t.pageKeys} sub={t.keysSub}>
        <a class="wl-button" href="/docs" target="_blank" rel="noopener">
          {t.keysReference}
        </a>
        {!isEmpty && addButton}
      </PageHead>
      <Refused action={action} t={t} />
      {made && (
        <Panel>
          <CopyBox label={t.keyOnce(made.name)} text={made.secret} t={t} testId="key-secret" />
        </Panel>
      )}
      {isAdding && (
        <AddKey
          t={t}
          now={board.outside.now}
          busy={action.state === "running"}
          add={add}
          close={() => setAdding(false)}
        />
      )}
      <WhenLoaded request={request} t={t} words={words}>
        {(keys) =>
          // While the first key is being made, there is nothing to list.
          isAdding && keys.length === 0 ? null : (
            <Panel>
              {keys.length === 0 ? (
                <Nothing picture="keys" title={t.noKeys} text={t.noKeysText}>
                  {addButton}
                </Nothing>
              ) : (
                <KeyTable keys={keys} t={t} now={board.outside.now()} revoke={setAsked} />
              )}
            </Panel>
          )
        }
      </WhenLoaded>
      {asked && (
        <Ask
          title={t.keyRevokeAsk(asked.name)}
          text={t.keyRevokeText}
          facts={[
            ["lock", t.keyRevokeRefused(`wlk_…${asked.hint}`)],
            ["bolt", usesOf(asked, t, board.outside.now())],
          ]}
          action={t.keyRevokeNow}
          back={t.cancel}
          run={() => void change(() => api.revokeKey(asked.id))}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

/** Say how often a key was used, and when last. */
const usesOf = ({ used, uses }: ApiKeyRow, t: PageProps["t"], now: number): string =>
  used === null ? t.keyNeverUsed : t.keyUses(whenNear(t.lang, used, now), uses);

interface TableProps {
  readonly keys: readonly ApiKeyRow[];
  readonly t: PageProps["t"];
  readonly now: number;
  readonly revoke: (key: ApiKeyRow) => void;
}

/** List the keys. */
function KeyTable({ keys, t, now, revoke }: TableProps) {
  return (
    <DataTable
      label={t.pageKeys}
      columns={[
        {
          id: "name",
          label: t.name,
          sortBy: ({ name }) => name,
          cell: ({ name, hint }) => (
            <div>
              <strong>{name}</strong> <span class="wl-hint">wlk_…{hint}</span>
            </div>
          ),
        },
        {
          id: "speaker",
          label: t.keySpeaker,
          isWhole: true,
          sortBy: ({ speaker }) => speaker,
          cell: ({ speaker }) => speaker,
        },
        {
          id: "scopes",
          label: t.keyScopes,
          cell: ({ scopes, networks }) => (
            <>
              {scopes.map((scope) => t.keyScope(scope)).join(", ")}
              {networks.length > 0 && <span class="wl-hint"> {t.keyFrom(networks)}</span>}
            </>
          ),
        },
        {
          id: "used",
          label: t.keyUsed,
          sortBy: ({ used }) => used,
          cell: (key) => usesOf(key, t, now),
        },
        {
          id: "expires",
          label: t.keyExpires,
          isWhole: true,
          sortBy: ({ expires }) => expires,
          cell: ({ expires }) => <Expiry expires={expires} t={t} now={now} />,
        },
        {
          id: "actions",
          label: "",
          cell: (key) => (
            <span class="wl-inline wl-inline-end wl-actions">
              <Button kind="quiet" onClick={() => revoke(key)} data-testid="key-revoke">
                {t.keyRevoke}
              </Button>
            </span>
          ),
        },
      ]}
      rows={keys}
      keyOf={({ id }) => id}
      mark={({ id }) => ({ "data-testid": "api-key", "data-key": id })}
    />
  );
}

interface ExpiryProps {
  readonly expires: number | null;
  readonly t: PageProps["t"];
  readonly now: number;
}

/** Say when a key ends. */
function Expiry({ expires, t, now }: ExpiryProps) {
  if (expires === null) return <>{t.keyNever}</>;
  if (expires <= now) return <span class="wl-mark wl-mark-bad">{t.keyEnded}</span>;
  return <>{shortDate(t.lang, expires, now)}</>;
}

interface AddProps {
  readonly t: PageProps["t"];
  readonly now: () => number;
  readonly busy: boolean;
  /** Return whether the key was created. */
  readonly add: (draft: NewApiKey) => Promise<boolean>;
  readonly close: () => void;
}

/** Create a key. What was typed stays until the server has created it. */
function AddKey({ t, now, busy, add, close }: AddProps) {
  const [name, setName] = useState("");
  const [typed, setTyped] = useState<string | null>(null);
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [networks, setNetworks] = useState("");
  const [days, setDays] = useState<number | null>(null);
  const [isTried, setTried] = useState(false);
  const form = useOpened<HTMLFormElement>();
  useEscape([name, typed, networks, days].some(Boolean) ? null : close, form);
  const speaker = (typed ?? proposeSpeaker(name)).trim();
  const isSpeaker = ["agent", "bot"].includes(roleOf(speaker) ?? "");
  const toggle = (scope: Scope, on: boolean): void =>
    setScopes(SCOPES.filter((each) => (each === scope ? on : scopes.includes(each))));
  return (
    <form
      ref={form}
      class="wl-box"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!isSpeaker || scopes.length === 0) return;
        const expires = days === null ? null : now() + days * DAY_MS;
        void add({ name, speaker, scopes, networks: networksIn(networks), expires }).then((added) => added && close());
      }}
    >
      <h2>{t.keyAdd}</h2>
      <Pair>
        <Field
          label={t.name}
          hint={t.keyNameHint}
          required={t.fieldNeeded}
          value={name}
          onInput={setName}
          maxLength={80}
          testId="key-name"
        />
        <Field
          label={t.keySpeaker}
          hint={t.keySpeakerHint}
          {...(isTried && !isSpeaker ? { error: t.keySpeakerWrong } : {})}
          required={t.fieldNeeded}
          value={speaker}
          onInput={setTyped}
          testId="key-speaker"
        />
      </Pair>
      <div class="wl-field wl-checks" role="group" aria-label={t.keyScopes}>
        <span class="wl-field-label">{t.keyScopes}</span>
        {SCOPES.map((scope) => (
          <Check
            key={scope}
            label={t.keyScope(scope)}
            checked={scopes.includes(scope)}
            onChange={(on) => toggle(scope, on)}
          />
        ))}
        {isTried && scopes.length === 0 && (
          <p class="wl-field-error">
            <Picture name="warning" small />
            {t.keyScopesNone}
          </p>
        )}
      </div>
      <Pair>
        <Field label={t.keyNetworks} hint={t.keyNetworksHint} value={networks} onInput={setNetworks} rows={2} />
        <ParsedField
          label={t.keyDays}
          hint={t.keyDaysHint}
          value={days === null ? "" : String(days)}
          parse={daysIn}
          wrong={t.keyDaysWrong}
          onChange={setDays}
        />
      </Pair>
      <div class="wl-inline wl-inline-end">
        <Button onClick={close}>{t.cancel}</Button>
        <Button kind="primary" type="submit" disabled={busy}>
          {t.keyAdd}
        </Button>
      </div>
    </form>
  );
}
