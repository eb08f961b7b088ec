import { useState } from "preact/hooks";
import type { Preview } from "../../call";
import { t } from "../../i18n/language";
import { DeviceSelect } from "../kit/device-select";
import { Icon } from "../kit/icon";
import { Meter } from "../kit/meter";
import { toast } from "../kit/toasts";

/** Choice and trial of the devices. */
export function DevicePickers({ preview }: { preview: Preview }) {
  const { microphones, cameras, speakers } = preview.devices.value;
  const chosen = preview.chosen.value;
  const [sounding, setSounding] = useState(false);
  const test = async () => {
    if (sounding) {
      return;
    }
    setSounding(true);
    const played = await preview.testSpeaker();
    setSounding(false);
    if (!played) {
      toast(t("device.test.failed"));
    }
  };
  return (
    <section class="pickers" aria-label={t("prejoin.devices")}>
      <div class="picker">
        <DeviceSelect
          icon="microphone"
          label={t("device.microphone")}
          devices={microphones}
          chosen={chosen.microphone}
          testid="choose-microphone"
          onChoose={(id) => preview.useMicrophone(id)}
        />
        {microphones.length > 0 && (
          <>
            <Meter level={preview.level} label={t("device.level")} />
            <p class="hint">
              {preview.microphoneOn.value ? t("device.level.hint") : t("device.level.off")}
            </p>
          </>
        )}
      </div>
      <div class="picker">
        <DeviceSelect
          icon="camera"
          label={t("device.camera")}
          devices={cameras}
          chosen={chosen.camera}
          testid="choose-camera"
          onChoose={(id) => preview.useCamera(id)}
        />
      </div>
      <div class="picker">
        {speakers.length > 0 && (
          <DeviceSelect
            icon="speaker"
            label={t("device.speaker")}
            devices={speakers}
            chosen={chosen.speaker}
            testid="choose-speaker"
            onChoose={(id) => preview.useSpeaker(id)}
          />
        )}
        <button
          type="button"
          class="button quiet small"
          // Not `disabled`, which would lose the focus.
          aria-disabled={sounding}
          data-testid="test-speaker"
          onClick={test}
        >
          <Icon name="speaker" />
          {sounding ? t("device.testing") : t("device.test")}
        </button>
      </div>
    </section>
  );
}
