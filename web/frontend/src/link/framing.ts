/**
 * Deliver a WebSocket's bytes in whole MQTT packets. A broker may split a packet over frames (MQTT 3.1.1 §6); u8-mqtt
 * 0.6.7 then waits for as many bytes as the split packet had before it reads a shorter one.
 */

interface Socket {
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: Uint8Array }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onclose: ((event: { wasClean: boolean }) => void) | null;
  readonly readyState: number;
  binaryType: string;
  send(bytes: Uint8Array): void;
}
interface Ends {
  readonly onData: () => void;
  readonly onEnd: () => void;
}

/** More than a 64 KiB payload with its topic. */
const MOST_BYTES = 256 * 1024;

/** Return the length of the first packet with its header; null while the header is incomplete. */
export function lengthOf(bytes: Uint8Array): number | null {
  let rest = 0;
  for (let place = 1; place <= 4; place++) {
    const byte = bytes[place];
    if (byte === undefined) return null;
    rest += (byte & 0x7f) * 128 ** (place - 1);
    if (byte < 0x80) return 1 + place + rest;
  }
  return Number.POSITIVE_INFINITY;
}

/** Wrap a WebSocket for u8-mqtt, delivering packet by packet. */
export function framed(socket: WebSocket, ends: Ends): Socket {
  let held: Uint8Array = new Uint8Array();
  const frame: Socket = {
    onopen: null,
    onmessage: null,
    onerror: null,
    onclose: null,
    binaryType: "arraybuffer",
    get readyState() {
      return socket.readyState;
    },
    send(bytes) {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes as Uint8Array<ArrayBuffer>);
    },
  };
  socket.onopen = () => frame.onopen?.({});
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!(data instanceof ArrayBuffer)) return socket.close(); // MQTT uses binary frames
    ends.onData();
    const bytes = new Uint8Array(held.length + data.byteLength);
    bytes.set(held);
    bytes.set(new Uint8Array(data), held.length);
    held = bytes;
    for (let size = lengthOf(held); size !== null; size = lengthOf(held)) {
      if (size > MOST_BYTES) return socket.close();
      if (size > held.length) return;
      const packet = held.slice(0, size);
      held = held.subarray(size);
      frame.onmessage?.({ data: packet });
    }
  };
  socket.onclose = () => {
    frame.onclose?.({ wasClean: true });
    ends.onEnd();
  };
  return frame;
}
