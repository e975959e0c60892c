/**
 * The part of @preact/signals that the widget uses, in a fifth of its size; build.mjs puts it in that one's place in the
 * panel, where every hundred bytes count. signals.test.ts holds both to the same promises.
 */

/** What runs again when a signal changes that it read the last time. */
class Effect {
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

let running: Effect | null = null;

class Signal<T> {
  readonly readers = new Set<Effect>();
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
    // One of them may end another.
    for (const reader of [...this.readers]) if (this.readers.has(reader)) reader.start();
  }

  peek(): T {
    return this.held;
  }

  /** Calls with what is held, now and at each change; the answer ends that. */
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

/** Runs now, and whenever something changes that the last run read; the answer ends that. */
export function effect(run: () => void): () => void {
  const made = new Effect(run);
  return () => made.stop();
}
