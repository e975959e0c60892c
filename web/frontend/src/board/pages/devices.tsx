import { useState } from "preact/hooks";

import type { DevicePage, DeviceRow } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { span } from "../../ui/format.ts";
import { Refused, useAction, useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { Ask } from "./ask.tsx";
import { DataTable } from "./data-table.tsx";
import { DeviceWizard, pictureOf } from "./device-wizard.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { RowMenu } from "./row-menu.tsx";
import { useAgain } from "./use-again.ts";
import { WhenLoaded } from "./when-loaded.tsx";

/** Heard within this time, a device is shown as working. */
const LATELY_MS = 3_600_000;
/** The list asks so often when devices were heard, while its first page is on screen. */
const AGAIN_MS = 10_000;
/** What tells that a device of a kind works: its readings, or a press of its button. Others send either. */
const HEARD_BY: Readonly<Record<string, "reading" | "press">> = {
  micropython: "press",
  esphome: "press",
  homeassistant: "press",
  nodered: "press",
  tasmota: "reading",
  shelly: "reading",
  p1: "reading",
  sml: "reading",
  demo: "reading",
};

/** List the clients' meters and displays; administrators add and remove them. */
export function DevicesPage({ board, t, words }: PageProps) {
  const { api } = board.desk;
  const { admin } = board.config.me;
  const [more, setMore] = useState<DevicePage | null>(null);
  const request = useRequest({ key: "devices", ask: () => api.devices(""), version: 0 });
  const [action, run] = useAction();
  const [isAdding, setAdding] = useState(false);
  const [asked, setAsked] = useState<DeviceRow | null>(null);
  useAgain(request.again, more === null ? AGAIN_MS : null);
  const again = async (): Promise<void> => {
    await request.again();
    setMore(null);
  };
  const next = (shown: DevicePage): void =>
    void run(async () => {
      const page = await api.devices(shown.next ?? "");
      setMore({ ...page, devices: [...shown.devices, ...page.devices] });
    });
  return (
    <>
      <PageHead title={t.pageDevices} sub={t.devicesSub}>
        {admin && !isAdding && (
          <Button kind="primary" onClick={() => setAdding(true)}>
            <Picture name="add" small />
            {t.deviceAdd}
          </Button>
        )}
      </PageHead>
      <Refused action={action} t={t} />
      {isAdding && <DeviceWizard board={board} t={t} onAdded={() => void again()} onClose={() => setAdding(false)} />}
      <WhenLoaded request={request} t={t} words={words}>
        {(first) => {
          const shown = more ?? first;
          return (
            <Panel>
              {shown.devices.length === 0 ? (
                <Nothing picture="devices" title={t.noDevices} text={t.noDevicesText} />
              ) : (
                <DeviceTable {...{ board, t, shown }} remove={setAsked} />
              )}
              {shown.next !== null && (
                <div class="wl-inline">
                  <Button onClick={() => next(shown)}>{t.loadMore}</Button>
                </div>
              )}
            </Panel>
          );
        }}
      </WhenLoaded>
      {asked && (
        <Ask
          title={t.deviceRemoveAsk(asked.id, board.clientName(asked.client, asked.name))}
          text={t.deviceRemoveText}
          facts={[
            ["lock", t.deviceRemoveSignIn],
            ["reports", t.deviceRemoveReadings(board.clientName(asked.client, asked.name))],
          ]}
          action={t.deviceRemoveSure(asked.id)}
          back={t.cancel}
          run={() => void run(async () => (await api.removeDevice(asked.id), await again()))}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

interface TableProps extends Pick<PageProps, "board" | "t"> {
  readonly shown: DevicePage;
  readonly remove: (device: DeviceRow) => void;
}

function DeviceTable({ board, t, shown, remove }: TableProps) {
  const nameOf = ({ client, name }: DeviceRow) => name ?? client;
  // Beside one another stand the devices of one client.
  const rows = [...shown.devices].sort((one, other) => nameOf(one).localeCompare(nameOf(other)));
  const kindOf = ({ kind }: DeviceRow) => t.wizardName(kind ?? "unknown");
  return (
    <DataTable
      label={t.pageDevices}
      columns={[
        {
          id: "client",
          label: t.deviceClient,
          sortBy: nameOf,
          cell: ({ id, client, name }) => (
            <div>
              <a href={routeHash({ client, pane: "context" })}>{name ?? client}</a>
              <span class="wl-hint">{name === null ? id : `${id} · ${client}`}</span>
            </div>
          ),
        },
        {
          id: "kind",
          label: t.deviceKind,
          sortBy: kindOf,
          cell: (device) => (
            <span class="wl-person">
              <span class="wl-device-picture">
                <Picture name={pictureOf(device.kind)} />
              </span>
              <span>
                {kindOf(device)}
                <Topics topics={device.topics} t={t} />
              </span>
            </span>
          ),
        },
        {
          id: "heard",
          label: t.deviceHeard,
          sortBy: ({ heard }) => heard,
          cell: (device) => <Heard device={device} now={shown.now} t={t} />,
        },
        ...(board.config.me.admin
          ? [
              {
                id: "actions",
                label: "",
                cell: (device: DeviceRow) => (
                  <RowMenu
                    {...{ board, t }}
                    id={device.id}
                    name={device.id}
                    actions={[{ label: t.deviceRemove, run: () => remove(device) }]}
                  />
                ),
              },
            ]
          : []),
      ]}
      rows={rows}
      keyOf={({ id }) => id}
      mark={({ id }) => ({ "data-testid": "device", "data-device": id })}
    />
  );
}

/** Show the only topic, or how many there are and each of them at a click. */
function Topics({ topics, t }: Pick<PageProps, "t"> & Pick<DeviceRow, "topics">) {
  if (topics.length <= 1) return topics.length === 0 ? null : <span class="wl-hint">{topics[0]}</span>;
  return (
    <details class="wl-topics">
      <summary class="wl-hint">{t.topicCount(topics.length)}</summary>
      {topics.map((topic) => (
        <span key={topic} class="wl-hint">
          {topic}
        </span>
      ))}
    </details>
  );
}

interface HeardProps extends Pick<PageProps, "t"> {
  readonly device: DeviceRow;
  readonly now: number;
}

/** Say how long ago a device was heard, and by what; a display that nobody pressed may work all the same. */
function Heard({ device: { kind, heard, topics }, now, t }: HeardProps) {
  const by = HEARD_BY[kind ?? ""];
  if (heard === null)
    return (
      <div class="wl-muted">
        {t.deviceNotHeard}
        {by !== "reading" && topics.length === 0 && (
          <span class="wl-hint">{by === "press" ? t.deviceHeardByPress : t.deviceHeardByEither}</span>
        )}
      </div>
    );
  const ago = Math.max(1_000, now - heard); // never "0 s ago"
  const says = by === "reading" ? t.deviceRead : by === "press" ? t.devicePressed : t.wizardHeard;
  return <span class={ago < LATELY_MS ? "wl-mark wl-mark-ok" : "wl-mark"}>{says(span(t.lang, ago))}</span>;
}
