import { fitBox, isUpright, type Size } from "./grid";
import { planStrip, stripPage } from "./strip";
import { Strip } from "./strip-view";
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
  const self = main === own ? null : own;
  const plan = planStrip(room, rest.length + (self ? 1 : 0), view.stripHidden.value);
  const shown = stripPage(rest, self, plan.count, view.stripPage.value);
  const box = fitBox(plan.rest);
  const ratio = devicePixelRatio;
  useWanted("stage", [
    ...(main ? want(main, "camera", box.height, ratio) : []),
    ...shown.people.flatMap((person) => want(person, "camera", plan.tile.height, ratio)),
  ]);
  return (
    <div class={`split${isUpright(room) ? " upright" : ""}`}>
      <div class="split-main">
        {main && (
          <Tile
            key={main.number}
            person={main}
            kind="camera"
            width={box.width}
            height={box.height}
          />
        )}
      </div>
      {plan.count > 0 && <Strip shown={shown} plan={plan} />}
    </div>
  );
}
