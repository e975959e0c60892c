/** The attributes of clients that the board's list can be filtered by. */

import type { InboxFilter } from "../core/inbox.ts";
import type { Rest } from "./rest.ts";

/** An attribute of clients, and its most frequent values. */
export interface OfferedAttribute {
  readonly name: string;
  readonly values: readonly string[];
}

/** Return what the clients of a list have. Raises: RestError. */
export async function fetchAttributes(
  rest: Pick<Rest, "get">,
  list: InboxFilter,
): Promise<readonly OfferedAttribute[]> {
  const status = list === "snoozed" || list === "resolved" ? list : "";
  return ((await rest.get(`/api/attributes?team=mine&status=${status}`)) as { attributes: OfferedAttribute[] })
    .attributes;
}
