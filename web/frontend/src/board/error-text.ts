/** What to tell of a failed question: the server's own sentence; nothing where it was not reached. */
export const errorText = (fault: unknown): string => {
  const { status = 0, message = "" } = fault as { status?: number; message?: string };
  return status === 0 ? "" : message;
};
