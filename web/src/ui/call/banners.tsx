import type { Notice } from "../../call";
import { t } from "../../i18n/language";
import { Icon, type IconName } from "../kit/icon";
import { type Around, noticeText, saidOnce } from "../notice-text";
import { BannerButton } from "./banner-button";
import { setWeakInternet } from "./commands";
import { ModeratorLeft } from "./moderator-left";
import { shownName } from "./person-name";
import { SettingsWindow } from "./settings-window";
import { useCall } from "./view";

const icons: Partial<Record<Notice["kind"], IconName>> = {
  reconnecting: "reconnecting",
  muted_speaking: "microphoneOff",
  full: "people",
  weak_offer: "weakInternet",
  weak_over: "weakInternet",
  device_lost: "unplugged",
  permission_denied: "lock",
  screen_replaced: "presentation",
};

/** What cannot be dismissed, or is by a word of its own. */
const NO_CROSS: readonly Notice["kind"][] = ["reconnecting", "weak_offer", "weak_over"];

/** What comes and goes by itself. */
const PASSING: readonly Notice["kind"][] = [
  "reconnecting",
  "muted_speaking",
  "weak_connection",
  "weak_offer",
  "weak_over",
];

/** A narrow screen shows one, the outermost: what was just tried comes first, an offer can wait longest. */
const FIRST: readonly Notice["kind"][] = ["refused", "screen_replaced"];
const LAST: readonly Notice["kind"][] = ["weak_offer", "weak_over", "full"];
const rank = ({ kind }: Notice) => (FIRST.includes(kind) ? 0 : LAST.includes(kind) ? 2 : 1);

function iconOf(notice: Notice): IconName {
  if (notice.kind === "device_silent") {
    return `${notice.device}Off`;
  }
  return icons[notice.kind] ?? "warning";
}

/** One's own video goes first: it costs most, and the others can do without it. */
function Relieve() {
  const { state, actions } = useCall().call;
  const own = state.screenOn.value ? "screen" : state.cameraOn.value ? "camera" : null;
  if (own === null) {
    return null;
  }
  const stop = () => (own === "screen" ? actions.setScreen(false) : actions.setCamera(false));
  return (
    <BannerButton class="banner-action" onClick={stop}>
      {t(own === "screen" ? "tool.share.off" : "tool.camera.off")}
    </BannerButton>
  );
}

/** Turns the mode on or off; to decline is to dismiss, in words where there is room for them. */
function Offer({ kind }: { kind: "weak_offer" | "weak_over" }) {
  const here = useCall();
  const { dismiss } = here.call.actions;
  return (
    <>
      <BannerButton
        class="banner-action"
        data-testid={`${kind}-yes`}
        onClick={() => setWeakInternet(here, kind === "weak_offer")}
      >
        {t(`notice.fix.${kind}`)}
      </BannerButton>
      <BannerButton
        class="banner-action banner-decline"
        data-testid={`${kind}-no`}
        aria-label={t(`notice.decline.${kind}`)}
        onClick={() => dismiss({ kind })}
      >
        <Icon name="close" />
        <span>{t(`notice.decline.${kind}`)}</span>
      </BannerButton>
    </>
  );
}

function Text({ notice }: { notice: Notice }) {
  const { state } = useCall().call;
  const nameOf: Around["nameOf"] = (participant) => {
    const person = state.people.value.find((one) => one.number === participant);
    return person ? shownName(person) : null;
  };
  const sends = state.screenOn.value || state.cameraOn.value;
  return <>{noticeText(notice, { nameOf, sends })}</>;
}

/** Room for all who wait and a few more, as a round number; a call holds 2000. */
export function roomFor(size: number, away: number): number {
  return Math.min(2000, Math.ceil((size + away + 5) / 10) * 10);
}

function Fix({ notice }: { notice: Notice }) {
  const { call, view } = useCall();
  if (notice.kind === "muted_speaking") {
    const turnOn = () => {
      void call.actions.setMicrophone(true);
      call.actions.dismiss(notice);
    };
    return (
      <BannerButton class="banner-action" onClick={turnOn}>
        {t("notice.fix.microphone")}
      </BannerButton>
    );
  }
  if (notice.kind === "full") {
    const size = roomFor(notice.size, notice.away);
    if (size <= notice.size) {
      return null;
    }
    return (
      <BannerButton
        class="banner-action"
        data-testid="make-room"
        onClick={() => call.actions.say({ type: "size", size })}
      >
        {t("notice.fix.full", { size })}
      </BannerButton>
    );
  }
  if (notice.kind === "weak_connection") {
    return <Relieve />;
  }
  if (notice.kind === "weak_offer" || notice.kind === "weak_over") {
    return <Offer kind={notice.kind} />;
  }
  if (["device_lost", "device_busy", "no_device", "device_silent"].includes(notice.kind)) {
    return (
      <BannerButton class="banner-action" onClick={() => view.openWindow(SettingsWindow)}>
        {t("notice.fix.devices")}
      </BannerButton>
    );
  }
  return null;
}

export function Banner({ notice }: { notice: Notice }) {
  const { actions } = useCall().call;
  return (
    <div class={`banner kind-${notice.kind}`} data-testid={`banner-${notice.kind}`}>
      <Icon name={iconOf(notice)} />
      <span class="banner-text">
        <Text notice={notice} />
      </span>
      <Fix notice={notice} />
      {!NO_CROSS.includes(notice.kind) && (
        <BannerButton
          class="round small"
          aria-label={t("common.dismiss")}
          onClick={() => actions.dismiss(notice)}
        >
          <Icon name="close" />
        </BannerButton>
      )}
    </div>
  );
}

function Some({ notices }: { notices: readonly Notice[] }) {
  return notices.map((notice) => (
    <Banner
      key={"device" in notice ? `${notice.kind}:${notice.device}` : notice.kind}
      notice={notice}
    />
  ));
}

/**
 * What the person should know; the engine decides when. What follows from something that was done has
 * a place of its own above the pictures, and covers none; what comes by itself would make them jump.
 */
export function Banners() {
  const notices = saidOnce(useCall().call.state.notices.value);
  const passing = notices.filter(({ kind }) => PASSING.includes(kind));
  const waiting = notices.filter(({ kind }) => !PASSING.includes(kind));
  return (
    <>
      <div class="banners" role="status">
        <Some notices={waiting.sort((one, other) => rank(one) - rank(other))} />
      </div>
      <div class="banners-over">
        <div class="banners" role="status">
          <ModeratorLeft />
          <Some notices={passing.sort((one, other) => rank(other) - rank(one))} />
        </div>
      </div>
    </>
  );
}
