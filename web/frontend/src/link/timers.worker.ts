/** `{id, ms}` starts a timer, `{id, ms: null}` stops it; the worker posts the id when it is over. */

const running = new Map<number, ReturnType<typeof setTimeout>>();

addEventListener("message", ({ data }: MessageEvent<{ id: number; ms: number | null }>) => {
  clearTimeout(running.get(data.id));
  running.delete(data.id);
  if (data.ms === null) return;
  const end = (): void => {
    running.delete(data.id);
    postMessage(data.id);
  };
  running.set(data.id, setTimeout(end, data.ms));
});
