import { useState } from "preact/hooks";
import type { Person } from "../../call";
import { type TextKey, t } from "../../i18n/language";
import { Avatar } from "../kit/avatar";
import { Icon } from "../kit/icon";
import { Video } from "../kit/video";
import type { Size } from "./grid";
import { Marks, MicrophoneMark } from "./marks";
import { shownName } from "./person-name";
import { isHeard, useCall } from "./view";

export interface TileProps {
  readonly person: Person;
  readonly kind: "camera" | "screen";
  readonly size?: Size;
  /** Pinning makes no sense on the self view in the corner. */
  readonly pinnable?: boolean;
}

/** The stream that may be shown: never one that could still be of somebody else. */
function usePicture(
  person: Person,
  kind: "camera" | "screen",
): { readonly stream: MediaStream | null; readonly frozen: boolean } {
  const { state } = useCall().call;
  if (person.self) {
    const own = kind === "camera" ? state.ownCamera.value : state.ownScreen.value;
    return { stream: own, frozen: false };
  }
  const picture = state.pictures.value.get(`${person.number}:${kind}`);
  return { stream: picture?.stream ?? null, frozen: picture?.frozen === true };
}

/** Why nothing comes of a picture that is asked for, as the server says it. */
function nothingComes(person: Person, kind: "camera" | "screen"): TextKey | null {
  const tiles = useCall().call.state.details.value?.tiles ?? [];
  const tile = tiles.find((one) => one.participant === person.number && one.kind === kind);
  if (tile === undefined || tile.layer !== null || tile.reason === null) return null;
  // A camera may also hang for a moment, or a keyframe be awaited: that is no weak connection.
  if (tile.reason === "publisher" && person.quality !== "poor") return null;
  return tile.reason === "tile" ? null : `tile.nothing.${tile.reason}`;
}

function Why({ words, late = false }: { words: string; late?: boolean }) {
  return (
    <span class={late ? "tile-why late" : "tile-why"} title={words}>
      <Icon name="weakInternet" />
      <span>{words}</span>
    </span>
  );
}

function PinButton({ person }: { person: Person }) {
  const { view } = useCall();
  const pinned = view.pinned.value === person.number;
  return (
    <button
      type="button"
      class={`tile-pin${pinned ? " pinned" : ""}`}
      aria-label={t(pinned ? "tile.unpin" : "tile.pin", { name: shownName(person) })}
      onClick={() => view.pin(person.number)}
    >
      <Icon name={pinned ? "unpin" : "pin"} />
    </button>
  );
}

function Plate({ person, kind, speaking }: TileProps & { speaking: boolean }) {
  const name = shownName(person);
  if (kind === "screen") {
    return (
      <div class="plate">
        <Icon name="presentation" />
        <span class="plate-name">{t("tile.screen", { name })}</span>
      </div>
    );
  }
  return (
    <div class="plate">
      <MicrophoneMark on={person.microphone} speaking={speaking} />
      <span class="plate-name">{person.self ? t("tile.you", { name }) : name}</span>
      <Marks person={person} place="OnTile" />
    </div>
  );
}

/** One person's camera or screen, or the initials while there is no picture. */
export function Tile({ person, kind, size, pinnable = true }: TileProps) {
  const here = useCall();
  const { stream, frozen } = usePicture(person, kind);
  const speaking = kind === "camera" && !frozen && isHeard(here, person);
  const [painted, setPainted] = useState(false);
  const covered = stream === null || !painted;
  const on = kind === "screen" || person.camera;
  const spared = on && here.call.state.spared.value.has(`${person.number}:${kind}`);
  const awaited = covered && person.present && on && !spared && !person.self;
  const why = nothingComes(person, kind);
  const rests = person.self && kind === "camera" && here.call.state.cameraRests.value;
  const small = (size?.width ?? 400) < 250;
  const look = `tile ${kind}${speaking ? " speaking" : ""}${small ? " small" : ""}`;
  const box = size ? { width: `${size.width}px`, height: `${size.height}px` } : {};
  return (
    <article
      class={look}
      style={box}
      data-testid="tile"
      data-participant={person.number}
      data-kind={kind}
      data-covered={covered}
      data-frozen={frozen}
      aria-label={
        kind === "screen" ? t("tile.screen", { name: shownName(person) }) : shownName(person)
      }
    >
      {stream && (
        <Video
          stream={stream}
          mirrored={person.self && kind === "camera"}
          whole={kind === "screen"}
          onPainted={setPainted}
        />
      )}
      {covered && (
        <div class={`tile-empty tint-${person.number % 8}`}>
          <Avatar name={person.name} number={person.number} />
          {awaited && why === null && (
            <span class="tile-wait" role="img" aria-label={t("tile.covered")} />
          )}
          {awaited && why !== null && <Why words={t(why)} late />}
          {spared && person.present && <Why words={t("tile.spared")} />}
        </div>
      )}
      {rests && (
        <p class="tile-rests" role="status" title={t("tile.rests")}>
          <Icon name="weakInternet" />
          <span class="whole">{t("tile.rests")}</span>
          <span class="brief" aria-hidden="true">
            {t("tile.rests.brief")}
          </span>
        </p>
      )}
      {!person.present && (
        <div class="tile-away">
          <Icon name="reconnecting" />
          <span>{t("tile.away")}</span>
        </div>
      )}
      <Plate person={person} kind={kind} speaking={speaking} />
      {pinnable && kind === "camera" && <PinButton person={person} />}
    </article>
  );
}
