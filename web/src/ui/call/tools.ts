// Every control of the call, one entry each: its button, its line in «More» and its key are drawn
// from here. The order is that of the toolbar.
import type { ComponentType } from "preact";
import { number, plural, type TextKey, t } from "../../i18n/language";
import type { IconName } from "../kit/icon";
import {
  canShare,
  isFullscreen,
  toggleCamera,
  toggleFullscreen,
  toggleMicrophone,
  toggleShare,
  toggleWeakInternet,
} from "./commands";
import { canOpenFaces, toggleFaces } from "./faces";
import { InvitePanel } from "./invite-panel";
import { LayoutItems } from "./layout-items";
import { LeaveItems } from "./leave-items";
import { PeoplePanel } from "./people-panel";
import { SettingsWindow } from "./settings-window";
import { ShortcutsWindow } from "./shortcuts-window";
import { StatisticsWindow } from "./statistics-window";
import type { Here } from "./view";

/** How a control looks now. */
export interface Looks {
  readonly icon: IconName;
  readonly label: string;
  /** What its line in «More» says, where that is not the label. */
  readonly text?: string;
  readonly hint?: string;
  readonly look?: "off" | "active" | "leave";
  readonly on?: boolean;
  readonly expanded?: boolean;
  readonly badge?: string;
  /** It holds here, and the server does not know yet. */
  readonly pending?: boolean;
}

export interface ToolKey {
  /** A letter, by its place on the keyboard, or a sign. */
  readonly shown: string;
  /** Its line in the list of keys. */
  readonly words: TextKey;
  /** What it does, where that is not what the button does. */
  readonly press?: (here: Here) => void;
}

export interface ToolEntry {
  readonly id: string;
  /**
   * `device`: with a choice of devices beside it. `bar`: in the toolbar, or in «More» where there is
   * no room. `more`: always in «More». `end`: last in the toolbar.
   */
  readonly place: "device" | "bar" | "more" | "end";
  readonly key?: ToolKey;
  readonly available?: (here: Here) => boolean;
  /** Whether it is also in the window with faces. */
  readonly withFaces?: (here: Here) => boolean;
  readonly looks: (here: Here) => Looks;
  readonly press: (here: Here) => void;
  /** What a menu of it offers; opened instead of a press where `opens` says so, or always. */
  readonly Items?: ComponentType<{ onClose: () => void }>;
  readonly opens?: (here: Here) => boolean;
}

export const tools: readonly ToolEntry[] = [
  {
    id: "microphone",
    place: "device",
    key: { shown: "M", words: "keys.microphone" },
    looks: ({ call }) => {
      const on = call.state.microphoneOn.value;
      const pending = call.state.unconfirmed.value;
      return on
        ? { icon: "microphone", label: t("tool.microphone.off"), on, pending }
        : { icon: "microphoneOff", label: t("tool.microphone.on"), on, pending, look: "off" };
    },
    press: toggleMicrophone,
    withFaces: () => true,
  },
  {
    id: "camera",
    place: "device",
    key: { shown: "V", words: "keys.camera" },
    looks: ({ call }) => {
      const on = call.state.cameraOn.value;
      const pending = call.state.unconfirmed.value;
      return on
        ? { icon: "camera", label: t("tool.camera.off"), on, pending }
        : { icon: "cameraOff", label: t("tool.camera.on"), on, pending, look: "off" };
    },
    press: toggleCamera,
    withFaces: () => true,
  },
  {
    id: "share",
    place: "bar",
    key: { shown: "D", words: "keys.share" },
    available: canShare,
    looks: ({ call }) => {
      const on = call.state.screenOn.value;
      return on
        ? { icon: "shareOff", label: t("tool.share.off"), on, look: "active" }
        : { icon: "share", label: t("tool.share.on"), on };
    },
    press: toggleShare,
    // Only to end it: the browser asks what to share on the page itself.
    withFaces: ({ call }) => call.state.screenOn.value,
  },
  {
    id: "participants",
    place: "bar",
    key: { shown: "P", words: "keys.people" },
    looks: ({ call, view }) => {
      const total = call.state.total.value;
      return {
        icon: "people",
        label: t("tool.participants_now", { count: number(total) }),
        text: t("tool.participants"),
        hint: plural("count.people", total),
        expanded: view.panel.value === PeoplePanel,
        // Nothing is known yet while one joins.
        ...(total > 0 ? { badge: number(total) } : {}),
      };
    },
    press: ({ view }) => view.togglePanel(PeoplePanel),
  },
  {
    id: "weak-internet",
    place: "bar",
    key: { shown: "I", words: "keys.weak_internet" },
    looks: ({ call }) => {
      const on = call.state.weakInternet.value;
      return {
        icon: "weakInternet",
        label: t(on ? "tool.weak_internet.off" : "tool.weak_internet.on"),
        text: t("tool.weak_internet"),
        on,
        ...(on ? { look: "active" as const, hint: t("weak_internet.is_on") } : {}),
      };
    },
    press: toggleWeakInternet,
  },
  {
    id: "layout",
    place: "bar",
    key: {
      shown: "W",
      words: "keys.layout",
      press: ({ view }) => view.choose(view.mode.peek() === "grid" ? "speaker" : "grid"),
    },
    looks: () => ({ icon: "layout", label: t("tool.layout") }),
    press: () => {},
    Items: LayoutItems,
  },
  {
    id: "faces",
    place: "more",
    available: canOpenFaces,
    looks: ({ view }) => ({
      icon: "faces",
      label: t(view.faces.value ? "tool.faces.close" : "tool.faces"),
    }),
    press: (here) => void toggleFaces(here),
  },
  {
    id: "invite",
    place: "more",
    available: ({ view }) => view.moderator.value,
    looks: () => ({ icon: "invite", label: t("tool.invite") }),
    press: ({ view }) => view.openPanel(InvitePanel),
  },
  {
    id: "fullscreen",
    place: "more",
    key: { shown: "S", words: "keys.fullscreen" },
    available: () => document.fullscreenEnabled,
    looks: () =>
      isFullscreen()
        ? { icon: "shrink", label: t("tool.fullscreen.exit") }
        : { icon: "expand", label: t("tool.fullscreen") },
    press: toggleFullscreen,
  },
  {
    id: "statistics",
    place: "more",
    key: { shown: "T", words: "keys.statistics" },
    looks: () => ({ icon: "statistics", label: t("tool.statistics") }),
    press: ({ view }) => view.openWindow(StatisticsWindow),
  },
  {
    id: "shortcuts",
    place: "more",
    key: { shown: "?", words: "keys.list" },
    looks: () => ({ icon: "keyboard", label: t("tool.shortcuts") }),
    press: ({ view }) => view.openWindow(ShortcutsWindow),
  },
  {
    id: "settings",
    place: "more",
    looks: () => ({ icon: "settings", label: t("tool.settings") }),
    press: ({ view }) => view.openWindow(SettingsWindow),
  },
  {
    id: "leave",
    place: "end",
    looks: ({ view }) => ({
      icon: "leave",
      label: view.moderator.value ? t("leave.title") : t("tool.leave"),
      look: "leave",
    }),
    press: ({ call }) => call.actions.leave(),
    Items: LeaveItems,
    // Participants leave at once; moderators choose between leaving and ending.
    opens: ({ view }) => view.moderator.value,
  },
];

/** What there is to be shown at `place` now. */
export function toolsAt(place: ToolEntry["place"], here: Here): readonly ToolEntry[] {
  return tools.filter((tool) => tool.place === place && (tool.available?.(here) ?? true));
}
