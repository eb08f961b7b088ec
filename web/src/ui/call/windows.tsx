import { useCall } from "./view";

/** The dialog that is open, if any. */
export function Windows() {
  const { view } = useCall();
  const Open = view.window.value;
  return Open && <Open onClose={view.closeWindow} />;
}
