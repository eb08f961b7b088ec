// The interface's icons: outlines from lucide (ISC), bundled one by one.

import statistics from "lucide-static/icons/activity.svg?raw";
import calendar from "lucide-static/icons/calendar-x-2.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import down from "lucide-static/icons/chevron-down.svg?raw";
import left from "lucide-static/icons/chevron-left.svg?raw";
import right from "lucide-static/icons/chevron-right.svg?raw";
import up from "lucide-static/icons/chevron-up.svg?raw";
import minimise from "lucide-static/icons/chevrons-down-up.svg?raw";
import copy from "lucide-static/icons/copy.svg?raw";
import more from "lucide-static/icons/ellipsis-vertical.svg?raw";
import globe from "lucide-static/icons/globe.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import keyboard from "lucide-static/icons/keyboard.svg?raw";
import layout from "lucide-static/icons/layout-grid.svg?raw";
import link from "lucide-static/icons/link.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import expand from "lucide-static/icons/maximize.svg?raw";
import microphone from "lucide-static/icons/mic.svg?raw";
import microphoneOff from "lucide-static/icons/mic-off.svg?raw";
import shrink from "lucide-static/icons/minimize.svg?raw";
import share from "lucide-static/icons/monitor-up.svg?raw";
import shareOff from "lucide-static/icons/monitor-x.svg?raw";
import strip from "lucide-static/icons/panel-right.svg?raw";
import leave from "lucide-static/icons/phone.svg?raw";
import pin from "lucide-static/icons/pin.svg?raw";
import unpin from "lucide-static/icons/pin-off.svg?raw";
import presentation from "lucide-static/icons/presentation.svg?raw";
import reconnecting from "lucide-static/icons/refresh-cw.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import settings from "lucide-static/icons/settings-2.svg?raw";
import speakerView from "lucide-static/icons/square-user-round.svg?raw";
import warning from "lucide-static/icons/triangle-alert.svg?raw";
import unplugged from "lucide-static/icons/unplug.svg?raw";
import invite from "lucide-static/icons/user-plus.svg?raw";
import people from "lucide-static/icons/users.svg?raw";
import camera from "lucide-static/icons/video.svg?raw";
import cameraOff from "lucide-static/icons/video-off.svg?raw";
import speaker from "lucide-static/icons/volume-2.svg?raw";
import close from "lucide-static/icons/x.svg?raw";

const drawings = {
  calendar,
  camera,
  cameraOff,
  check,
  close,
  copy,
  down,
  expand,
  globe,
  info,
  invite,
  keyboard,
  layout,
  leave,
  left,
  link,
  lock,
  microphone,
  microphoneOff,
  minimise,
  more,
  people,
  pin,
  presentation,
  reconnecting,
  right,
  search,
  settings,
  share,
  shareOff,
  shrink,
  speaker,
  speakerView,
  statistics,
  strip,
  unpin,
  unplugged,
  up,
  warning,
};

export type IconName = keyof typeof drawings;

const bare = (drawing: string) => drawing.replace(/<!--.*?-->/s, "").trim();

/** Decoration only: what the icon means is said by the element around it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <span
      class="icon"
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: bare(drawings[name]) }}
    />
  );
}
