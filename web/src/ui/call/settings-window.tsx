import { useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { DeviceSelect } from "../kit/device-select";
import { Dialog } from "../kit/dialog";
import { LanguageChoice } from "../kit/language-choice";
import { Meter } from "../kit/meter";
import { setSingleKeys, singleKeysOff } from "./single-keys";
import { useCall } from "./view";

function SingleKeys() {
  const [off, setOff] = useState(singleKeysOff);
  const toggle = () => {
    setSingleKeys(off);
    setOff(!off);
  };
  return (
    <label class="switch">
      <input type="checkbox" checked={!off} onChange={toggle} />
      <span>
        {t("settings.single_keys")}
        <small>{t("settings.single_keys.text")}</small>
      </span>
    </label>
  );
}

export function SettingsWindow({ onClose }: { onClose: () => void }) {
  const { call } = useCall();
  const { local, actions, state } = call;
  const { microphones, cameras, speakers } = local.devices.value;
  const chosen = local.chosen.value;
  return (
    <Dialog title={t("tool.settings")} onClose={onClose} testid="settings-window">
      <section class="settings-part">
        <h3>{t("settings.devices")}</h3>
        <DeviceSelect
          icon="microphone"
          label={t("device.microphone")}
          devices={microphones}
          chosen={chosen.microphone}
          testid="settings-microphone"
          onChoose={(id) => actions.useMicrophone(id)}
        />
        <Meter level={state.level} label={t("device.level")} />
        <DeviceSelect
          icon="camera"
          label={t("device.camera")}
          devices={cameras}
          chosen={chosen.camera}
          testid="settings-camera"
          onChoose={(id) => actions.useCamera(id)}
        />
        {speakers.length > 0 && (
          <DeviceSelect
            icon="speaker"
            label={t("device.speaker")}
            devices={speakers}
            chosen={chosen.speaker}
            testid="settings-speaker"
            onChoose={(id) => local.useSpeaker(id)}
          />
        )}
      </section>
      <section class="settings-part">
        <h3>{t("language.choose")}</h3>
        <LanguageChoice />
      </section>
      <section class="settings-part">
        <SingleKeys />
      </section>
    </Dialog>
  );
}
