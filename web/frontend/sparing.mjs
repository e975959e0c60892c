// What makes the widget's files smaller without changing what they do: parts of the MQTT client that it never calls are
// left out. It is checked while building: what is not found ends it.
import { readFileSync } from "node:fs";

/** Of u8-mqtt 0.6.7, from the first words up to the second ones: texts of reasons, MQTT 5, other ways to call, connect or say. */
const NEVER_CALLED = [
  ["  u32() {", "  bin() {"],
  ["  pair() {", "  flags(FlagsType)"],
  ["  u32(v) {", "  bin(u8_buf) {"],
  ["  pair(k,v) {", "  flags(v, enc_flags"],
  ["const pkt_api ={", "const opt_default", "const pkt_api = {};\n"],
  ["function with_reasons(", "class mqtt_writer_v4 {", "const mqtt_reader_v4 = mqtt_reader_v4$1;\n"],
  ["function mqtt_encode_unsubscribe(", "function mqtt_encode_pingxxx("],
  ["  mqtt_encode_unsubscribe,\n", "  mqtt_encode_pingxxx,\n"],
  ["  async auth(pkt={}) {", "  ping() {"],
  ["  // alias: unsub\n", "  // alias: publish --"],
  ["    if (undefined === pkt.payload) {\n", "    return this._send('publish', pkt,"],
  ["' publish:pub ", "}\n\n  static _once_(", "''"],
  ["  on_error(err, evt) {", "  with_websock(websock) {"],
  ["    if (! websock?.send) {\n", "    websock.binaryType"],
];

function without(code, [from, to, instead = ""]) {
  const [start, end] = [code.indexOf(from), code.indexOf(to, code.indexOf(from))];
  if (start < 0 || end < 0) throw new Error(`u8-mqtt has another shape than 0.6.7 at: ${from}`);
  return code.slice(0, start) + instead + code.slice(end);
}

export const mqttInUse = {
  name: "mqtt-in-use",
  setup(bundler) {
    bundler.onLoad({ filter: /u8-mqtt[/\\]esm[/\\]web[/\\]basic-v4\.js$/ }, ({ path }) => ({
      contents: NEVER_CALLED.reduce(without, readFileSync(path, "utf8")).replace(/5 <= (pkt\.)?mqtt_level/g, "false"),
    }));
  },
};
