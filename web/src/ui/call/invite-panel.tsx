import { t } from "../../i18n/language";
import { CopyField } from "../kit/copy-field";
import { Qr } from "../kit/qr";
import { lessonAddress } from "../route";
import { Panel } from "./panel";
import { useCall } from "./view";

/** The way in for others; only moderators are given it. */
export function InvitePanel() {
  const { call } = useCall();
  const token = call.state.invitation.value;
  if (!token) {
    return null;
  }
  const address = lessonAddress(token);
  return (
    <Panel title={t("invite.title")} testid="invite-panel">
      <div class="invite">
        <Qr text={address} label={t("created.qr")} />
        <p>{t("invite.text")}</p>
        <CopyField label={t("invite.link")} value={address} testid="invite-link" />
      </div>
    </Panel>
  );
}
