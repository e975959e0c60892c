/** The large pages; one chunk, since each further one splits what they share with the board's first load. */

export { KeysPage } from "./keys.tsx";
export { OutboundPage } from "./outbound.tsx";
export { ReportsPage } from "./reports.tsx";
