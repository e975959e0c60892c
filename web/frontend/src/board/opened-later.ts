/** What a click or a key opens beside the rows and the conversation; one chunk, since each further one splits what they share. */

export { CardChart } from "../ui/card-chart.tsx";
export { BulkBar } from "./bulk-bar.tsx";
export { ContextPane } from "./context-pane.tsx";
export { Dialogs } from "./dialogs.tsx";
export { Following } from "./following.tsx";
export { runKeyed } from "./macro.ts";
export { beginPush, followPush } from "./push.ts";
export { SearchResults } from "./search-results.tsx";
