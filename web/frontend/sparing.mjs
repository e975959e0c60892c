// Make the widget smaller: leave out the parts of the MQTT client and of preact that it never calls. The build fails
// when a part is not found.
import { readFileSync } from "node:fs";

/**
 * u8-mqtt 0.6.7: from the first text up to the second. Reasons in words, MQTT 5, other ways to call, connect or
 * publish.
 */
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
  // Flags: of CONNECT only a clean session, of SUBSCRIBE only the QoS; texts are strings.
  ["      | ( flags.reserved", "\n  const _enc_flags_will", "      | ( flags.clean_start ? 0x02 : 0 );\n"],
  ["      | ( opts.retain ? 0x4", "  return ns.subscribe", ";\n"],
  [
    "    let f0 = _enc_subscribe_flags",
    "    return wrt.as_pkt(0x82)",
    "    for (let { topic, opts } of pkt.topics) {\n      wrt.utf8(topic);\n      wrt.flags(opts, _enc_subscribe_flags);\n    }\n",
  ],
  ["    if (! u8_buf) return this.u16(0)", "  utf8(v) {", "    this.utf8(u8_buf);\n  }\n"],
  ["    if (undefined !== v && isNaN", "    this.push([v]);", "    v = enc_flags(v) | b0;\n"],
  ["  class _connack_flags_", "  return ns[0x2]"],
  ["    pkt.flags =\n", "    pkt.reason = rdr", "    rdr.u8();\n"],
  ["  flags(FlagsType)", "  reason(pkt_kind)"],
  // Reasons: their numbers.
  ["    let v = this.buf[this.step(1)];", "  flush() {", "    return this.u8();\n  }\n"],
  ["    // use hex-encoded reasons", "    this.mqtt_pkt = mqtt_pkt;", "    super();\n"],
  // Packets that a server of MQTT 3.1.1 does not send, and their handlers.
  ["  ns.pingresp =", "}\n\n\nfunction mqtt_decode_pingxxx"],
  ["  mqtt_decode_disconnect,\n", "];\n\n\nconst mqtt_encode_v4"],
  ["const _pkt_types =", "\n\n\nfunction mqtt_pkt_ctx", 'const _pkt_types = { 2: "connack", 13: "pingresp" };'],
  ["      if (b0.map)", "      let fn_decode"],
  ["|| _decode_by_id[0]", ";\n      return fn_decode"],
  [
    "async function _mqtt_cmd_evt(",
    "function _mqtt_cmd_id(",
    "const _mqtt_cmd_evt = async (target, answer, pkt) => target.mqtt_publish(pkt);\nconst _mqtt_cmd_type = (target, answer, pkt) => answer(pkt.type, pkt);\n",
  ],
  [
    "const _mqtt_cmdids =[",
    "function _mqtt_dispatch",
    "const _mqtt_cmdids = { 2: _mqtt_cmd_type, 3: _mqtt_cmd_evt, 4: _mqtt_cmd_id, 9: _mqtt_cmd_id, 11: _mqtt_cmd_id, 12: _mqtt_cmd_type, 13: _mqtt_cmd_type };\n",
  ],
  ["  let { td: rotate_td=1000", "  // Promise / future", "  let rotate_td = 1000, rotate_n = 5;\n"],
  // Options and aliases that are not used; the link sends pings and hears of the end by itself.
  ["    let cid = pkt.client_id;", "    let response = await this._send0('connect'"],
  ["      throw new this.MQTTError", "(response[0])}\n    return this.conn.on_conn", "      throw new MQTTError"],
  ["    pkt = _as_topics(pkt, ex", "  // alias: publish --", "    return this._send('subscribe', pkt, pkt)}\n"],
  ["    this.constructor?._once_();", "    let target ="],
  ["    target.mqtt_publish ||=", "    return _mqtt_dispatch(opt, target)}"],
  ["  static _aliases() {", "\n\nfunction _as_topics", "}"],
  ["  let _keep_alive_ival =", "  let conn = Object.create({"],
  ["    ping: (td=conn.keep_alive)", "on_conn(pkt, response) {", "    "],
  ["      conn.has_connected = true;", "  , on_auth(pkt", "      return conn.on_auth(null, response) }\n"],
  ["      if (0 != opt.keep_alive) {", "      return response}"],
  ["    _keep_alive_ival(0);", "    _dfn_send0.set();"],
  ["  async conn_emit(", "  with_websock(websock) {", "  conn_emit() {}\n"],
];

/**
 * preact 11.2.0: hydration, class components, contexts, portals, error boundaries, MathML, HTML as text, style objects,
 * progress bars, another scheduler, and what debuggers hook into. The widget draws functions and elements into an empty element.
 */
const NEVER_DRAWN = [
  ["128&u.__u&&(c=32", "(s=n.__b)&&s(r);"],
  ["C=(s=V.prototype)&&s.render", "(d=u.__c)?", "L=i,"],
  ["C?r.__c=d=new V(M,L):", "(r.__c=d=new x(M,L)"],
  ["j&&j.sub(d),", "d.state||(d.state={})"],
  ["C&&(d.__s||(d.__s=d.state)", "k=d.props,b=d.state"],
  ["M!==k&&C&&!V.getDerivedStateFromProps", "r.__v==u.__v&&!(8&d.__g)"],
  [",C&&d.componentDidUpdate&&", "d.context=L", "}"],
  ["C?25:0", ";do{d.__g", "0"],
  ["C&&(y.push.apply(d.__h,d.__k)", "d.state=d.__s,d.getChildContext"],
  ["d.getChildContext&&", "A=s&&s.type===$"],
  ["M.__P&&(s=l", "l=I(t,w(A)?A:[A]"],
  ["M.__P&&(r.__e=null", "r.__u&=-161"],
  ["if(e.length=v,r.__v=null,c||o)", "r.__k||(r.__k=u.__k||[])", "e.length=v,r.__v=null,r.__e=u.__e;"],
  ['"math"==C?', "f||(f="],
  ['"dangerouslySetInnerHTML"==s?y=k:', '"children"==s||s in x'],
  ['"dangerouslySetInnerHTML"==s?h=k:', '"value"==s?b=k'],
  ["h?(l||y&&", "I(a,w(_)?_:[_]", "("],
  ['if("style"==t)if(', 'if("o"==t[0]'],
  ["t=t.replace(/xlink", 'else if("width"!=t', ";"],
  [",o)for(s=0;s<o.length;s++)if((k=o[s])", "if(!t){if(M=a.ownerDocument", ");"],
  [",l&&(n.__m&&n.__m(r,o),l=!1),o=null", '}if(C){if(a="template"'],
  ['if(a="template"==C', "for(s in $)k=$[s]", "a=t;"],
  ["32&u.__u?[i]:null,f", ",i||S(u),32", "null,f"],
  ["if(i.componentWillUnmount)try", "i.__P=i.__n=null"],
  ["!u&&(i=t.__c)&&(i=i.__z)", "u||g(t.__e)"],
  ["x.prototype.forceUpdate=", "x.prototype.render="],
  ["n={__e:function(n,t,r,u){", "},t=0,r=function", "n={__e:function(n){throw f=0,n}"],
  ["return!o&&n.vnode&&", "}function M()", "return e"],
  ["n.vnode&&n.vnode(r),", "z(e,r,u,t.__n"],
  ["&&i==n.debounceRendering", "}function H()", "||queueMicrotask(H)"],
  ["(i||queueMicrotask)(H)", "}}function I(", "queueMicrotask(H)"],
  ["n.event?n.event(r):", "r)}}}function z"],
  ["d.componentWillUpdate&&", "}d.context=L"],
  [",x.is?x:a", ")}if(C){"],
  ['"progress"==C&&', "null==b||b===t[s]"],
  ['&&("progress"!=C||b)', "||N(t,s,b"],
];

const without =
  (what) =>
  (code, [from, to, instead = ""]) => {
    const [start, end] = [code.indexOf(from), code.indexOf(to, code.indexOf(from))];
    if (start < 0 || end < 0) throw new Error(`${what} has another shape at: ${from}`);
    return code.slice(0, start) + instead + code.slice(end);
  };

export const preactInUse = {
  name: "preact-in-use",
  setup(bundler) {
    bundler.onLoad({ filter: /preact[/\\]dist[/\\]preact\.mjs$/ }, ({ path }) => ({
      contents: NEVER_DRAWN.reduce(without("preact 11.2.0"), readFileSync(path, "utf8")),
    }));
  },
};

export const mqttInUse = {
  name: "mqtt-in-use",
  setup(bundler) {
    bundler.onLoad({ filter: /u8-mqtt[/\\]esm[/\\]web[/\\]basic-v4\.js$/ }, ({ path }) => ({
      contents: NEVER_CALLED.reduce(without("u8-mqtt 0.6.7"), readFileSync(path, "utf8")).replace(
        /5 <= (pkt\.)?mqtt_level/g,
        "false",
      ),
    }));
  },
};
