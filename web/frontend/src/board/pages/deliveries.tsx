import { Fragment } from "preact";
import { useState } from "preact/hooks";

import type { Delivery, DeliveryState, Reason } from "../../link/outbound-api.ts";
import { Button } from "../../ui/button.tsx";
import { whenNear } from "../../ui/format.ts";
import { useModal } from "../modal.ts";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { Breakable } from "./breakable.tsx";
import { DataTable } from "./data-table.tsx";
import { type RowAction, RowMenu } from "./row-menu.tsx";

export const stateName = (t: PageProps["t"], state: DeliveryState): string =>
  ({ failed: t.deliveryFailed, waiting: t.deliveryWaiting, sent: t.deliverySent, dropped: t.deliveryDropped })[state];

/** Return whether a delivery's first try ended. */
export const wasTried = ({ state, error }: Delivery): boolean => state !== "waiting" || error !== null;

/** Return why something was not sent in the page's language, or nothing for a reason without a known code. */
export function reasonText(t: PageProps["t"], reason: Reason | null | undefined): string {
  if (!reason) return "";
  const { code, values } = reason;
  const says = t.deliveryReason(code);
  if (says === code) return "";
  const filled = says.replace(/\{(\w+)\}/gu, (_, name: string) => String(values[name] ?? ""));
  const { tries } = values;
  return typeof tries === "number" ? `${filled.replace(/\.$/u, "")}. ${t.deliveryGaveUp(tries)}` : filled;
}

/** Say why something was not sent: in English where an older version noted it, without a code. */
export function Why({
  t,
  reason,
  text,
}: Pick<PageProps, "t"> & { readonly reason: Reason | null | undefined; readonly text: string }) {
  const says = reasonText(t, reason);
  return <span lang={says === "" ? "en" : undefined}>{says || text}</span>;
}

interface TableProps extends Pick<PageProps, "board" | "t"> {
  readonly deliveries: readonly Delivery[];
  readonly nameOf: (destination: string) => string;
  readonly again: (delivery: Delivery) => void;
  readonly drop: (delivery: Delivery) => void;
}

/** List deliveries; each can be looked at, and sent again or cancelled where that has an effect. */
export function DeliveryTable({ board, t, deliveries, nameOf, again, drop }: TableProps) {
  const [viewed, setViewed] = useState<Delivery | null>(null);
  const now = board.outside.now();
  const nameOfClient = (client: string) => board.desk.inbox.value.summaries[client]?.name ?? client;
  const actionsOf = (delivery: Delivery): readonly RowAction[] => [
    { label: t.outboundView, run: () => setViewed(delivery) },
    ...(delivery.state !== "sent" || delivery.destination.startsWith("webhook/")
      ? [{ label: t.outboundAgain, run: () => again(delivery) }]
      : []),
    ...(delivery.state === "waiting" ? [{ label: t.outboundDrop, run: () => drop(delivery) }] : []),
  ];
  return (
    <>
      <DataTable
        label={t.deliveries}
        columns={[
          {
            id: "event",
            label: t.deliveryEvent,
            cell: ({ event, destination, client }) => (
              <div>
                <strong>{t.webhookEvent(event)}</strong>{" "}
                {client !== null && <a href={routeHash({ client, pane: "conversation" })}>{nameOfClient(client)}</a>}
                <span class="wl-hint">
                  <span>
                    <Breakable text={nameOf(destination)} />
                  </span>
                </span>
              </div>
            ),
          },
          { id: "at", label: t.deliveryAt, cell: ({ at }) => whenNear(t.lang, at, now) },
          { id: "tries", label: t.deliveryTries, isNumber: true, cell: ({ tries }) => tries },
          {
            id: "error",
            label: t.deliveryError,
            cell: ({ error, reason, state, due }) => (
              <div class="wl-cell-words">
                {error === null ? "–" : <Why t={t} reason={reason} text={error} />}
                {state === "waiting" && due > now && (
                  <span class="wl-hint">{`${t.deliveryNext}: ${whenNear(t.lang, due, now)}`}</span>
                )}
              </div>
            ),
          },
          {
            id: "actions",
            label: "",
            cell: (delivery) => (
              <RowMenu
                {...{ board, t }}
                id={String(delivery.num)}
                name={t.webhookEvent(delivery.event)}
                actions={actionsOf(delivery)}
              />
            ),
          },
        ]}
        rows={deliveries}
        keyOf={({ num }) => String(num)}
        mark={() => ({ "data-testid": "delivery" })}
      />
      {viewed && <Details {...{ t, now, nameOf }} delivery={viewed} onClose={() => setViewed(null)} />}
    </>
  );
}

interface DetailsProps extends Pick<PageProps, "t"> {
  readonly delivery: Delivery;
  readonly now: number;
  readonly nameOf: (destination: string) => string;
  readonly onClose: () => void;
}

/** Show all that is known of one delivery. */
function Details({ t, delivery, now, nameOf, onClose }: DetailsProps) {
  const dialog = useModal();
  const { id, event, destination, client, state, at, due, tries, error, reason, done } = delivery;
  const facts: readonly (readonly [string, string])[] = [
    [t.deliveryTo, nameOf(destination)],
    [t.deliveryId, id],
    [t.status, stateName(t, state)],
    [t.deliveryAt, whenNear(t.lang, at, now)],
    [t.deliveryTries, t.count(tries)],
    ...(done === null
      ? []
      : [[state === "dropped" ? t.deliveryDropped : t.deliveryDone, whenNear(t.lang, done, now)] as const]),
    ...(state === "waiting" && due > now ? [[t.deliveryNext, whenNear(t.lang, due, now)] as const] : []),
    ...(error === null ? [] : [[t.deliveryError, reasonText(t, reason) || error] as const]),
  ];
  return (
    <dialog ref={dialog} class="wl-dialog" aria-labelledby="wl-delivery" onClose={onClose}>
      <div class="wl-dialog-body">
        <h2 id="wl-delivery">{t.webhookEvent(event)}</h2>
        <dl class="wl-facts">
          {facts.map(([name, value]) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>
                <Breakable text={value} />
              </dd>
            </Fragment>
          ))}
        </dl>
        <div class="wl-dialog-actions">
          {client !== null && (
            <a class="wl-button" href={routeHash({ client, pane: "conversation" })}>
              {t.outboundConversation}
            </a>
          )}
          <Button autofocus onClick={() => dialog.current?.close()}>
            {t.close}
          </Button>
        </div>
      </div>
    </dialog>
  );
}
