import type { Folded } from "../../core/incident.ts";
import type { Incident, Reach } from "../../link/desk-api.ts";
import type { Board } from "../state.ts";

/** Return who waits because of an outage, whatever the inbox shows. */
export const waitingFor = (board: Board, { areas }: Incident): Folded["waiting"] =>
  board.list.outages.value.flatMap(({ waiting }) => waiting).filter(({ area }) => areas.includes(area ?? ""));

/** Count who waits because of an outage and began to ask before its notice. */
export const earlierOf = ({ who }: Reach, waiting: Folded["waiting"]): number =>
  waiting.filter(({ client }) => who.every((each) => each.client !== client)).length;
