/** Messages of the broker, read the same way for a client and for the desk. */

import type { Happened } from "../core/conversation.ts";
import {
  asDeskNotice,
  asEntry,
  asLiveReading,
  asMarker,
  asRefusal,
  asTyping,
  type DeskNotice,
  decode,
  type LiveReading,
} from "../protocol/payloads.ts";
import { type Address, parse, senderOf } from "../protocol/topics.ts";
import type { Message } from "./broker-connection.ts";

export interface Hearer {
  onNotice(notice: DeskNotice, retained: boolean): void;
  onOutage(area: string, payload: Uint8Array): void;
  onReading(client: string, reading: LiveReading): void;
  onConversation(client: string, happened: Happened): void;
  /** The desk's own topics. */
  onDesk?(address: Address, payload: Uint8Array): void;
}

/** Read a message and tell what it says; unknown topics and malformed payloads are dropped. */
export function hearMessage({ topic, payload, retained }: Message, hearer: Hearer): void {
  const address = parse(topic);
  if (!address) return;
  const { kind, client, area } = address;
  if (kind === "notice_desk") {
    const notice = decode(asDeskNotice, payload);
    if (notice) hearer.onNotice(notice, retained);
  } else if (kind === "outage") {
    if (area) hearer.onOutage(area, payload);
  } else if (retained) {
    return; // conversations retain nothing
  } else if (kind === "reading") {
    const reading = decode(asLiveReading, payload);
    if (reading && client) hearer.onReading(client, reading);
  } else if (client && !(__DESK__ && kind === "team_inbox")) {
    const happened = happenedIn(address, payload);
    if (happened) hearer.onConversation(client, happened);
  } else hearer.onDesk?.(address, payload);
}

/** Return the conversation's event; null for other topics and malformed payloads. */
function happenedIn(address: Address, payload: Uint8Array): Happened | null {
  const sender = senderOf(address);
  switch (address.kind) {
    case "log": {
      const entry = decode(asEntry, payload);
      return entry && { type: "entry", entry };
    }
    case "typing": {
      const typing = decode(asTyping, payload);
      return typing && sender ? { type: "typing", sender, on: typing.on } : null;
    }
    case "read": {
      const marker = decode(asMarker, payload);
      return marker && sender ? { type: "marker", reader: sender, marker } : null;
    }
    case "refused": {
      const refusal = decode(asRefusal, payload);
      return refusal && { type: "refusal", refusal };
    }
    default:
      return null;
  }
}
