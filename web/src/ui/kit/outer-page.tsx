import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Brand } from "./brand";
import { LanguageChoice } from "./language-choice";

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A page outside the call: by the system light or dark. */
export function OuterPage({ title, children }: Props) {
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <div class="outer">
      <header class="outer-head">
        <Brand />
        <LanguageChoice />
      </header>
      <main class="outer-main">{children}</main>
    </div>
  );
}
