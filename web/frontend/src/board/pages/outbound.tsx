import { useEffect, useMemo, useState } from "preact/hooks";

import {
  createOutboundApi,
  DELIVERY_STATES,
  type Delivery,
  type DeliveryState,
  type OutboundApi,
  type Queue,
  type Webhook,
} from "../../link/outbound-api.ts";
import { Button } from "../../ui/button.tsx";
import { Refused, useAction, useRequest } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { Steps } from "../steps.tsx";
import { AdminOnlyForm } from "./admin-only.tsx";
import { Breakable } from "./breakable.tsx";
import { DeliveryTable, stateName, wasTried } from "./deliveries.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { lasted } from "./report-words.ts";
import { Webhooks } from "./webhooks.tsx";
import { WhenLoaded } from "./when-loaded.tsx";

/** Show administrators who hears of events outside, what waits to be sent, and what failed. */
export function OutboundPage({ board, t, words }: PageProps) {
  const api = useMemo(() => createOutboundApi(board.desk.rest), [board]);
  const { admin } = board.config.me;
  const [isAdding, setAdding] = useState(false);
  const webhooks = useRequest({ key: admin ? "webhooks" : null, ask: api.webhooks });
  const [tested, setTested] = useState<string | null>(null);
  const test = useRequest({
    key: tested,
    ask: () => api.delivery(tested ?? ""),
    polling: { isComplete: (found) => found !== null && wasTried(found) },
  });
  const found = test.load.state === "loaded" ? test.load.value : null;
  const isEmpty = webhooks.load.state === "loaded" && webhooks.load.value?.length === 0;
  return (
    <>
      <PageHead title={t.pageOutbound} sub={t.outboundSub}>
        {admin && !isAdding && !isEmpty && (
          <Button kind="primary" onClick={() => setAdding(true)}>
            <Picture name="add" small />
            {t.webhookAdd}
          </Button>
        )}
      </PageHead>
      {!admin && <AdminOnlyForm board={board} t={t} title={t.adminOnlyPage} />}
      {admin && (
        <>
          <Webhooks
            board={board}
            api={api}
            request={webhooks}
            isAdding={isAdding}
            onAdd={() => setAdding(true)}
            onAdded={() => setAdding(false)}
            test={tested === null ? null : { found }}
            onTested={setTested}
            t={t}
            words={words}
          />
          {webhooks.load.state !== "loading" && !(isAdding && isEmpty) && (
            <Waiting
              {...{ board, api, t, words }}
              test={found}
              webhooks={webhooks.load.state === "loaded" ? webhooks.load.value : []}
            />
          )}
        </>
      )}
    </>
  );
}

interface PartProps extends PageProps {
  readonly api: OutboundApi;
  readonly webhooks: readonly Webhook[];
  /** The delivery of the last test. */
  readonly test: Delivery | null;
}

/** Name a destination: a webhook by its URL. */
function destinationName(t: PageProps["t"], destination: string, webhooks: readonly Webhook[]): string {
  const id = destination.replace("webhook/", "");
  const url = webhooks.find((each) => each.id === id)?.url;
  return url ?? ({ mail: t.toMail, push: t.toPush }[destination] as string | undefined) ?? destination;
}

/** Show what waits and what failed, and the deliveries in one state. */
function Waiting({ board, api, t, words, webhooks, test }: PartProps) {
  const nameOf = (destination: string): string => destinationName(t, destination, webhooks);
  const [action, run] = useAction();
  const [state, setState] = useState<DeliveryState>("failed");
  const [before, setBefore] = useState<number | null>(null);
  const queues = useRequest({ key: "queues", ask: api.queues, polling: { isComplete: () => true } });
  const page = useRequest({ key: `${state}/${before}`, ask: () => api.deliveries(state, before) });
  const look = (): Promise<unknown> => Promise.all([queues.again(), page.again()]);
  const act = (work: () => Promise<unknown>): void => void run(async () => (await work(), await look()));
  useEffect(() => {
    if (!test) return;
    setState(test.state);
    setBefore(null);
  }, [test?.id, test?.state]);
  useEffect(() => {
    if (test) void look();
  }, [test?.id, test?.state, test?.error, test?.tries]);
  const counts = { waiting: 0, failed: 0 };
  for (const { waiting, failed } of queues.load.state === "loaded" ? queues.load.value : []) {
    counts.waiting += waiting;
    counts.failed += failed;
  }
  const countOf = (name: DeliveryState): number => (name === "waiting" || name === "failed" ? counts[name] : 0);
  return (
    <Panel
      title={t.deliveries}
      aside={
        <Steps
          options={DELIVERY_STATES}
          chosen={state}
          nameOf={(name) => (
            <>
              {stateName(t, name)}
              {countOf(name) > 0 && <span class="wl-step-count"> {t.count(countOf(name))}</span>}
            </>
          )}
          onChoose={(name) => {
            setState(name);
            setBefore(null);
          }}
          aria-label={t.status}
        />
      }
    >
      <Refused action={action} t={t} />
      <WhenLoaded request={queues} t={t} words={words}>
        {(found) => <Queues queues={found} now={board.outside.now()} t={t} nameOf={nameOf} />}
      </WhenLoaded>
      <WhenLoaded request={page} t={t} words={words}>
        {({ deliveries, next }) => (
          <>
            {deliveries.length === 0 ? (
              <p class="wl-muted">{t.deliveriesNone(state)}</p>
            ) : (
              <DeliveryTable
                {...{ board, t, deliveries, nameOf }}
                again={({ num }) => act(() => api.sendAgain(num))}
                drop={({ num }) => act(() => api.drop(num))}
              />
            )}
            {next !== null && (
              <div class="wl-inline">
                <Button onClick={() => setBefore(next)}>{t.deliveriesOlder}</Button>
              </div>
            )}
          </>
        )}
      </WhenLoaded>
    </Panel>
  );
}

/** Say how long something waits, in whole minutes. */
const waitedFor = (t: PageProps["t"], ms: number): string => (ms < 60_000 ? "< 1\u00a0min" : lasted(t, ms));

interface QueuesProps {
  readonly queues: readonly Queue[];
  readonly now: number;
  readonly t: PageProps["t"];
  readonly nameOf: (destination: string) => string;
}

/** Count what waits and what failed for each destination that has any. */
const Queues = ({ queues, now, t, nameOf }: QueuesProps) =>
  queues.length === 0 ? null : (
    <div class="wl-queues">
      {queues.map(({ destination, waiting, failed, oldest }) => (
        <p key={destination} class="wl-hint wl-dotted" data-testid="queue">
          <span>
            <Breakable text={nameOf(destination)} />
          </span>
          {[
            `${t.deliveryWaiting}: ${t.count(waiting)}`,
            `${t.deliveryFailed}: ${t.count(failed)}`,
            oldest !== null && `${t.outboundOldest}: ${waitedFor(t, now - oldest)}`,
          ]
            .filter(Boolean)
            .map((fact) => (
              <span key={fact}>{fact}</span>
            ))}
        </p>
      ))}
    </div>
  );
