import { useEffect, useState } from "preact/hooks";

/** Load now and when one of `inputs` changes; the answer to older inputs is dropped, and a failure forgotten at once. */
export function useLoaded<T extends object>(load: () => Promise<T>, inputs: readonly unknown[]) {
  const [answer, setAnswer] = useState<T | "loading" | "failed">("loading");
  useEffect(() => {
    let gone = false;
    setAnswer((was) => (was === "failed" ? "loading" : was));
    load().then(
      (found) => !gone && setAnswer(found),
      () => !gone && setAnswer("failed"),
    );
    return () => {
      gone = true;
    };
  }, inputs);
  return answer;
}
