// The language of the interface: by browser, switchable, remembered.
import { computed, effect, signal } from "@preact/signals";
import { recall, remember } from "../ui/kit/remembered";
import { en } from "./en";
import { type Catalogue, type Key, type PluralKey, ru, type TextKey } from "./ru";

export type { Key, PluralKey, TextKey } from "./ru";
export type Language = "ru" | "en";
export type Values = Readonly<Record<string, string | number>>;

const catalogues: Readonly<Record<Language, Catalogue>> = { ru, en };

/** Languages whose speakers usually read Russian better than English. */
const readsRussian = /^(ru|be|uk|kk|ky|uz|tg|tt|ba|hy|az)\b/i;

export function pickLanguage(saved: string | null, preferred: readonly string[]): Language {
  if (saved === "ru" || saved === "en") {
    return saved;
  }
  for (const tag of preferred) {
    if (readsRussian.test(tag)) {
      return "ru";
    }
    if (/^en\b/i.test(tag)) {
      return "en";
    }
  }
  return "ru";
}

const chosen = signal<Language>(
  pickLanguage(recall("language"), typeof navigator === "undefined" ? [] : navigator.languages),
);

export const language = computed(() => chosen.value);

export function setLanguage(next: Language): void {
  remember("language", next);
  chosen.value = next;
}

if (typeof document !== "undefined") {
  effect(() => {
    document.documentElement.lang = chosen.value;
  });
}

function fill(text: string, values: Values | undefined): string {
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : text;
}

/** The text of `key` in the chosen language, with `{name}` replaced from `values`. */
export function t(key: TextKey, values?: Values): string {
  return fill(catalogues[chosen.value][key], values);
}

/** The form of `key` that goes with `count`; `{count}` is written the way the language does. */
export function plural(key: PluralKey, count: number, values?: Values): string {
  const forms = catalogues[chosen.value][key];
  const form = new Intl.PluralRules(chosen.value).select(count);
  const text = form === "one" || form === "few" || form === "many" ? forms[form] : forms.other;
  return fill(text, { count: number(count), ...values });
}

const inner: Readonly<Record<Language, readonly [string, string]>> = {
  ru: ["„", "“"],
  en: ["‘", "’"],
};

/** A title that goes inside quotation marks: those it has itself become the inner ones. */
export function quotable(title: string): string {
  const [open, close] = inner[chosen.value];
  return title.replace(/«([^«»]*)»|“([^“”]*)”|"([^"]*)"/g, (_, ...found) => {
    const words = found.slice(0, 3).find((one) => one !== undefined);
    return `${open}${words}${close}`;
  });
}

/** A number as the chosen language writes it, with at most `digits` decimals. */
export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(chosen.value, { maximumFractionDigits: digits }).format(value);
}

/** Whether `key` exists and is plain text; for texts chosen by a server's error code. */
export function isTextKey(key: string): key is TextKey {
  return Object.hasOwn(ru, key) && typeof ru[key as Key] === "string";
}
