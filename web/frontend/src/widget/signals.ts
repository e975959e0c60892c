/**
 * The part of @preact/signals that the widget uses, in a fifth of its size. build.mjs puts it in its place in the
 * panel; signals.test.ts keeps both equal.
 */

/** Runs again when a signal changes that the last run read. */
class Reaction {
  readonly read = new Set<Signal<unknown>>();
  constructor(private readonly run: () => void) {
    this.start();
  }

  start(): void {
    this.stop();
    const before = running;
    running = this;
    try {
      this.run();
    } finally {
      running = before;
    }
  }

  stop(): void {
    for (const signal of this.read) signal.readers.delete(this);
    this.read.clear();
  }
}

let running: Reaction | null = null;

class Signal<T> {
  readonly readers = new Set<Reaction>();
  constructor(private held: T) {}

  get value(): T {
    if (running) {
      this.readers.add(running);
      running.read.add(this as Signal<unknown>);
    }
    return this.held;
  }

  set value(next: T) {
    if (next === this.held) return;
    this.held = next;
    // A reader may stop another one.
    for (const reader of [...this.readers]) if (this.readers.has(reader)) reader.start();
  }

  peek(): T {
    return this.held;
  }

  /** Calls with the value, now and at each change; returns how to stop. */
  subscribe(call: (value: T) => void): () => void {
    return effect(() => {
      const { value } = this;
      const before = running;
      running = null;
      try {
        call(value);
      } finally {
        running = before;
      }
    });
  }
}

export const signal = <T>(value: T): Signal<T> => new Signal(value);

/** Run now and after each change of a signal that the last run read; return how to stop. */
export function effect(run: () => void): () => void {
  const made = new Reaction(run);
  return () => made.stop();
}
