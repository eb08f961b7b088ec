import { useState } from "preact/hooks";
import type { Failure, Lesson } from "../../call";
import { t } from "../../i18n/language";
import { useEngine } from "../engine";
import { asFailure, failureText } from "../failure";
import { forgetKey } from "./school-key";

function explain(failure: Failure): string {
  if (failure.code === "bad_key") {
    return t("start.error.key");
  }
  if (failure.code === "invalid_body") {
    return t("start.error.title");
  }
  if (failure.code === "rate_limited") {
    return t("start.error.rate");
  }
  if (failure.code === "unreachable") {
    return t("start.error.unreachable");
  }
  return failureText(failure);
}

/** A lesson of two classes; the server's own default. */
const USUAL_SIZE = 60;
const LARGEST = 2000;

function possible(size: number): boolean {
  return Number.isInteger(size) && size >= 1 && size <= LARGEST;
}

interface Props {
  readonly schoolKey: string;
  readonly onCreated: (lesson: Lesson) => void;
}

export function CreateLesson({ schoolKey, onCreated }: Props) {
  const { createLesson } = useEngine();
  const [title, setTitle] = useState("");
  const [size, setSize] = useState(String(USUAL_SIZE));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const create = async (event: Event) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    if (!title.trim()) {
      setError(t("start.error.title"));
      return;
    }
    if (!possible(Number(size))) {
      setError(t("start.error.size", { most: LARGEST }));
      return;
    }
    setBusy(true);
    setError("");
    try {
      onCreated(await createLesson(schoolKey, title.trim(), Number(size)));
    } catch (problem) {
      setError(explain(asFailure(problem)));
      setBusy(false);
    }
  };
  return (
    <form class="form" onSubmit={create} noValidate>
      <p>{t("start.teacher.text")}</p>
      <label class="field">
        <span>{t("start.lesson_title")}</span>
        <input
          class="input"
          value={title}
          maxLength={200}
          placeholder={t("start.lesson_title.example")}
          autocomplete="off"
          aria-invalid={error !== ""}
          data-testid="create-title"
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>{t("start.size")}</span>
        <input
          class="input"
          type="number"
          inputMode="numeric"
          min={1}
          max={LARGEST}
          value={size}
          data-testid="create-size"
          onInput={(event) => setSize(event.currentTarget.value)}
        />
      </label>
      {error && (
        <p class="field-error" role="alert" data-testid="create-error">
          {error}
        </p>
      )}
      <button
        type="submit"
        class="button primary"
        // Not `disabled`, which would lose the focus.
        aria-disabled={busy}
        data-testid="create-lesson"
      >
        {busy ? t("start.creating") : t("start.create")}
      </button>
      <p class="form-note">
        {t("start.key.remembered")}{" "}
        <button type="button" class="link" onClick={forgetKey}>
          {t("start.key.forget")}
        </button>
      </p>
    </form>
  );
}
