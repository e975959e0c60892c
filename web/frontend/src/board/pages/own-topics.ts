/** A device's own topics as an administrator writes them. Pure. */

export interface OwnTopics {
  readonly topics: readonly string[];
  /** The unit of a topic that carries a number alone. */
  readonly forms: Readonly<Record<string, string>>;
}

const NUMBER = /^(kwh|wh|kw|w)=(.+)$/iu;

/** "tele/a/SENSOR, kwh=main/energy": topics apart by space or comma, a number's unit before its topic. */
export function ownTopics(text: string): OwnTopics {
  const topics: string[] = [];
  const forms: Record<string, string> = {};
  for (const word of text.split(/[\s,]+/u).filter(Boolean)) {
    const [, form, topic] = NUMBER.exec(word) ?? [];
    topics.push(topic ?? word);
    if (form && topic) forms[topic] = form.toLowerCase();
  }
  return { topics, forms };
}
