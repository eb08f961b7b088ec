// What is to be known of a person at a glance: one entry each, for the picture and for the list.
import type { ComponentType } from "preact";
import type { Person, Quality } from "../../call";
import { t } from "../../i18n/language";
import { Icon, type IconName } from "../kit/icon";
import { isHeard, isModerator, useCall } from "./view";

const steps: Readonly<Record<Quality, number>> = { good: 3, medium: 2, poor: 1, lost: 0 };

/** Connection quality as bars, with its words for screen readers and on hover. */
export function QualityMark({ quality }: { quality: Quality }) {
  const words = t(`quality.${quality}`);
  return (
    <span class={`quality ${quality}`} role="img" aria-label={words} title={words}>
      {[1, 2, 3].map((step) => (
        <i key={step} class={step <= steps[quality] ? "full" : ""} />
      ))}
    </span>
  );
}

/** Microphone off, on, or a person speaking. */
export function MicrophoneMark({ on, speaking }: { on: boolean; speaking: boolean }) {
  const words = t(on ? (speaking ? "tile.speaking" : "tile.microphone_on") : "tile.microphone_off");
  return (
    <span class={`mic-mark${on ? "" : " off"}`} role="img" aria-label={words} title={words}>
      {on && speaking ? (
        <span class="voice">
          <i />
          <i />
          <i />
        </span>
      ) : (
        <Icon name={on ? "microphone" : "microphoneOff"} />
      )}
    </span>
  );
}

function State({ icon, words, dim }: { icon: IconName; words: string; dim?: boolean }) {
  return (
    <span class={`state${dim ? " dim" : ""}`} role="img" aria-label={words} title={words}>
      <Icon name={icon} />
    </span>
  );
}

interface Of {
  readonly person: Person;
}

export interface MarkEntry {
  readonly id: string;
  /** On the plate of the camera's picture, after the name. */
  readonly OnTile?: ComponentType<Of>;
  /** In the person's line in the list, after the name. */
  readonly InList?: ComponentType<Of>;
}

/** In the order they are drawn. */
const marks: readonly MarkEntry[] = [
  {
    id: "role",
    OnTile: ({ person }) =>
      isModerator(person) ? <span class="plate-role">{t(`role.${person.role}`)}</span> : null,
  },
  {
    id: "screen",
    InList: ({ person }) =>
      person.screen ? <State icon="presentation" words={t("people.sharing")} /> : null,
  },
  {
    id: "quality",
    OnTile: ({ person }) => <QualityMark quality={person.present ? person.quality : "lost"} />,
    InList: ({ person }) =>
      person.quality === "good" ? null : <QualityMark quality={person.quality} />,
  },
  {
    id: "camera",
    InList: ({ person: { camera } }) => (
      <State
        icon={camera ? "camera" : "cameraOff"}
        words={t(camera ? "people.camera_on" : "people.camera_off")}
        dim={!camera}
      />
    ),
  },
  {
    // On the plate it stands before the name.
    id: "microphone",
    InList: ({ person }) => {
      return <MicrophoneMark on={person.microphone} speaking={isHeard(useCall(), person)} />;
    },
  },
];

/** All that is to be shown of this person there now. */
export function Marks({ person, place }: Of & { place: "OnTile" | "InList" }) {
  return (
    <>
      {marks.map((entry) => {
        const Mark = entry[place];
        return Mark && <Mark key={entry.id} person={person} />;
      })}
    </>
  );
}
