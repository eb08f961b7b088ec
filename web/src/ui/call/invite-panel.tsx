import { useSignal } from "@preact/signals";
import { t } from "../../i18n/language";
import { CopyField } from "../kit/copy-field";
import { Qr } from "../kit/qr";
import { lessonAddress } from "../route";
import { Panel } from "./panel";
import { useCall } from "./view";

/** The way in for others, to be closed and opened anew; for moderators. */
export function InvitePanel() {
  const { call, view } = useCall();
  const token = call.state.invitation.value;
  if (!view.moderator.value) {
    return null;
  }
  return (
    <Panel title={t("invite.title")} testid="invite-panel">
      <div class="invite">
        <p role="status">{t(token === null ? "invite.closed" : "invite.text")}</p>
        {token !== null && <Way address={lessonAddress(token)} />}
        <Door open={token !== null} />
      </div>
    </Panel>
  );
}

function Way({ address }: { address: string }) {
  return (
    <>
      <CopyField label={t("invite.link")} value={address} testid="invite-link" />
      <Qr text={address} label={t("created.qr")} />
    </>
  );
}

/** Closes the way in or makes a new one by the same button: whoever pressed it keeps the focus. */
function Door({ open }: { open: boolean }) {
  const { closeLinks, makeLink } = useCall().call.actions;
  const busy = useSignal(false);
  const failed = useSignal(false);
  const press = async () => {
    if (busy.value) {
      return;
    }
    busy.value = true;
    failed.value = false;
    try {
      await (open ? closeLinks() : makeLink());
    } catch {
      failed.value = true;
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="invite-door">
      <button
        type="button"
        class="button quiet"
        data-testid={open ? "invite-close" : "invite-new"}
        // Not `disabled`, which would lose the focus.
        aria-disabled={busy.value}
        aria-describedby={open ? "invite-door-text" : undefined}
        onClick={() => void press()}
        onKeyDown={(event) => {
          // A key that is held down must not open again what it has closed.
          if (event.repeat) {
            event.preventDefault();
          }
        }}
      >
        {t(open ? "invite.close" : "invite.new")}
      </button>
      {failed.value && <p role="alert">{t("invite.failed")}</p>}
      {open && <p id="invite-door-text">{t("invite.close.text")}</p>}
    </div>
  );
}
