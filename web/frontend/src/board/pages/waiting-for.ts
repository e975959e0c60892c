import type { Folded } from "../../core/incident.ts";
import type { Incident } from "../../link/desk-api.ts";
import type { Board } from "../state.ts";

/** Return who waits because of an outage, whatever the inbox shows. */
export const waitingFor = (board: Board, { areas }: Incident): Folded["waiting"] =>
  board.list.outages.value.flatMap(({ waiting }) => waiting).filter(({ area }) => areas.includes(area ?? ""));
