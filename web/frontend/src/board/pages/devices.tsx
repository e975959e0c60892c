import { useState } from "preact/hooks";

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
  const [device, setDevice] = useState(EMPTY);
  const [credentials, setCredentials] = useState<string | null>(null);
  const add = (): void =>
    void run(async () => {
      const { topics, forms } = ownTopics(device.topics);
      const meter = device.meter ? { meter: device.meter, forms } : {};
      const id = device.id.startsWith("d-") ? device.id : `d-${device.id}`;
      setCredentials(JSON.stringify(await api.addDevice({ id, client: device.client, topics, ...meter }), null, 2));
      setDevice(EMPTY);
      await request.again();
    });
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
  return (
    <>
      <Refused action={action} t={t} />
      {credentials && <CopyBox label={t.deviceOnce} text={credentials} t={t} testId="device-once" />}
      <WhenLoaded request={request} t={t} words={words}>
        {(devices) =>
          devices.length === 0 ? (
            <p>{t.noDevices}</p>
          ) : (
            <ul class="wl-table">
              {devices.map((each) => (
                <li key={each.id} data-testid="device" data-device={each.id}>
                  <strong>{each.id}</strong>
                  <span class="wl-muted">
                    <a href={routeHash({ client: each.client, pane: "context" })}>{each.client}</a>
                    {each.topics.length > 0 && ` · ${each.topics.join(", ")}`}
                    {each.disabled && ` · ${t.disabled}`}
                  </span>
                  {admin && !each.disabled && (
                    <span class="wl-actions">
                      <Button
                        kind="bad"
                        onClick={() => void run(async () => (await api.removeDevice(each.id), await request.again()))}
                      >
                        {t.remove}
                      </Button>
                    </span>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </WhenLoaded>
      {admin && (
        <form
          class="wl-form wl-block"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <h2>{t.deviceAdd}</h2>
          <Pair>
            {field("id", t.deviceId, t.deviceIdHint, true)}
            {field("client", t.deviceClient, t.deviceClientHint, true)}
          </Pair>
          {field("topics", t.deviceTopics, t.deviceTopicsHint)}
          {field("meter", t.deviceMeter, t.deviceMeterHint)}
          <Button kind="primary" type="submit" disabled={action.state === "running"}>
            {t.deviceAdd}
          </Button>
        </form>
      )}
    </>
  );
}
