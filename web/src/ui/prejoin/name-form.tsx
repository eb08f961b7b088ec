import { useEffect, useRef, useState } from "preact/hooks";
import type { Failure } from "../../call";
import { t } from "../../i18n/language";

interface Props {
  readonly name: string;
  readonly busy: boolean;
  /** The server is busy; it is asked again. */
  readonly waiting?: boolean;
  /** This person is in the call in another tab. */
  readonly elsewhere?: boolean;
  /** Why the server does not take this name. */
  readonly refused: Failure | null;
  readonly onName: (name: string) => void;
  readonly onJoin: (name: string) => void;
}

function wording({ details }: Failure): string {
  return details.problem === "mixed_scripts" && typeof details.word === "string"
    ? t("prejoin.name.mixed", { word: details.word })
    : t("prejoin.name.bad");
}

export function NameForm(props: Props) {
  const { name, busy, waiting = false, elsewhere = false, refused, onName, onJoin } = props;
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);
  const problem = missing ? t("prejoin.name.missing") : refused && wording(refused);
  // It is what the page waits for, at first and when the name was refused.
  useEffect(() => field.current?.focus({ preventScroll: true }), [refused]);
  const join = (event: Event) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    const chosen = name.trim();
    if (chosen) {
      onJoin(chosen);
    } else {
      setMissing(true);
      field.current?.focus();
    }
  };
  return (
    <form class="form" onSubmit={join} noValidate>
      <label class="field">
        <span>{t("prejoin.name")}</span>
        <input
          ref={field}
          class="input large"
          value={name}
          maxLength={64}
          autocomplete="name"
          placeholder={t("prejoin.name.example")}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : "name-problem"}
          data-testid="prejoin-name"
          onInput={(event) => {
            onName(event.currentTarget.value);
            setMissing(false);
          }}
        />
      </label>
      {problem !== null && (
        <p class="field-error" id="name-problem" role="alert" data-testid="name-problem">
          {problem}
        </p>
      )}
      <button
        type="submit"
        class="button primary large"
        // Not `disabled`, which would lose the focus.
        aria-disabled={busy}
        data-testid="prejoin-join"
      >
        {t(busy ? "prejoin.joining" : elsewhere ? "prejoin.take_over" : "prejoin.join")}
      </button>
      {elsewhere && !busy && (
        <p class="form-note" data-testid="prejoin-elsewhere">
          {t("prejoin.elsewhere")}
        </p>
      )}
      {waiting && (
        <p class="form-note" role="status" data-testid="prejoin-waiting">
          {t("common.busy")}
        </p>
      )}
    </form>
  );
}
