import type { ButtonHTMLAttributes } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { focusMain } from "../kit/return-focus";

/** A button that goes when it was pressed, as a rule: whoever pressed it by a key goes on from the pictures. */
export function BannerButton(props: ButtonHTMLAttributes<HTMLButtonElement>) {
  const element = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const button = element.current;
    return () => {
      if (button !== null && button === document.activeElement) {
        focusMain();
      }
    };
  }, []);
  return <button ref={element} type="button" {...props} />;
}
