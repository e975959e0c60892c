import { useEffect, useRef, useState } from "preact/hooks";

import type { DeviceLogin, DevicePart, LastReading, NewDevice } from "../../link/desk-api.ts";
import { isId, isName, roleOf } from "../../protocol/ids.ts";
import { Button } from "../../ui/button.tsx";
import { energy, power, span } from "../../ui/format.ts";
import { saveText } from "../../ui/save-text.ts";
import { Refused, useAction, useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { Board, PageProps } from "../state.ts";
import { CopyBox, CopyLine } from "./copy-box.tsx";
import { Field, type FieldProps, Pair, useOpened } from "./field.tsx";
import { Panel } from "./page-head.tsx";
import { Picture, type PictureName } from "./page-icon.tsx";

type T = PageProps["t"];

/** Each kind's picture, and its step on the device after the lines are copied. */
const KINDS = {
  micropython: { picture: "devices", isMeter: false },
  esphome: { picture: "devices", isMeter: false },
  homeassistant: { picture: "portal", isMeter: false },
  tasmota: { picture: "bolt", isMeter: true },
  shelly: { picture: "bolt", isMeter: true },
  p1: { picture: "gauge", isMeter: true },
  sml: { picture: "gauge", isMeter: true },
  other: { picture: "add", isMeter: true },
} as const satisfies Readonly<Record<string, { readonly picture: PictureName; readonly isMeter: boolean }>>;
type Kind = keyof typeof KINDS;

/** Parts that are the same for all clients, and too long to paste. */
const WHOLE_FILES: readonly string[] = ["main.py", "wattline.py", "display.yaml"];

/** Return the picture of a kind, also of one that the wizard does not offer. */
export const pictureOf = (kind: string | null): PictureName =>
  (KINDS as Readonly<Record<string, { readonly picture: PictureName }>>)[kind ?? ""]?.picture ??
  (kind === "demo" ? "gauge" : "devices");

/** Wait for this pause in typing, so that not each letter is a request. */
const TYPED_MS = 200;
const LISTEN_EVERY_MS = 2_000;
/** A page that stays open asks no longer than this. */
const LISTEN_MS = 15 * 60_000;
const NUMBER_TOPIC = /^(kwh|wh|kw|w)=(.+)$/iu;
const EMPTY = { id: "", client: "", topics: "", meter: "" };

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

/** Return the id of a client: as it was typed, or of the only one who has this name. */
export async function clientOf(board: Board, typed: string): Promise<string> {
  const found = await board.desk.api.findClients(typed).catch(() => []); // adding it tells what is wrong
  const named = found.filter(({ name }) => name?.localeCompare(typed, [], { sensitivity: "base" }) === 0);
  return (named.length === 1 && found.every(({ id }) => id !== typed) && named[0]?.id) || typed;
}

interface WizardProps {
  readonly board: Board;
  readonly t: T;
  readonly onAdded: () => void;
  readonly onClose: () => void;
}

/** Add a device in three steps: its kind, whose it is, and what to enter on it, with a live test. */
export function DeviceWizard({ board, t, onAdded, onClose }: WizardProps) {
  const [kind, setKind] = useState<Kind | null>(null);
  const [login, setLogin] = useState<DeviceLogin | null>(null);
  const [action, run] = useAction();
  const add = (device: NewDevice): Promise<boolean> =>
    run(async () => {
      setLogin(await board.desk.api.addDevice(device));
      onAdded();
    });
  const step = login !== null ? 3 : kind !== null ? 2 : 1;
  const top = useOpened<HTMLDivElement>();
  const shown = useRef(step);
  // What was pressed is gone: the keyboard and the screen go on from the step's beginning.
  useEffect(() => {
    if (step === shown.current) return;
    shown.current = step;
    top.current?.focus({ preventScroll: true });
    top.current?.scrollIntoView({ block: "nearest" });
  }, [step]);
  return (
    <div ref={top} tabIndex={-1} class="wl-wizard-step">
      <Panel
        title={t.wizardStep(step, 3, [t.wizardKind, t.wizardWhose, t.wizardConnect][step - 1] ?? "")}
        aside={
          <Button kind="quiet" onClick={onClose}>
            {login === null ? t.cancel : t.close}
          </Button>
        }
        testId="device-wizard"
      >
        {kind !== null && (
          <p class="wl-hint" data-testid="device-kind">
            <Picture name={KINDS[kind].picture} small />
            {t.wizardName(kind)}
          </p>
        )}
        {kind === null ? (
          <Kinds t={t} onChoose={setKind} />
        ) : login === null ? (
          <Whose
            board={board}
            t={t}
            kind={kind}
            busy={action.state === "running"}
            add={add}
            back={() => setKind(null)}
          />
        ) : (
          <Connect board={board} t={t} kind={kind} login={login} />
        )}
        <Refused action={action} t={t} />
      </Panel>
    </div>
  );
}

const Kinds = ({ t, onChoose }: { readonly t: T; readonly onChoose: (kind: Kind) => void }) => (
  <div class="wl-kinds">
    {(Object.keys(KINDS) as Kind[]).map((kind) => (
      <button key={kind} type="button" class="wl-kind" onClick={() => onChoose(kind)} data-testid={`kind-${kind}`}>
        <Picture name={KINDS[kind].picture} />
        <strong>{t.wizardName(kind)}</strong>
        <span>{t.wizardWhat(kind)}</span>
      </button>
    ))}
  </div>
);

interface WhoseProps {
  readonly board: Board;
  readonly t: T;
  readonly kind: Kind;
  readonly busy: boolean;
  readonly add: (device: NewDevice) => Promise<boolean>;
  readonly back: () => void;
}

function Whose({ board, t, kind, busy, add, back }: WhoseProps) {
  const [device, setDevice] = useState(EMPTY);
  const [wrong, setWrong] = useState<readonly (keyof typeof EMPTY)[]>([]);
  const typed = device.client.trim();
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useRequest({ key: asked || null, ask: () => board.desk.api.findClients(asked) });
  const field = (name: keyof typeof EMPTY, label: string, hint: string, more: Partial<FieldProps> = {}) => (
    <Field
      {...more}
      label={label}
      hint={hint}
      error={wrong.includes(name) ? (name === "client" ? t.deviceClientWrong : t.deviceIdWrong) : ""}
      value={device[name]}
      onInput={(text) => {
        setWrong([]);
        setDevice({ ...device, [name]: text });
      }}
      testId={`device-${name}`}
    />
  );
  const submit = async (): Promise<void> => {
    const { topics, forms } = ownTopics(device.topics);
    const typedId = device.id.trim();
    const id = typedId.startsWith("d-") ? typedId : `d-${typedId}`;
    const meter = device.meter ? { meter: device.meter, forms } : {};
    const client = await clientOf(board, typed);
    const refused = [
      ...(isId(id) ? [] : (["id"] as const)),
      ...(device.meter === "" || isName(device.meter) ? [] : (["meter"] as const)),
      ...(roleOf(client) === "client" ? [] : (["client"] as const)),
    ];
    setWrong(refused);
    if (refused.length > 0) return;
    await add({ id, client, topics, ...meter, ...(kind === "other" ? {} : { kind }) });
  };
  return (
    <form
      class="wl-wizard"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Pair>
        {field("id", t.deviceId, t.deviceIdHint, { required: t.fieldNeeded })}
        {field("client", t.deviceClient, t.deviceClientHint, { required: t.fieldNeeded, list: "wl-device-clients" })}
      </Pair>
      <datalist id="wl-device-clients">
        {(found.load.state === "loaded" ? found.load.value : []).map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
      {kind === "other" && (
        <Pair>
          {field("topics", t.deviceTopics, t.deviceTopicsHint)}
          {field("meter", t.deviceMeter, t.deviceMeterHint)}
        </Pair>
      )}
      <div class="wl-inline wl-inline-end">
        <Button onClick={back}>{t.wizardBack}</Button>
        <Button kind="primary" type="submit" disabled={busy}>
          {t.wizardNext}
        </Button>
      </div>
    </form>
  );
}

interface ConnectProps {
  readonly board: Board;
  readonly t: T;
  readonly kind: Kind;
  readonly login: DeviceLogin;
}

/** Show what to enter on the device, once, and listen for it. */
function Connect({ board, t, kind, login }: ConnectProps) {
  const { flash, parts, certificate, ...plain } = login;
  const who = board.clientName(login.client);
  return (
    <div class="wl-wizard">
      <p class="wl-hint">{t.wizardOnce}</p>
      {kind === "other" ? (
        <CopyBox label={t.wizardEnterOwn} text={JSON.stringify(plain, null, 2)} t={t} testId="device-once" />
      ) : (
        parts.map((part, place) => (
          <PartToEnter
            key={part.name}
            part={part}
            label={t.wizardPart(part.name, who)}
            testId={place === 0 ? "device-once" : "device-more"}
            t={t}
          />
        ))
      )}
      {certificate !== null && kind !== "other" && <p class="wl-hint">{t.wizardTls(kind, certificate)}</p>}
      <Listening board={board} t={t} kind={kind} login={login} />
    </div>
  );
}

interface PartProps {
  readonly part: DevicePart;
  /** Says where the part goes. */
  readonly label: string;
  readonly testId: string;
  readonly t: T;
}

/** Show one part of what the device is given: to copy as a whole, value by value, or to save as a file. */
function PartToEnter({ part, label, testId, t }: PartProps) {
  if (WHOLE_FILES.includes(part.name))
    return (
      <div class="wl-once">
        <span class="wl-field-label">{label}</span>
        <Button onClick={() => saveText(part.name, part.text)}>
          <Picture name="download" small />
          {part.name}
        </Button>
      </div>
    );
  if (part.fields.length === 0) return <CopyBox label={label} text={part.text} t={t} testId={testId} />;
  return (
    <div role="group" aria-label={label} class="wl-copy-lines" data-testid={testId}>
      <span class="wl-field-label">{label}</span>
      {part.fields.map((field) => (
        <CopyLine key={field.label} label={field.label} text={field.value} t={t} />
      ))}
    </div>
  );
}

/** Ask every two seconds whether the device was heard since the first answer, which came right after it was added. */
function Listening({ board, t, kind, login }: ConnectProps) {
  const [heard, setHeard] = useState<LastReading | null>(null);
  useEffect(() => {
    let since: number | null = null;
    const ask = (): void => {
      const from = since;
      board.desk.api.heard(login.username, from ?? 0).then(
        (answer) => {
          if (from !== null) setHeard(answer);
          since ??= answer.now;
        },
        () => {}, // away for a moment: the next question tells
      );
    };
    ask();
    const timer = setInterval(ask, LISTEN_EVERY_MS);
    const end = setTimeout(() => clearInterval(timer), LISTEN_MS);
    return () => {
      clearInterval(timer);
      clearTimeout(end);
    };
  }, [login.username]);
  const at = heard?.at ?? null;
  const figures =
    heard && at !== null
      ? [heard.wh === null ? "" : energy(t.lang, heard.wh), heard.w === null ? "" : power(t.lang, heard.w)].filter(
          Boolean,
        )
      : [];
  return (
    <p class={at === null ? "wl-banner" : "wl-banner wl-banner-ok"} role="status" data-testid="device-heard">
      <Picture name={at === null ? "hours" : "check"} />
      {heard && at !== null ? (
        <span>
          {t.wizardHeard(span(t.lang, Math.max(0, heard.now - at)))}
          {figures.length > 0 && `: ${figures.join(", ")}`}.{" "}
          <a href={routeHash({ client: login.client, pane: "context" })}>{board.clientName(login.client)}</a>
        </span>
      ) : kind === "other" ? (
        t.wizardWaitsOther
      ) : (
        t.wizardWaits(KINDS[kind].isMeter)
      )}
    </p>
  );
}
