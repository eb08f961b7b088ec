import { useState } from "preact/hooks";
import { Menu } from "../kit/menu";
import { RoundButton } from "./round-button";
import type { ToolEntry } from "./tools";
import { useCall } from "./view";

/** A control in the toolbar: a button, and its menu where it has one. */
export function Tool({ tool }: { tool: ToolEntry }) {
  const here = useCall();
  const [open, setOpen] = useState(false);
  const looks = tool.looks(here);
  const { Items } = tool;
  const button = { testid: tool.id, keys: tool.key?.shown };
  if (!Items || tool.opens?.(here) === false) {
    return <RoundButton {...button} looks={looks} onPress={() => tool.press(here)} />;
  }
  const close = () => setOpen(false);
  return (
    <div class="menu-holder">
      <RoundButton
        {...button}
        looks={{ ...looks, expanded: open }}
        menu
        onPress={() => setOpen(!open)}
      />
      {open && (
        <Menu label={looks.label} onClose={close} align={tool.place === "end" ? "end" : "centre"}>
          <Items onClose={close} />
        </Menu>
      )}
    </div>
  );
}
