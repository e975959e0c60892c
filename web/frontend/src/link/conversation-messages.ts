/** Messages of the broker, read the same way for a client and for the desk. */

import type { Happened } from "../core/conversation.ts";
import { asEntry, asMarker, asRefusal, asTyping, decode } from "../protocol/payloads.ts";
import { type Address, senderOf } from "../protocol/topics.ts";

/** Return the conversation's event; null for other topics and malformed payloads. */
export function happenedIn(address: Address, payload: Uint8Array): Happened | null {
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
