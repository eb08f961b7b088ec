import { useEffect, useRef } from "preact/hooks";
import { useRoom } from "../kit/room";
import { pageSize } from "./grid";
import { GridView } from "./grid-view";
import { PresentationView } from "./presentation-view";
import { SpeakerView } from "./speaker-view";
import { useCall } from "./view";

/** The people on screen, in the layout that applies. */
export function Stage() {
  const { view } = useCall();
  const element = useRef<HTMLDivElement>(null);
  const room = useRoom(element);
  const size = room.width > 0 ? pageSize(room) : view.pageSize.value;
  useEffect(() => view.resize(size), [view, size]);
  const mode = view.mode.value;
  return (
    <div ref={element} class="stage" data-mode={mode} data-testid="stage">
      {room.width > 0 && mode === "grid" && <GridView room={room} />}
      {room.width > 0 && mode === "speaker" && <SpeakerView room={room} />}
      {room.width > 0 && mode === "presentation" && <PresentationView room={room} />}
    </div>
  );
}
