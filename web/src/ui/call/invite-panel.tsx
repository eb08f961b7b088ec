import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Failure } from "../../call";
import { t } from "../../i18n/language";
import { asFailure, failurePage, failureText } from "../failure";
import { CopyField } from "../kit/copy-field";
import { Qr } from "../kit/qr";
import { lessonAddress } from "../route";
import { Panel } from "./panel";
import { useCall } from "./view";

/** Another moderator may close the link or make one, and it comes to its end by itself. */
const LOOK_EVERY = 10_000;

/** The way in for others, to be closed and opened anew; for moderators. */
export function InvitePanel() {
  return useCall().view.moderator.value ? <Invite /> : null;
}

function Invite() {
  const { state, actions } = useCall().call;
  const token = state.invitation.value;
  useEffect(() => {
    const look = () => {
      // Requests that hang on a dead line would keep those waiting by which the call comes back.
      if (state.phase.peek() !== "connected") {
        return;
      }
      // Without an answer what was known last stays; whoever presses then is told why it fails.
      actions.lookForLink().catch(() => undefined);
    };
    look();
    const timer = setInterval(look, LOOK_EVERY);
    return () => clearInterval(timer);
  }, [state, actions]);
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

/** Why the way in stays as it is, to somebody who is inside. */
function explain(failure: Failure): string {
  if (failure.code === "link_revoked") {
    return t("invite.failed.revoked");
  }
  if (failure.code === "too_many_links") {
    return t("invite.failed.many", { limit: Number(failure.details.limit) });
  }
  return failurePage(failure) === "other" ? t("invite.failed") : failureText(failure);
}

/**
 * Closes the way in or makes a new one by the same button: whoever pressed it keeps the focus. Why one
 * failed is not said beside the other: whoever then tries again would undo what was done all the same.
 */
function Door({ open }: { open: boolean }) {
  const { closeLinks, makeLink } = useCall().call.actions;
  const busy = useSignal(false);
  const failed = useSignal<{ readonly open: boolean; readonly failure: Failure } | null>(null);
  const press = async () => {
    if (busy.value) {
      return;
    }
    busy.value = true;
    failed.value = null;
    try {
      await (open ? closeLinks() : makeLink());
    } catch (problem) {
      failed.value = { open, failure: asFailure(problem) };
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
          // Held down it must not open again what it has closed.
          if (event.repeat && event.key === "Enter") {
            event.preventDefault();
          }
        }}
      >
        {t(open ? "invite.close" : "invite.new")}
      </button>
      {failed.value?.open === open && (
        <p class="field-error" role="alert">
          {explain(failed.value.failure)}
        </p>
      )}
      {open && <p id="invite-door-text">{t("invite.close.text")}</p>}
    </div>
  );
}
