import { Icon, type IconName } from "../kit/icon";

interface Props {
  readonly icon: IconName;
  readonly label: string;
  readonly onPress: () => void;
  readonly testid: string;
  readonly keys?: string;
  readonly look?: string;
  readonly on?: boolean;
  readonly expanded?: boolean;
  readonly menu?: boolean;
  readonly badge?: string;
}

/** A press with the mouse must not take the focus, or the space bar would press again, not talk. */
const keepFocus = (event: MouseEvent) => event.preventDefault();

/** A round button of the toolbar; its words appear above it on hover and focus. */
export function Tool(props: Props) {
  const { icon, label, onPress, testid, keys, look, on, expanded, menu, badge } = props;
  return (
    <button
      type="button"
      class={`tool ${look ?? ""}`}
      aria-label={label}
      aria-keyshortcuts={keys}
      aria-expanded={expanded}
      aria-haspopup={menu ? "menu" : undefined}
      data-testid={testid}
      data-on={on}
      data-tip={keys ? `${label} (${keys})` : label}
      onMouseDown={keepFocus}
      onClick={onPress}
    >
      <Icon name={icon} />
      {badge && <span class="tool-badge">{badge}</span>}
    </button>
  );
}
