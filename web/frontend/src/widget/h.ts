/** What makes elements in the panel's build; build.mjs puts it into every file that has some. */

export { Fragment, h } from "preact";
