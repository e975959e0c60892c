import { useState } from "preact/hooks";

import type { NewDevice } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { Refused, useAction, useRequest, WhenLoaded } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { CopyBox } from "./copy-box.tsx";
import { DataTable } from "./data-table.tsx";
import { Field, Pair } from "./field.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

const EMPTY = { id: "", client: "", topics: "", meter: "" };

const NUMBER_TOPIC = /^(kwh|wh|kw|w)=(.+)$/iu;

interface OwnTopics {
  readonly topics: readonly string[];
  /** The unit of each topic whose payload is a number. */
  readonly forms: Readonly<Record<string, string>>;
}

/** Parse "tele/a/SENSOR, kwh=main/energy": topics separated by space or comma, a number's unit before its topic. */
export function ownTopics(text: string): OwnTopics {
  const topics: string[] = [];
  const forms: Record<string, string> = {};
  for (const word of text.split(/[\s,]+/u).filter(Boolean)) {
    const [, form, topic] = NUMBER_TOPIC.exec(word) ?? [];
    topics.push(topic ?? word);
    if (form && topic) forms[topic] = form.toLowerCase();
  }
  return { topics, forms };
}

/** List the clients' meters and displays; administrators add and remove them. */
export function DevicesPage({ board, t, words }: PageProps) {
  const { api } = board.desk;
  const { admin } = board.config.me;
  const request = useRequest({ key: "devices", ask: () => api.devices() });
  const [action, run] = useAction();
  const [isAdding, setAdding] = useState(false);
  const [credentials, setCredentials] = useState<string | null>(null);
  const remove = (id: string): void => void run(async () => (await api.removeDevice(id), await request.again()));
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
      {credentials && (
        <Panel>
          <CopyBox label={t.deviceOnce} text={credentials} t={t} testId="device-once" />
        </Panel>
      )}
      {isAdding && (
        <AddDevice
          t={t}
          busy={action.state === "running"}
          close={() => setAdding(false)}
          add={(device) =>
            run(async () => {
              setCredentials(JSON.stringify(await api.addDevice(device), null, 2));
              await request.again();
            })
          }
        />
      )}
      <WhenLoaded request={request} t={t} words={words}>
        {(devices) => (
          <Panel>
            {devices.length === 0 ? (
              <Nothing picture="devices" title={t.noDevices} text={t.noDevicesText} />
            ) : (
              <DataTable
                label={t.pageDevices}
                columns={[
                  { id: "id", label: t.deviceId, sortBy: ({ id }) => id, cell: ({ id }) => <strong>{id}</strong> },
                  {
                    id: "client",
                    label: t.deviceClient,
                    sortBy: ({ client }) => client,
                    cell: ({ client }) => <a href={routeHash({ client, pane: "context" })}>{client}</a>,
                  },
                  { id: "topics", label: t.deviceTopics, cell: ({ topics }) => topics.join(", ") || "–" },
                  {
                    id: "state",
                    label: t.status,
                    cell: ({ disabled }) => (
                      <span class={disabled ? "wl-mark wl-mark-bad" : "wl-mark wl-mark-ok"}>
                        {disabled ? t.disabled : t.agentActive}
                      </span>
                    ),
                  },
                  {
                    id: "actions",
                    label: "",
                    cell: ({ id, disabled }) =>
                      admin &&
                      !disabled && (
                        <span class="wl-inline wl-inline-end wl-actions">
                          <Button kind="quiet" onClick={() => remove(id)}>
                            {t.remove}
                          </Button>
                        </span>
                      ),
                  },
                ]}
                rows={devices}
                keyOf={({ id }) => id}
                mark={({ id }) => ({ "data-testid": "device", "data-device": id })}
              />
            )}
          </Panel>
        )}
      </WhenLoaded>
    </>
  );
}

interface AddDeviceProps {
  readonly t: PageProps["t"];
  readonly busy: boolean;
  /** Return whether the device was added. */
  readonly add: (device: NewDevice) => Promise<boolean>;
  readonly close: () => void;
}

/** Add a device. The typed text stays until the server has added it. */
function AddDevice({ t, busy, add, close }: AddDeviceProps) {
  const [device, setDevice] = useState(EMPTY);
  const field = (name: keyof typeof EMPTY, label: string, hint: string, required = false) => (
    <Field
      label={label}
      hint={hint}
      required={required}
      value={device[name]}
      onInput={(text) => setDevice({ ...device, [name]: text })}
      testId={`device-${name}`}
    />
  );
  const submit = async (): Promise<void> => {
    const { topics, forms } = ownTopics(device.topics);
    const meter = device.meter ? { meter: device.meter, forms } : {};
    const id = device.id.startsWith("d-") ? device.id : `d-${device.id}`;
    if (await add({ id, client: device.client, topics, ...meter })) close();
  };
  return (
    <form
      class="wl-box"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{t.deviceAdd}</h2>
      <Pair>
        {field("id", t.deviceId, t.deviceIdHint, true)}
        {field("client", t.deviceClient, t.deviceClientHint, true)}
      </Pair>
      {field("topics", t.deviceTopics, t.deviceTopicsHint)}
      {field("meter", t.deviceMeter, t.deviceMeterHint)}
      <div class="wl-inline">
        <Button kind="primary" type="submit" disabled={busy}>
          {t.deviceAdd}
        </Button>
        <Button onClick={close}>{t.cancel}</Button>
      </div>
    </form>
  );
}
