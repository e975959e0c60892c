declare module "*.css" {
  const text: string;
  export default text;
}
declare module "u8-mqtt/esm/web/basic-v4.js";
/** True for the desk; false in the widget, which is built without what only agents see. Set by build.mjs. */
declare const __DESK__: boolean;
/** The URL of the panel relative to the launcher's, by language. Set by build.mjs. */
declare const __PANELS__: Readonly<Record<import("./ui/messages.ts").Lang, string>>;
