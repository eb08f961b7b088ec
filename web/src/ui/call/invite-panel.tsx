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
      <div class="invite">{token === null ? <Closed /> : <Open token={token} />}</div>
    </Panel>
  );
}

function Open({ token }: { token: string }) {
  const { call } = useCall();
  const address = lessonAddress(token);
  return (
    <>
      <Qr text={address} label={t("created.qr")} />
      <p>{t("invite.text")}</p>
      <CopyField label={t("invite.link")} value={address} testid="invite-link" />
      <Change words={t("invite.close")} testid="invite-close" make={call.actions.closeLinks} />
      <p>{t("invite.close.text")}</p>
    </>
  );
}

function Closed() {
  const { call } = useCall();
  return (
    <>
      <p role="status">{t("invite.closed")}</p>
      <Change words={t("invite.new")} testid="invite-new" make={call.actions.makeLink} />
    </>
  );
}

function Change({
  words,
  testid,
  make,
}: {
  words: string;
  testid: string;
  make: () => Promise<void>;
}) {
  const busy = useSignal(false);
  const failed = useSignal(false);
  const press = async () => {
    busy.value = true;
    failed.value = false;
    try {
      await make();
    } catch {
      failed.value = true;
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <button
        type="button"
        class="button quiet"
        data-testid={testid}
        disabled={busy.value}
        onClick={() => void press()}
      >
        {words}
      </button>
      {failed.value && <p role="alert">{t("invite.failed")}</p>}
    </>
  );
}
