// Sits down in a call, and keeps the seat and what is on for a page that is loaded again.
import { effect } from "@preact/signals";
import type { Call, Entered, LinkInfo, Preview } from "../call";
import type { Engine } from "./engine";
import { type KeptSeat, keepSeat, passSeatOn } from "./kept-seat";

export function takeSeat(
  { createCall }: Pick<Engine, "createCall">,
  link: string,
  info: LinkInfo,
  entered: Entered,
  preview: Preview,
): Call {
  let seat: Entered | null = null;
  const write = () => {
    const devices = {
      microphone: preview.wanted.microphone.peek(),
      camera: preview.wanted.camera.peek(),
    };
    keepSeat(link, seat && { entered: seat, info, devices });
  };
  let stop = () => {};
  const keep = (kept: Entered | null) => {
    seat = kept;
    if (kept === null) stop();
    if (kept === null && call.state.failure.peek()?.code === "replaced") passSeatOn(link);
    else write();
  };
  const call = createCall(entered, { local: preview, keep });
  stop = effect(() => {
    void preview.wanted.microphone.value;
    void preview.wanted.camera.value;
    if (seat !== null) write();
  });
  return call;
}

/** Back after a reload, with the same devices on. */
export function returnToSeat(
  engine: Pick<Engine, "createCall" | "createPreview">,
  link: string,
  { entered, info, devices }: KeptSeat,
): Call {
  const preview = engine.createPreview();
  // Opening takes a moment; what was off stays off, and a refusal is a notice.
  if (devices?.camera) void preview.setCamera(true);
  if (devices?.microphone) void preview.setMicrophone(true);
  return takeSeat(engine, link, info, entered, preview);
}
