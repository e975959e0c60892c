import { useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import { routeHash } from "../route.ts";
import { Refused, useDoing } from "./doing.tsx";
import { Field, Pair } from "./field.tsx";
import { type PageProps, Show, useLoad } from "./loaded.tsx";
import { Once } from "./once.tsx";
import { ownTopics } from "./own-topics.ts";

const EMPTY = { id: "", client: "", topics: "", meter: "" };

/** Meters and displays of the clients: what is connected, what to put into a new one, and out with a lost one. */
export function DevicesPage({ board, t, words }: PageProps) {
  const { api } = board.desk;
  const { admin } = board.config.me;
  const loaded = useLoad(() => api.devices(), "devices");
  const [doing, run] = useDoing();
  const [device, setDevice] = useState(EMPTY);
  const [credentials, setCredentials] = useState<string | null>(null);
  const add = (): void =>
    void run(async () => {
      const { topics, forms } = ownTopics(device.topics);
      const meter = device.meter ? { meter: device.meter, forms } : {};
      const id = device.id.startsWith("d-") ? device.id : `d-${device.id}`;
      setCredentials(JSON.stringify(await api.addDevice({ id, client: device.client, topics, ...meter }), null, 2));
      setDevice(EMPTY);
      await loaded.again();
    });
  return (
    <>
      <Refused doing={doing} t={t} />
      {credentials && <Once label={t.deviceOnce} text={credentials} t={t} testId="device-once" />}
      <Show loaded={loaded} t={t} words={words}>
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
                        onClick={() => void run(async () => (await api.removeDevice(each.id), await loaded.again()))}
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
      </Show>
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
            <Field
              label={t.deviceId}
              hint={t.deviceIdHint}
              required
              value={device.id}
              onInput={(id) => setDevice({ ...device, id })}
              testId="device-id"
            />
            <Field
              label={t.deviceClient}
              hint={t.deviceClientHint}
              required
              value={device.client}
              onInput={(client) => setDevice({ ...device, client })}
              testId="device-client"
            />
          </Pair>
          <Field
            label={t.deviceTopics}
            hint={t.deviceTopicsHint}
            value={device.topics}
            onInput={(topics) => setDevice({ ...device, topics })}
            testId="device-topics"
          />
          <Field
            label={t.deviceMeter}
            hint={t.deviceMeterHint}
            value={device.meter}
            onInput={(meter) => setDevice({ ...device, meter })}
            testId="device-meter"
          />
          <Button kind="primary" type="submit" disabled={doing.state === "doing"}>
            {t.deviceAdd}
          </Button>
        </form>
      )}
    </>
  );
}
