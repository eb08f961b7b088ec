// Single keys during a call: those of the tools and those that have no button, one entry each. They
// do nothing while the person types, and may be turned off.
import { type TextKey, t } from "../../i18n/language";
import { focusPerson, talk, toggleStrip } from "./commands";
import { tools } from "./tools";
import type { Here } from "./view";

export interface KeyEntry {
  /** `Space`, a digit, a letter by its place on the keyboard, or a sign. */
  readonly keys: readonly string[];
  readonly shown: string;
  readonly words: TextKey;
  readonly press: (here: Here, key: string) => void;
  /** Of keys that are held: called when it is let go, once. */
  readonly release?: (here: Here) => void;
}

const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** The keys that mean something now, in the order of the list. */
export function keysOf(here: Here): readonly KeyEntry[] {
  return [
    {
      keys: ["Space"],
      shown: t("keys.talk.key"),
      words: "keys.talk",
      press: talk.begin,
      release: talk.end,
    },
    ...tools.flatMap(({ key, press, available }) =>
      key && (available?.(here) ?? true)
        ? [{ keys: [key.shown], shown: key.shown, words: key.words, press: key.press ?? press }]
        : [],
    ),
    { keys: ["F"], shown: "F", words: "keys.strip", press: toggleStrip },
    { keys: ["0"], shown: "0", words: "keys.self", press: ({ view }) => focusPerson(view, 0) },
    {
      keys: digits,
      shown: "1–9",
      words: "keys.person",
      press: ({ view }, key) => focusPerson(view, Number(key)),
    },
  ];
}
