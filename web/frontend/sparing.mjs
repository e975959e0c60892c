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
];

/**
 * preact 11.2.0: hydration, class components, contexts, portals, error boundaries, MathML, HTML as text, style objects.
 * The widget draws functions and elements into an empty element.
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
