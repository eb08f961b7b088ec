import type { Person } from "../../call";
import { t } from "../../i18n/language";
import { Avatar } from "../kit/avatar";
import { Icon, type IconName } from "../kit/icon";
import { MicrophoneMark, QualityMark } from "./marks";
import { shownName } from "./person-name";
import { useCall } from "./view";

function State({ icon, words, dim }: { icon: IconName; words: string; dim?: boolean }) {
  return (
    <span class={`state${dim ? " dim" : ""}`} role="img" aria-label={words} title={words}>
      <Icon name={icon} />
    </span>
  );
}

/** One line of the participants panel; grey while it is being fetched. */
export function PersonRow({ person }: { person: Person | null }) {
  const { call } = useCall();
  if (!person) {
    return <div class="person waiting" aria-hidden="true" />;
  }
  const speaking = person.microphone && call.state.speakers.value.includes(person.number);
  const title = person.role === "guest" || person.role === "participant" ? null : person.role;
  return (
    <div class="person" data-testid="person" data-participant={person.number}>
      <Avatar name={person.name} number={person.number} />
      <span class="person-name">
        <span>
          {shownName(person)}
          {person.self && <em> ({t("common.you")})</em>}
        </span>
        {!person.present ? (
          <small>{t("people.reconnecting")}</small>
        ) : (
          title && <small>{t(`role.${title}`)}</small>
        )}
      </span>
      {person.screen && <State icon="presentation" words={t("people.sharing")} />}
      {person.quality !== "good" && <QualityMark quality={person.quality} />}
      <State
        icon={person.camera ? "camera" : "cameraOff"}
        words={t(person.camera ? "people.camera_on" : "people.camera_off")}
        dim={!person.camera}
      />
      <MicrophoneMark on={person.microphone} speaking={speaking} />
    </div>
  );
}
