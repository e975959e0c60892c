import { useContext, useEffect, useState } from "preact/hooks";

import type { Alarms } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { ClientPicker } from "../client-picker.tsx";
import { useRequest } from "../request.tsx";
import type { PageProps } from "../state.ts";
import { DataTable } from "./data-table.tsx";
import { Editable, IfEditable } from "./field.tsx";
import { ENERGY, InlineNumber, WH_PER_KWH } from "./inline-number.tsx";
import { Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";

/** The names of so many clients are asked for; more are called by their id. */
const MOST_NAMED = 50;

interface LimitsProps extends PageProps {
  readonly value: Alarms;
  readonly change: (value: Alarms) => void;
}

/** Edit the limits of single clients, found by name, which replace the limit for all. */
export function Limits({ board, t, words, value, change }: LimitsProps) {
  const isEditable = useContext(Editable);
  const [isAdding, setAdding] = useState(false);
  const [added, setAdded] = useState<string | null>(null);
  const limits = Object.entries(value.limits);
  const put = (next: Alarms["limits"]): void => change({ ...value, limits: next });
  const ids = Object.keys(value.limits).slice(0, MOST_NAMED);
  const names = useRequest({
    key: ids.join() || null,
    ask: async () => new Map(await Promise.all(ids.map(async (id) => [id, await nameOf(board, id)] as const))),
  });
  const clientOf = (id: string): string =>
    board.clientName(id, (names.load.state === "loaded" && names.load.value.get(id)) || null);
  useEffect(() => {
    if (added === null || isAdding) return;
    // After the dialog has given the focus back.
    setTimeout(() => document.querySelector<HTMLElement>(`[data-testid=limit][data-client="${added}"] input`)?.focus());
    setAdded(null);
  }, [added, isAdding]);
  return (
    <Panel
      title={t.alarmsLimits}
      aside={
        isEditable && (
          <Button data-testid="limit-add" onClick={() => setAdding(true)}>
            {t.alarmsLimitAdd}
          </Button>
        )
      }
    >
      {limits.length === 0 ? (
        <p class="wl-hint">{t.alarmNoLimits}</p>
      ) : (
        <DataTable
          label={t.alarmsLimits}
          columns={[
            {
              id: "client",
              label: t.deviceClient,
              cell: ({ client }) => (
                <div>
                  {clientOf(client)}
                  {clientOf(client) !== client && <span class="wl-hint">{client}</span>}
                </div>
              ),
            },
            {
              id: "limit",
              label: t.alarmsLimit,
              isNumber: true,
              cell: ({ client, wh }) => (
                <InlineNumber
                  t={t}
                  form={ENERGY}
                  label={`${t.alarmsLimitOf}: ${clientOf(client)}`}
                  value={wh}
                  unit="kWh"
                  onChange={(next) => put({ ...value.limits, [client]: next ?? wh })}
                />
              ),
            },
            {
              id: "remove",
              label: "",
              cell: ({ client }) => (
                <IfEditable>
                  <span class="wl-inline wl-inline-end">
                    <Button
                      kind="quiet"
                      icon
                      label={t.removeText(clientOf(client))}
                      onClick={() => put(Object.fromEntries(limits.filter(([each]) => each !== client)))}
                    >
                      <Picture name="close" small />
                    </Button>
                  </span>
                </IfEditable>
              ),
            },
          ]}
          rows={limits.map(([client, wh]) => ({ client, wh }))}
          keyOf={({ client }) => client}
          mark={({ client }) => ({ "data-testid": "limit", "data-client": client })}
        />
      )}
      {isAdding && (
        <ClientPicker
          {...{ board, t, words }}
          label={t.alarmsLimitFor}
          hint={t.alarmsLimitHint}
          testId="limit-picker"
          onChoose={({ id }) => {
            if (value.limits[id] === undefined) put({ ...value.limits, [id]: WH_PER_KWH });
            setAdded(id);
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </Panel>
  );
}

/** Return a client's name; null where it has none, or is not known any more. */
const nameOf = async (board: PageProps["board"], id: string): Promise<string | null> =>
  board.desk.api.client(id).then(
    ({ name }) => name,
    () => null,
  );
