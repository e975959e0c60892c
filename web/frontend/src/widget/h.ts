/** The function that makes elements; build.mjs imports it into every file with JSX. */

export { Fragment, h } from "preact";
