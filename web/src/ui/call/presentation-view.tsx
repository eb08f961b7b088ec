import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { isUpright, type Size } from "./grid";
import { planStrip, Strip, stripPeople } from "./strip";
import { Tile } from "./tile";
import { useCall } from "./view";
import { useWanted, want } from "./wanted";

/** One's own screen is not drawn again: that would be a tunnel of pictures. */
function OwnScreen() {
  const { call } = useCall();
  return (
    <div class="own-screen" data-testid="own-screen">
      <Icon name="presentation" />
      <strong>{t("tile.own_screen")}</strong>
      <button type="button" class="button danger" onClick={() => call.actions.setScreen(false)}>
        <Icon name="shareOff" />
        {t("tile.own_screen.stop")}
      </button>
    </div>
  );
}

/** The shared screen large, people beside. */
export function PresentationView({ room }: { room: Size }) {
  const { view } = useCall();
  const own = view.own.value;
  const presenter = view.presenters.value[0];
  const people = view.arranged.value;
  const plan = planStrip(room, view.stripHidden.value);
  const strip = stripPeople(people, own, plan.count);
  const ratio = devicePixelRatio;
  useWanted([
    ...(presenter ? want(presenter, "screen", plan.rest.height, ratio) : []),
    ...strip.flatMap((person) => want(person, "camera", plan.tile.height, ratio)),
  ]);
  return (
    <div class={`split${isUpright(room) ? " upright" : ""}`}>
      <div class="split-main">
        {presenter ? (
          <Tile key={presenter.number} person={presenter} kind="screen" size={plan.rest} />
        ) : (
          <OwnScreen />
        )}
      </div>
      {strip.length > 0 && <Strip people={strip} tile={plan.tile} />}
    </div>
  );
}
