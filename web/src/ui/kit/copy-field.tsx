import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { Icon } from "./icon";
import { toast } from "./toasts";

/** Copies without the clipboard API too, which plain http pages do not have. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

interface Props {
  readonly label: string;
  readonly value: string;
  readonly testid: string;
}

/** A text to take along, with a button that copies it. */
export function CopyField({ label, value, testid }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    field.current?.select();
    if ((await copyText(value)) || document.execCommand("copy")) {
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } else {
      toast(t("common.copy_failed"));
    }
  };
  return (
    <div class="copy-field">
      <input
        ref={field}
        class="input"
        readOnly
        value={value}
        aria-label={label}
        data-testid={testid}
        onFocus={(event) => event.currentTarget.select()}
      />
      <button type="button" class="button quiet" onClick={copy}>
        <Icon name={copied ? "check" : "copy"} />
        <span aria-live="polite">{copied ? t("common.copied") : t("common.copy")}</span>
      </button>
    </div>
  );
}
