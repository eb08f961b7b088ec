import { fitBox, isUpright, type Size } from "./grid";
import { planStrip, Strip, stripPeople } from "./strip";
import { Tile } from "./tile";
import { useCall } from "./view";
import { useWanted, want } from "./wanted";

/** Whoever speaks (or is pinned) large, others beside. */
export function SpeakerView({ room }: { room: Size }) {
  const { view } = useCall();
  const own = view.own.value;
  const arranged = view.arranged.value;
  const number = view.pinned.value ?? view.main.value;
  const main =
    (number === own?.number ? own : arranged.find((one) => one.number === number)) ??
    arranged[0] ??
    own;
  const rest = arranged.filter((one) => one !== main);
  const plan = planStrip(room, view.stripHidden.value || (rest.length === 0 && main === own));
  const strip = stripPeople(rest, main === own ? null : own, plan.count);
  const box = fitBox(plan.rest);
  const ratio = devicePixelRatio;
  useWanted([
    ...(main ? want(main, "camera", box.height, ratio) : []),
    ...strip.flatMap((person) => want(person, "camera", plan.tile.height, ratio)),
  ]);
  return (
    <div class={`split${isUpright(room) ? " upright" : ""}`}>
      <div class="split-main">
        {main && <Tile key={main.number} person={main} kind="camera" size={box} />}
      </div>
      {strip.length > 0 && <Strip people={strip} tile={plan.tile} />}
    </div>
  );
}
