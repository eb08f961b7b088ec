import { useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import type { Person } from "../../call";
import { type TextKey, t } from "../../i18n/language";
import { Avatar } from "../kit/avatar";
import { useDerived } from "../kit/derived";
import { Icon } from "../kit/icon";
import { Video } from "../kit/video";
import { Marks, MicrophoneMark } from "./marks";
import { shownName } from "./person-name";
import { isHeard, useCall } from "./view";

export interface TileProps {
  readonly person: Person;
  readonly kind: "camera" | "screen";
  /** CSS pixels; as large as its content without them. */
  readonly width?: number;
  readonly height?: number;
  /** Pinning makes no sense on the self view in the corner. */
  readonly pinnable?: boolean;
}

/** The stream that may be shown: never one that could still be of somebody else. */
function usePicture(
  { number, self }: Person,
  kind: "camera" | "screen",
): { readonly stream: MediaStream | null; readonly frozen: boolean } {
  const { state } = useCall().call;
  const inputs = [state, number, self, kind];
  const picture = () => (self ? undefined : state.pictures.value.get(`${number}:${kind}`));
  const stream = useDerived(() => {
    if (!self) return picture()?.stream ?? null;
    return kind === "camera" ? state.ownCamera.value : state.ownScreen.value;
  }, inputs);
  const frozen = useDerived(() => picture()?.frozen === true, inputs);
  return { stream, frozen };
}

/** Why nothing comes of a picture that is asked for, as the server says it. */
function useNothingComes(person: Person, kind: "camera" | "screen"): TextKey | null {
  const { state } = useCall().call;
  const { number } = person;
  const reason = useDerived(() => {
    const tiles = state.details.value?.tiles ?? [];
    const tile = tiles.find((one) => one.participant === number && one.kind === kind);
    return tile?.layer === null ? tile.reason : null;
  }, [state, number, kind]);
  // A camera may also hang for a moment, or a keyframe be awaited: that is no weak connection.
  if (reason === "publisher" && person.quality !== "poor") return null;
  return reason === null || reason === "tile" ? null : `tile.nothing.${reason}`;
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
  const { number } = person;
  const pinned = useDerived(() => view.pinned.value === number, [view, number]);
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

interface PlateProps extends Pick<TileProps, "person" | "kind"> {
  readonly speaking: boolean;
}

function Plate({ person, kind, speaking }: PlateProps) {
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
export function Tile({ person, kind, width, height, pinnable = true }: TileProps) {
  const here = useCall();
  const { state } = here.call;
  const { stream, frozen } = usePicture(person, kind);
  const heard = useDerived(() => isHeard(here, person), [here, person]);
  const speaking = kind === "camera" && !frozen && heard;
  const painted = useSignal(false);
  const paint = useCallback((done: boolean) => {
    painted.value = done;
  }, []);
  const covered = stream === null || !painted.value;
  const on = kind === "screen" || person.camera;
  const key = `${person.number}:${kind}`;
  const spared = useDerived(() => state.spared.value.has(key), [state, key]) && on;
  const awaited = covered && person.present && on && !spared && !person.self;
  const why = useNothingComes(person, kind);
  const rests = person.self && kind === "camera" && state.cameraRests.value;
  const small = (width ?? 400) < 250;
  const look = `tile ${kind}${speaking ? " speaking" : ""}${small ? " small" : ""}`;
  const box = width && height ? { width: `${width}px`, height: `${height}px` } : {};
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
          onPainted={paint}
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
