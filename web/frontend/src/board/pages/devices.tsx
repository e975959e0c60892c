import { useState } from "preact/hooks";

import { Button } from "../../ui/button.tsx";
import { Refused, useAction, useRequest, WhenLoaded } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { DataTable } from "./data-table.tsx";
import { DeviceWizard } from "./device-wizard.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

/** List the clients' meters and displays; administrators add and remove them. */
export function DevicesPage({ board, t, words }: PageProps) {
  const { api } = board.desk;
  const { admin } = board.config.me;
  const request = useRequest({ key: "devices", ask: () => api.devices() });
  const [action, run] = useAction();
  const [isAdding, setAdding] = useState(false);
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
      {isAdding && (
        <DeviceWizard board={board} t={t} onAdded={() => void request.again()} onClose={() => setAdding(false)} />
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
                    cell: ({ client }) => {
                      const { name } = board.desk.inbox.value.summaries[client] ?? {};
                      return (
                        <div>
                          <a href={routeHash({ client, pane: "context" })}>{name ?? client}</a>
                          {name && <span class="wl-hint">{client}</span>}
                        </div>
                      );
                    },
                  },
                  ...(devices.some(({ topics }) => topics.length > 0)
                    ? [
                        {
                          id: "topics",
                          label: t.deviceTopics,
                          cell: ({ topics }: (typeof devices)[number]) => topics.join(", ") || "–",
                        },
                      ]
                    : []),
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
