import type { Device } from "../../call";
import { t } from "../../i18n/language";
import { Icon, type IconName } from "./icon";

export function deviceName(device: Device, position: number): string {
  if (device.id === "" || device.id === "default") {
    return t("device.default");
  }
  return device.label || t("device.unnamed", { number: position + 1 });
}

interface Props {
  readonly icon: IconName;
  readonly label: string;
  readonly devices: readonly Device[];
  readonly chosen: string;
  readonly testid: string;
  readonly onChoose: (id: string) => void;
}

/** A device picker; without devices it says so. The system's choice is always offered first. */
export function DeviceSelect({ icon, label, devices, chosen, testid, onChoose }: Props) {
  const named = devices.filter((one) => one.id !== "" && one.id !== "default");
  const known = named.some((one) => one.id === chosen);
  return (
    <label class="device">
      <span class="device-label">{label}</span>
      <span class="device-pick">
        <Icon name={icon} />
        <select
          class="input"
          value={known ? chosen : ""}
          disabled={devices.length === 0}
          data-testid={testid}
          onChange={(event) => onChoose(event.currentTarget.value)}
        >
          <option value="">{devices.length === 0 ? t("device.none") : t("device.default")}</option>
          {named.map((one, position) => (
            <option key={one.id} value={one.id}>
              {deviceName(one, position)}
            </option>
          ))}
        </select>
        <Icon name="down" />
      </span>
    </label>
  );
}
