import type { Person } from "../../call";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { FacesButton } from "./faces-button";
import { isUpright, type Size } from "./grid";
import { GridView } from "./grid-view";
import { planStrip, stripPage } from "./strip";
import { Strip } from "./strip-view";
import { Tile } from "./tile";
import { useCall } from "./view";
import { useWanted, want } from "./wanted";

/** Height of the line above the grid while one shows one's own screen. */
const LINE = 60;

/** One's own screen is not drawn again: that would be a tunnel of pictures. The class has the room. */
function OwnScreen({ room }: { room: Size }) {
  const { call } = useCall();
  return (
    <>
      <div class="own-screen" data-testid="own-screen">
        <Icon name="presentation" />
        <strong>{t("tile.own_screen")}</strong>
        <FacesButton />
        <button
          type="button"
          class="button danger small"
          onClick={() => call.actions.setScreen(false)}
        >
          <Icon name="shareOff" />
          {t("tile.own_screen.stop")}
        </button>
      </div>
      <div class="below-line" style={{ top: `${LINE}px` }}>
        <GridView room={{ ...room, height: room.height - LINE }} />
      </div>
    </>
  );
}

/** The shared screen large, people beside. */
export function PresentationView({ room }: { room: Size }) {
  const { view } = useCall();
  const presenter = view.presenters.value[0];
  return presenter ? <SharedScreen room={room} presenter={presenter} /> : <OwnScreen room={room} />;
}

function SharedScreen({ room, presenter }: { room: Size; presenter: Person }) {
  const { view } = useCall();
  const own = view.own.value;
  const people = view.arranged.value;
  const plan = planStrip(room, people.length + (own ? 1 : 0), view.stripHidden.value);
  const shown = stripPage(people, own, plan.count, view.stripPage.value);
  const ratio = devicePixelRatio;
  useWanted("stage", [
    ...want(presenter, "screen", plan.rest.height, ratio),
    ...shown.people.flatMap((person) => want(person, "camera", plan.tile.height, ratio)),
  ]);
  return (
    <div class={`split${isUpright(room) ? " upright" : ""}`}>
      <div class="split-main">
        <Tile
          key={presenter.number}
          person={presenter}
          kind="screen"
          width={plan.rest.width}
          height={plan.rest.height}
        />
      </div>
      {plan.count > 0 && <Strip shown={shown} plan={plan} />}
    </div>
  );
}
