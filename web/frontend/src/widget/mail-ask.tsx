/** The address to which unread answers go by e-mail: the question for it, and the choice behind "More". */

import { useEffect, useState } from "preact/hooks";
import { RestError } from "../link/http.ts";
import { readLocal, writeLocal } from "../link/outbox-journal.ts";
import { Button } from "../ui/button.tsx";
import { Drawing, MAIL } from "../ui/drawing.tsx";
import { type Lang, laterTextsFor, mailMessages } from "../ui/messages.ts";
import { Beside } from "./peek.tsx";

export interface Mail {
  readonly offered: boolean;
  readonly address: string | null;
  readonly state: "none" | "waiting" | "verified" | "bounced" | "stopped";
}

/** REST as the client. */
interface MailRest {
  get(path: string): Promise<Mail>;
  send(method: "PUT", path: string, body: unknown): Promise<Mail>;
}

export interface MailProps {
  readonly lang: Lang;
  readonly client: string;
  /** Undefined before sign-in. */
  readonly rest: MailRest | undefined;
}

export interface MailAskProps extends MailProps {
  /** Whether nobody is at the desk: then the question comes at once. */
  readonly isAway: boolean;
  /** The question is answered: the focus goes on. */
  readonly onDone: () => void;
}

/** A client who waits so long for an answer is asked too. */
const PATIENCE_MS = 60_000;
/** Holds ASKED or DECLINED. */
const askedKey = (client: string): string => `wattline/mail/${client}`;
const ASKED = "0";
const DECLINED = "1";

function useMail({ lang, client, rest }: MailProps) {
  const t = mailMessages[lang];
  const path = `/api/clients/${client}/mail`;
  const [mail, setMail] = useState<Mail | null>(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    let isGone = false;
    const look = (): void => {
      if (document.visibilityState === "visible")
        rest?.get(path).then(
          (found) => !isGone && setMail(found),
          () => {}, // it is offered another time
        );
    };
    look();
    document.addEventListener("visibilitychange", look); // the link opens in another tab
    return () => {
      isGone = true;
      document.removeEventListener("visibilitychange", look);
    };
  }, [path, !rest]);
  const put = async (address: string | null): Promise<void> => {
    setFault("");
    try {
      if (rest) setMail(await rest.send("PUT", path, { address }));
    } catch (error) {
      const why = error instanceof RestError ? error.code : "";
      setFault(
        { bad_address: t.bad, bad_request: t.bad, unsubscribed: t.unsubscribed, too_fast: t.tooFast }[why] ?? t.failed,
      );
    }
  };
  return { t, mail, fault, put };
}

type Found = ReturnType<typeof useMail>;

interface FormProps extends Found {
  readonly label: string;
  readonly no?: string;
  readonly onNo?: () => void;
}

/** Take an address. */
function Form({ t, fault, put, label, no = t.no, onNo }: FormProps) {
  const [address, setAddress] = useState("");
  const isEmpty = address.trim() === "";
  return (
    <form
      class="wl-mail"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty) void put(address.trim());
      }}
      noValidate
    >
      <label>
        {label}
        <input
          class="wl-input"
          type="email"
          autocomplete="email"
          maxLength={254}
          placeholder={t.address}
          value={address}
          aria-invalid={fault !== ""}
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
      </label>
      <div class="wl-strip-row">
        <Button kind="primary" type="submit" disabled={isEmpty}>
          {t.send}
        </Button>
        {onNo && (
          <Button kind="quiet" onClick={onNo}>
            {no}
          </Button>
        )}
      </div>
      <span role="status" class="wl-strip-fault">
        {fault}
      </span>
    </form>
  );
}

/** Ask when it is due and no address is known, and remember that. Args: until: what ended the question at an earlier visit. */
function useQuestion(props: MailAskProps, isDue: boolean, until: readonly string[]) {
  const found = useMail(props);
  const { mail } = found;
  const key = askedKey(props.client);
  const [wasAsked, setAsked] = useState(false);
  const [isOver, setOver] = useState(() => until.includes(readLocal(key) ?? ""));
  const asks = !isOver && isDue && mail?.offered === true && mail.state === "none";
  useEffect(() => {
    if (!asks) return;
    setAsked(true);
    writeLocal(key, ASKED);
  }, [asks]);
  const putOff = (): void => {
    setOver(true);
    props.onDone();
  };
  const end = (): void => {
    writeLocal(key, DECLINED);
    putOff();
  };
  return { ...found, putOff, end, shown: !isOver && (asks || (wasAsked && mail?.state !== "none")) ? mail : null };
}

/**
 * Ask a client who waits: at once when nobody is here or the page was left, else after a minute. It stays until it is
 * declined in this browser.
 */
export function MailAsk(props: MailAskProps) {
  const [isDue, setDue] = useState(props.isAway);
  const { shown, end, ...found } = useQuestion(props, isDue, [DECLINED]);
  const { t } = found;
  useEffect(() => {
    const ask = (): void => setDue(true);
    if (props.isAway) ask();
    const timer = setTimeout(ask, PATIENCE_MS);
    document.addEventListener("visibilitychange", ask); // who leaves the page finds the question there
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [props.isAway]);
  if (!shown) return null;
  return (
    <div class="wl-strip wl-mail-ask" data-testid="mail">
      {shown.state === "none" ? (
        <Form {...found} label={props.isAway ? t.away : t.busy} onNo={end} />
      ) : (
        <Given {...found} mail={shown} onClose={end} />
      )}
    </div>
  );
}

/**
 * Ask a client who closes the chat while a question is open, once in a browser, beside the launcher. After "Later" the
 * chat asks.
 */
export function MailLeaving(props: MailAskProps) {
  const { shown, putOff, end, ...found } = useQuestion(props, true, [ASKED, DECLINED]);
  const { t } = found;
  if (!shown) return null;
  return (
    <Beside label={t.offer} name="mail-leaving" isQuestion onLater={shown.state === "none" ? putOff : end}>
      {(later) =>
        shown.state === "none" ? (
          <Form {...found} label={props.isAway ? t.away : t.busy} no={laterTextsFor(props.lang).notNow} onNo={later} />
        ) : (
          <Given {...found} mail={shown} onClose={later} />
        )
      }
    </Beside>
  );
}

interface GivenProps {
  readonly t: Found["t"];
  readonly mail: Mail;
  readonly onClose: () => void;
}

/** Say what happens to the address that was given. */
function Given({ t, mail, onClose }: GivenProps) {
  return (
    <div class="wl-strip-row">
      <span role="status">{mail.state !== "none" && t[mail.state](mail.address ?? "")}</span>
      <Button kind="quiet" onClick={onClose}>
        {t.close}
      </Button>
    </div>
  );
}

/** Show, give or remove the address. */
export function MailChoice(props: MailProps) {
  const found = useMail(props);
  const { t, mail, fault, put } = found;
  const [isOpen, setOpen] = useState(false);
  if (!mail?.offered) return null;
  if (mail.state === "none")
    return isOpen ? (
      <Form {...found} label={t.offer} />
    ) : (
      <Button kind="quiet" onClick={() => setOpen(true)}>
        <Drawing path={MAIL} />
        {t.offer}
      </Button>
    );
  return (
    <div class="wl-mail">
      <span role="status">{t[mail.state](mail.address ?? "")}</span>
      <Button kind="quiet" onClick={() => void put(null)}>
        {t.remove}
      </Button>
      <span role="status" class="wl-strip-fault">
        {fault}
      </span>
    </div>
  );
}
