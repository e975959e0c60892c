import { Fragment } from "preact";

/** Show an address that is broken behind its signs rather than within a word. */
export const Breakable = ({ text }: { readonly text: string }) => (
  <>
    {text.split(/(?<=[/.?&=])(?=\w)/u).map((part, place) => (
      <Fragment key={`${place} ${part}`}>
        {place > 0 && <wbr />}
        {part}
      </Fragment>
    ))}
  </>
);
