import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/language";

interface Props {
  readonly name: string;
  readonly busy: boolean;
  readonly onName: (name: string) => void;
  readonly onJoin: (name: string) => void;
}

export function NameForm({ name, busy, onName, onJoin }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);
  const join = (event: Event) => {
    event.preventDefault();
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
          aria-invalid={missing}
          aria-describedby={missing ? "name-missing" : undefined}
          data-testid="prejoin-name"
          onInput={(event) => {
            onName(event.currentTarget.value);
            setMissing(false);
          }}
        />
      </label>
      {missing && (
        <p class="field-error" id="name-missing" role="alert">
          {t("prejoin.name.missing")}
        </p>
      )}
      <button type="submit" class="button primary large" disabled={busy} data-testid="prejoin-join">
        {busy ? t("prejoin.joining") : t("prejoin.join")}
      </button>
    </form>
  );
}
