import type { Preview } from "../../call";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { initials } from "../kit/initials";
import { Video } from "../kit/video";

interface Props {
  readonly preview: Preview;
  readonly name: string;
}

/** Oneself as in a mirror, with the two switches. */
export function PreviewBox({ preview, name }: Props) {
  const stream = preview.ownCamera.value;
  const microphone = preview.microphoneOn.value;
  const camera = preview.cameraOn.value;
  return (
    <section class="preview" aria-label={t("prejoin.preview")} data-testid="preview">
      {stream ? (
        <Video stream={stream} mirrored />
      ) : (
        <div class="preview-empty">
          <span class="avatar tint-0" aria-hidden="true">
            {name.trim() ? initials(name) : <Icon name="people" />}
          </span>
          <span>{t(camera ? "prejoin.camera_silent" : "prejoin.camera_off")}</span>
        </div>
      )}
      <div class="preview-tools">
        <button
          type="button"
          class={`tool${microphone ? "" : " off"}`}
          aria-label={t(microphone ? "tool.microphone.off" : "tool.microphone.on")}
          data-testid="prejoin-microphone"
          data-on={microphone}
          onClick={() => preview.setMicrophone(!microphone)}
        >
          <Icon name={microphone ? "microphone" : "microphoneOff"} />
        </button>
        <button
          type="button"
          class={`tool${camera ? "" : " off"}`}
          aria-label={t(camera ? "tool.camera.off" : "tool.camera.on")}
          data-testid="prejoin-camera"
          data-on={camera}
          onClick={() => preview.setCamera(!camera)}
        >
          <Icon name={camera ? "camera" : "cameraOff"} />
        </button>
      </div>
    </section>
  );
}
