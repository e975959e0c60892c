/** The state of a link, for screens and for the packages of clients/js. */

export interface ConnectionState {
  /**
   * connecting: a try is under way or due within seconds; offline: several failed; refused: a person has to sign in
   * again.
   */
  readonly state: "idle" | "connecting" | "live" | "offline" | "refused";
  readonly sinceMs: number;
  /** A code, or the server's sentence for a refusal. */
  readonly reason: string | null;
}
