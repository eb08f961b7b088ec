import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { canOpenFaces, toggleFaces } from "./faces";
import { useCall } from "./view";

/** Faces in a window of their own, offered to whoever shows a screen. */
export function FacesButton() {
  const here = useCall();
  if (!canOpenFaces()) {
    return null;
  }
  return (
    <button
      type="button"
      class="button quiet small"
      data-testid="faces-open"
      onClick={() => toggleFaces(here)}
    >
      <Icon name="faces" />
      {t(here.view.faces.value ? "tool.faces.close" : "tool.faces")}
    </button>
  );
}
