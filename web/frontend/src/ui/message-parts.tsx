/** What only some messages show: a file, a quotation, and why a message was not sent. The widget loads it with the first of them. */

import type { ComponentChild, TargetedMouseEvent } from "preact";
import { useState } from "preact/hooks";

import type { Item } from "../core/view.ts";
import type { File } from "../protocol/kinds.ts";
import { CLIP, Drawing, WARNING } from "./drawing.tsx";
import { fileSize } from "./format.ts";
import type { LightboxProps } from "./lightbox.tsx";
import { type FailedProps, type RareBodyProps, Words, whoSaid } from "./message.tsx";
import { pictureMessages, type Texts, unsentMessages, whyNot, whyNotSent } from "./messages.ts";
import { ownWords, quotedWords } from "./rows.ts";

const PICTURE = "wl-picture";

/** Return the lightbox with the pictures that the log shows, beginning with the pressed one. */
async function boxOf(pressed: HTMLAnchorElement) {
  const log = pressed.closest("[role=log]") ?? pressed.parentElement;
  const links = [...(log?.querySelectorAll<HTMLAnchorElement>(`a.${PICTURE}`) ?? [])];
  const { Lightbox } = await import("./lightbox.tsx");
  const pictures = links.map((link) => ({
    address: link.href,
    name: link.title,
    said: link.closest(".wl-message")?.firstElementChild?.textContent?.replace(/: $/, "") ?? "",
  }));
  return { Lightbox, pictures, first: links.indexOf(pressed) };
}

type Box = Pick<LightboxProps, "pictures" | "first"> & { readonly Lightbox: (props: LightboxProps) => ComponentChild };

/** Show the words that a message quotes apart from its own, with the name of who said them. */
function QuoteBody({ item, look, context }: RareBodyProps) {
  const quoted = quotedWords(item.text);
  const begin = quoted.replace(/ …$/, "");
  const source = context.items.find(({ id, text }) => id !== item.id && ownWords(text).startsWith(begin));
  return (
    <div class={look} dir="auto">
      <blockquote class="wl-quote">
        {source && <b>{source.mine ? context.t.you : whoSaid(source, context)}</b>}
        {quoted}
      </blockquote>
      <Words text={ownWords(item.text)} />
    </div>
  );
}

/** Show a picture or a file's name, with progress while it uploads. Pictures come only from the chat's own server. */
function FileBody({ item, look, context, file }: RareBodyProps & { readonly file: File }) {
  const { t } = context;
  const said = pictureMessages[t.lang].file(file.name);
  const [address, thumb] = [false, true].map((small) =>
    item.seq === null ? null : context.fileAddress(file.file, small),
  );
  const [unseen, setUnseen] = useState(false);
  const [box, setBox] = useState<Box | null>(null);
  const chip = `${look} wl-file`;
  const name = (
    <>
      <Drawing path={CLIP} />
      <span>
        {file.name} <small class="wl-number">{fileSize(t.lang, file.size)}</small>
      </span>
    </>
  );
  if (!address) {
    return (
      <div class={chip}>
        {name}
        {item.tick === "sending" && (
          <progress
            class="wl-progress"
            max={1}
            value={context.uploads[item.id] ?? 0}
            aria-label={unsentMessages[t.lang].uploading(file.name)}
          />
        )}
      </div>
    );
  }
  const picture = file.type.startsWith("image/") && !unseen ? thumb : null;
  const open = (event: TargetedMouseEvent<HTMLAnchorElement>): void => {
    if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    boxOf(event.currentTarget).then(setBox, () => globalThis.open(address, "_blank", "noopener"));
  };
  return (
    <>
      <a
        class={picture ? PICTURE : chip}
        href={address}
        target="_blank"
        rel="noopener noreferrer"
        title={picture ? file.name : undefined}
        onClick={open}
      >
        {picture ? (
          <img
            src={picture}
            alt={said}
            width={file.width}
            height={file.height}
            loading="lazy"
            onError={() => setUnseen(true)}
          />
        ) : (
          name
        )}
      </a>
      {box && <box.Lightbox lang={t.lang} pictures={box.pictures} first={box.first} onClose={() => setBox(null)} />}
    </>
  );
}

/** Show a file, or words below those that they quote. */
const RareBody = (props: RareBodyProps) => {
  const { file } = props.item.body;
  return file ? <FileBody {...props} file={file} /> : <QuoteBody {...props} />;
};

/** Sent again it would be refused again. */
const HOPELESS = /^(too_large|wrong_type|broken_image|file_lost)$/;

/** Return why it was refused. Agents are refused for more reasons than clients. */
const whyOf = ({ lang }: Texts, { why, text }: NonNullable<Item["refusal"]>): string =>
  whyNotSent(lang, why, __DESK__ ? whyNot(lang, why, text) : text);

/** Say why a message was not sent, and what to do. */
export function Failed({ t, item, onRetry, onDiscard }: FailedProps) {
  return (
    <div class="wl-meta wl-meta-failed">
      <span>
        <Drawing path={WARNING} /> {[t.notSent, item.refusal && whyOf(t, item.refusal)].filter(Boolean).join(": ")}
      </span>
      {!HOPELESS.test(item.refusal?.why ?? "") && (
        <button type="button" class="wl-link" onClick={() => onRetry(item.id)}>
          {unsentMessages[t.lang].retry}
        </button>
      )}
      <button type="button" class="wl-link" onClick={() => onDiscard(item.id)}>
        {unsentMessages[t.lang].discard}
      </button>
    </div>
  );
}

export const MESSAGE_PARTS = { RareBody, Failed };
