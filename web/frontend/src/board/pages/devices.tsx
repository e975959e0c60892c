import { useState } from "preact/hooks";

import type { DeviceRow, NewDevice } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { Refused, useAction, useRequest, WhenLoaded } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { CopyBox } from "./copy-box.tsx";
import { Field, Pair } from "./field.tsx";

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
  const [credentials, setCredentials] = useState<string | null>(null);
  const row = (device: DeviceRow) => (
    <li key={device.id} data-testid="device" data-device={device.id}>
      <strong>{device.id}</strong>
      <span class="wl-muted">
        <a href={routeHash({ client: device.client, pane: "context" })}>{device.client}</a>
        {device.topics.length > 0 && ` · ${device.topics.join(", ")}`}
        {device.disabled && ` · ${t.disabled}`}
      </span>
      {admin && !device.disabled && (
        <span class="wl-actions">
          <Button
            kind="bad"
            onClick={() => void run(async () => (await api.removeDevice(device.id), await request.again()))}
          >
            {t.remove}
          </Button>
        </span>
      )}
    </li>
  );
  return (
    <>
      <Refused action={action} t={t} />
      {credentials && <CopyBox label={t.deviceOnce} text={credentials} t={t} testId="device-once" />}
      <WhenLoaded request={request} t={t} words={words}>
        {(devices) => (devices.length === 0 ? <p>{t.noDevices}</p> : <ul class="wl-table">{devices.map(row)}</ul>)}
      </WhenLoaded>
      {admin && (
        <AddDevice
          t={t}
          busy={action.state === "running"}
          add={(device) =>
            run(async () => {
              setCredentials(JSON.stringify(await api.addDevice(device), null, 2));
              await request.again();
            })
          }
        />
      )}
    </>
  );
}

interface AddDeviceProps {
  readonly t: PageProps["t"];
  readonly busy: boolean;
  /** Return whether the device was added. */
  readonly add: (device: NewDevice) => Promise<boolean>;
}

/** Add a device. The typed text stays until the server has added it. */
function AddDevice({ t, busy, add }: AddDeviceProps) {
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
    if (await add({ id, client: device.client, topics, ...meter })) setDevice(EMPTY);
  };
  return (
    <form
      class="wl-form wl-block"
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
      <Button kind="primary" type="submit" disabled={busy}>
        {t.deviceAdd}
      </Button>
    </form>
  );
}
