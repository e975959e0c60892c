/** Photos of agents over their initials, by a style sheet: whoever draws an avatar knows no photo. */

type AskFaces = (agents: readonly string[]) => Promise<Readonly<Record<string, string>>>;

/** As the server takes them. */
const MAX_ASKED = 50;
/** After a failure these photos are not asked for so long: a chat wants them at each key that is typed. */
const AGAIN_MS = 30_000;

export class Faces {
  #sheet: CSSStyleSheet | null = null;
  readonly #known = new Set<string>();
  #rules: Readonly<Record<string, string>> = {};

  get sheet(): CSSStyleSheet {
    this.#sheet ??= new CSSStyleSheet(); // not before a page wants it
    return this.#sheet;
  }

  /** Show the photos of these agents, as far as they have one; ask once for each. Others than agents have none. */
  async want(ids: readonly string[], ask: AskFaces): Promise<void> {
    const wanted = [...new Set(ids)].filter((id) => id.startsWith("a-") && !this.#known.has(id)).slice(0, MAX_ASKED);
    if (wanted.length === 0) return;
    for (const id of wanted) this.#known.add(id);
    const found = await ask(wanted).catch(() => null);
    if (found) this.show({ ...this.#rules, ...found });
    else
      setTimeout(() => {
        for (const id of wanted) this.#known.delete(id);
      }, AGAIN_MS);
  }

  /** Show the agent's new photo; undefined for none. */
  change(id: string, url: string | undefined): void {
    const { [id]: _, ...others } = this.#rules;
    this.show(url ? { ...others, [id]: url } : others);
  }

  private show(rules: Readonly<Record<string, string>>): void {
    this.#rules = rules;
    // The initials stay below: a photo that does not load leaves them.
    const covers = 'content:"";position:absolute;inset:0;border-radius:inherit';
    const css = Object.entries(rules).map(
      ([id, url]) => `.wl-avatar[data-who="${id}"]::after{${covers};background:url("${url}") center/cover}`,
    );
    this.sheet.replaceSync(css.join(""));
  }
}
