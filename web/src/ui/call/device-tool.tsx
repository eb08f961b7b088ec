import { useState } from "preact/hooks";
import type { Device } from "../../call";
import { t } from "../../i18n/language";
import { deviceName } from "../kit/device-select";
import { Icon } from "../kit/icon";
import { Menu, MenuItem } from "../kit/menu";
import { Meter } from "../kit/meter";
import { RoundButton } from "./round-button";
import type { ToolEntry } from "./tools";
import { useCall } from "./view";

interface Props {
  readonly tool: ToolEntry;
  readonly arrow: boolean;
}

interface ChoiceProps {
  readonly label: string;
  readonly devices: readonly Device[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

function Choices({ label, devices, chosen, onChoose }: ChoiceProps) {
  const named = devices.filter((one) => one.id !== "" && one.id !== "default");
  const known = named.some((one) => one.id === chosen);
  return (
    <fieldset class="menu-group">
      <legend>{label}</legend>
      <MenuItem
        text={devices.length ? t("device.default") : t("device.none")}
        checked={!known}
        onPick={() => onChoose("")}
      />
      {named.map((one, position) => (
        <MenuItem
          key={one.id}
          text={deviceName(one, position)}
          checked={one.id === chosen}
          onPick={() => onChoose(one.id)}
        />
      ))}
    </fieldset>
  );
}

function DeviceMenu({ kind, onClose }: { kind: "microphone" | "camera"; onClose: () => void }) {
  const { call } = useCall();
  const { microphones, cameras, speakers } = call.local.devices.value;
  const chosen = call.local.chosen.value;
  const pick = (use: (id: string) => unknown) => (id: string) => {
    use(id);
    onClose();
  };
  if (kind === "camera") {
    const label = t("device.choose_camera");
    return (
      <Menu label={label} onClose={onClose} align="start">
        <Choices
          label={t("device.camera")}
          devices={cameras}
          chosen={chosen.camera}
          onChoose={pick((id) => call.actions.useCamera(id))}
        />
      </Menu>
    );
  }
  return (
    <Menu label={t("device.choose_microphone")} onClose={onClose} align="start">
      <Choices
        label={t("device.microphone")}
        devices={microphones}
        chosen={chosen.microphone}
        onChoose={pick((id) => call.actions.useMicrophone(id))}
      />
      <Meter level={call.state.level} />
      {speakers.length > 0 && (
        <Choices
          label={t("device.speaker")}
          devices={speakers}
          chosen={chosen.speaker}
          onChoose={pick((id) => call.local.useSpeaker(id))}
        />
      )}
    </Menu>
  );
}

/** Microphone or camera: the switch and, beside it, which device. */
export function DeviceTool({ tool, arrow }: Props) {
  const here = useCall();
  const [open, setOpen] = useState(false);
  const kind = tool.id === "camera" ? "camera" : "microphone";
  const looks = tool.looks(here);
  return (
    <div class={`device-tool${looks.on ? "" : " off"}${arrow ? " split-tool" : ""}`}>
      <RoundButton
        looks={looks}
        keys={tool.key?.shown}
        testid={kind}
        onPress={() => tool.press(here)}
      />
      {arrow && (
        <button
          type="button"
          class="tool-arrow"
          aria-label={t(`device.choose_${kind}`)}
          aria-haspopup="menu"
          aria-expanded={open}
          data-testid={`${kind}-devices`}
          onClick={() => setOpen(!open)}
        >
          <Icon name="up" />
        </button>
      )}
      {open && <DeviceMenu kind={kind} onClose={() => setOpen(false)} />}
    </div>
  );
}
