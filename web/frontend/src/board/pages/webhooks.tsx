import { useState } from "preact/hooks";

import {
  type Delivery,
  type OutboundApi,
  WEBHOOK_EVENTS,
  type Webhook,
  type WebhookEvent,
  type WebhookSecret,
} from "../../link/outbound-api.ts";
import { Button } from "../../ui/button.tsx";
import { faultText, Refused, type Request, useAction } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { Ask } from "./ask.tsx";
import { Breakable } from "./breakable.tsx";
import { CopyBox } from "./copy-box.tsx";
import { DataTable } from "./data-table.tsx";
import { MomentField } from "./date-field.tsx";
import { Why, wasTried } from "./deliveries.tsx";
import { useEscape } from "./escape.ts";
import { Check, Field, Pair, useOpened } from "./field.tsx";
import { Nothing, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { RowMenu } from "./row-menu.tsx";
import { WhenLoaded } from "./when-loaded.tsx";

interface WebhooksProps extends PageProps {
  readonly api: OutboundApi;
  readonly request: Request<readonly Webhook[]>;
  readonly isAdding: boolean;
  readonly onAdd: () => void;
  readonly onAdded: () => void;
  /** The last test's delivery, which is not found before it is asked for; null: nothing was tested. */
  readonly test: { readonly found: Delivery | null } | null;
  /** Takes the id of a test's delivery. */
  readonly onTested: (delivery: string | null) => void;
}

/** What is open beside the list: the form of a webhook, or the span whose events are sent again. */
type Opened = { readonly form: "change" | "replay"; readonly webhook: Webhook } | null;

/** List the webhooks; add, change, test and remove them. */
export function Webhooks({
  board,
  api,
  request,
  isAdding,
  onAdd,
  onAdded,
  test: tested,
  onTested,
  t,
  words,
}: WebhooksProps) {
  const [action, run] = useAction();
  const [secret, setSecret] = useState<WebhookSecret | null>(null);
  const [opened, setOpened] = useState<Opened>(null);
  const [said, setSaid] = useState("");
  const [asked, setAsked] = useState<{ readonly webhook: Webhook; readonly waiting: number } | null>(null);
  const waitingFor = async ({ id }: Webhook): Promise<number> =>
    (await api.queues()).find(({ destination }) => destination === `webhook/${id}`)?.waiting ?? 0;
  const act = (work: () => Promise<unknown>): Promise<boolean> => {
    setSaid("");
    onTested(null);
    return run(async () => (await work(), await request.again()));
  };
  const close = (): void => {
    setOpened(null);
    onAdded();
  };
  const test = ({ id }: Webhook): void => void act(async () => onTested((await api.test(id)).delivery));
  const turn = ({ id, url, events, off }: Webhook): void =>
    void act(() => api.change(id, { url, events, on: off !== null }));
  return (
    <>
      <Refused action={action} t={t} />
      {secret && (
        <Panel>
          <CopyBox label={t.webhookSecret(secret.webhook.url)} text={secret.secret} t={t} testId="webhook-secret" />
          <p class="wl-hint">{t.webhookSecretHint}</p>
        </Panel>
      )}
      {(isAdding || opened?.form === "change") && (
        <WebhookForm
          key={opened?.webhook.id ?? "new"}
          webhook={opened?.webhook ?? null}
          t={t}
          close={close}
          save={async (url, events) => {
            if (opened) await api.change(opened.webhook.id, { url, events, on: opened.webhook.off === null });
            else setSecret(await api.add({ url, events }));
            await request.again();
          }}
        />
      )}
      {opened?.form === "replay" && (
        <ReplayForm
          t={t}
          close={close}
          send={async (from, to) => {
            const sent = await act(async () => {
              const { deliveries } = await api.replay(opened.webhook.id, from, to);
              setSaid(t.webhookReplayed(deliveries));
            });
            if (sent) close();
          }}
        />
      )}
      <WhenLoaded request={request} t={t} words={words}>
        {(webhooks) =>
          // While the first one is being added, there is nothing to list.
          isAdding && webhooks.length === 0 ? null : (
            <Panel
              // An empty list is named by the page alone.
              {...(webhooks.length > 0 && {
                title: t.webhooks,
                aside: (
                  <span role="status" class="wl-hint">
                    {said || (tested && testSaid(t, tested.found))}
                  </span>
                ),
              })}
            >
              {tested?.found?.error && tested.found.state !== "sent" && (
                <p class="wl-banner wl-banner-warn" role="alert" data-testid="webhook-test-failed">
                  <Picture name="warning" small />
                  <span>
                    {t.webhookTestFailed} <Why t={t} reason={tested.found.reason} text={tested.found.error} />
                  </span>
                </p>
              )}
              {webhooks.length === 0 ? (
                <Nothing picture="outbound" title={t.webhooksNone} text={t.webhooksNoneText}>
                  <Button kind="primary" onClick={onAdd}>
                    {t.webhookAdd}
                  </Button>
                </Nothing>
              ) : (
                <DataTable
                  label={t.webhooks}
                  columns={[
                    {
                      id: "url",
                      label: t.webhookUrl,
                      cell: ({ url, events }) => (
                        <div>
                          <strong>
                            <Breakable text={url} />
                          </strong>
                          <span class="wl-hint">
                            {events.length === WEBHOOK_EVENTS.length
                              ? t.webhookEventsAll
                              : events.map((event) => t.webhookEvent(event)).join(", ")}
                          </span>
                        </div>
                      ),
                    },
                    {
                      id: "state",
                      label: t.status,
                      cell: ({ off, off_reason: reason }) =>
                        off === null ? (
                          <span class="wl-mark wl-mark-ok">{t.webhookOn}</span>
                        ) : (
                          <>
                            <span class="wl-mark wl-mark-bad">{t.webhookOff}</span>
                            <span class="wl-hint">
                              <Why t={t} reason={reason} text={off} />
                            </span>
                          </>
                        ),
                    },
                    {
                      id: "actions",
                      label: "",
                      cell: (webhook) => (
                        <RowMenu
                          {...{ board, t }}
                          id={webhook.id}
                          name={webhook.url}
                          actions={[
                            ...(webhook.off === null ? [{ label: t.webhookTest, run: () => test(webhook) }] : []),
                            { label: t.startChange, run: () => setOpened({ form: "change", webhook }) },
                            { label: t.webhookReplay, run: () => setOpened({ form: "replay", webhook }) },
                            {
                              label: t.webhookRotate,
                              run: () => void act(async () => setSecret(await api.rotate(webhook.id))),
                            },
                            { label: webhook.off === null ? t.disable : t.enable, run: () => turn(webhook) },
                            {
                              label: t.deviceRemove,
                              run: () =>
                                void run(async () => setAsked({ webhook, waiting: await waitingFor(webhook) })),
                            },
                          ]}
                        />
                      ),
                    },
                  ]}
                  rows={webhooks}
                  keyOf={({ id }) => id}
                  mark={() => ({ "data-testid": "webhook" })}
                />
              )}
            </Panel>
          )
        }
      </WhenLoaded>
      {asked && (
        <Ask
          title={t.webhookRemoveAsk}
          text={t.webhookRemoveText(asked.webhook.url)}
          facts={[
            ["outbound", t.webhookRemoveWaiting(asked.waiting)],
            ["lock", t.webhookRemoveSecret],
          ]}
          action={t.webhookRemoveSure}
          back={t.cancel}
          run={() => void act(() => api.remove(asked.webhook.id))}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

/** Say that a test is on its way, or arrived; why it failed is told apart. */
const testSaid = (t: PageProps["t"], found: Delivery | null): string =>
  found?.state === "sent" ? t.webhookTestSent : found && wasTried(found) ? "" : t.webhookTested;

interface FormProps {
  /** Null for a new one. */
  readonly webhook: Webhook | null;
  readonly t: PageProps["t"];
  /** Rejects with why the server refused it. */
  readonly save: (url: string, events: readonly WebhookEvent[]) => Promise<void>;
  readonly close: () => void;
}

const NEW_URL = "https://";

/** Edit a webhook. The typed text stays until the server has taken it; why it did not stands at the URL. */
function WebhookForm({ webhook, t, save, close }: FormProps) {
  const [action, run] = useAction();
  const refusal = action.state === "refused" ? faultText(t, action.fault).replace(/^url: /u, "") || t.notReached : "";
  const [url, setUrl] = useState(webhook?.url ?? NEW_URL);
  const [events, setEvents] = useState<readonly WebhookEvent[]>(webhook?.events ?? WEBHOOK_EVENTS);
  const form = useOpened<HTMLFormElement>();
  useEscape(url === (webhook?.url ?? NEW_URL) && events === (webhook?.events ?? WEBHOOK_EVENTS) ? close : null, form);
  return (
    <form
      ref={form}
      class="wl-box"
      onSubmit={(event) => {
        event.preventDefault();
        void run(() => save(url.trim(), events)).then((saved) => saved && close());
      }}
    >
      <h2>{webhook ? t.webhookChange : t.webhookAdd}</h2>
      <Field
        label={t.webhookUrl}
        hint={t.webhookUrlHint}
        error={refusal}
        required={t.fieldNeeded}
        value={url}
        onInput={setUrl}
        testId="webhook-url"
      />
      <div class="wl-field wl-checks" role="group" aria-label={t.webhookEvents}>
        <span class="wl-field-label">{t.webhookEvents}</span>
        {WEBHOOK_EVENTS.map((name) => (
          <Check
            key={name}
            label={t.webhookEvent(name)}
            checked={events.includes(name)}
            onChange={(wanted) => setEvents(wanted ? [...events, name] : events.filter((each) => each !== name))}
          />
        ))}
      </div>
      <div class="wl-inline wl-inline-end">
        <Button onClick={close}>{t.cancel}</Button>
        <Button kind="primary" type="submit" disabled={events.length === 0 || action.state === "running"}>
          {t.save}
        </Button>
      </div>
    </form>
  );
}

interface ReplayProps {
  readonly t: PageProps["t"];
  readonly send: (from: number, to: number) => Promise<void>;
  readonly close: () => void;
}

/** Ask for the span of time whose events are sent again. */
function ReplayForm({ t, send, close }: ReplayProps) {
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [start, end] = [from, to].map((text) => new Date(text).getTime()) as [number, number];
  const form = useOpened<HTMLFormElement>();
  useEscape(from === "" && to === "" ? close : null, form);
  return (
    <form
      ref={form}
      class="wl-box"
      onSubmit={(event) => {
        event.preventDefault();
        void send(start, end);
      }}
    >
      <h2>{t.webhookReplay}</h2>
      <Pair>
        <MomentField t={t} label={t.webhookFrom} required value={from} onInput={setFrom} testId="replay-from" />
        <MomentField t={t} label={t.webhookTo} required value={to} onInput={setTo} testId="replay-to" />
      </Pair>
      <p class="wl-hint">{t.webhookReplayHint}</p>
      <div class="wl-inline wl-inline-end">
        <Button onClick={close}>{t.cancel}</Button>
        <Button kind="primary" type="submit" disabled={!(end > start)}>
          {t.outboundAgain}
        </Button>
      </div>
    </form>
  );
}
