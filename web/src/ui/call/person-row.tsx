import type { Person } from "../../call";
import { t } from "../../i18n/language";
import { Avatar } from "../kit/avatar";
import { Marks } from "./marks";
import { shownName } from "./person-name";

/** One line of the participants panel; grey while it is being fetched. */
export function PersonRow({ person }: { person: Person | null }) {
  if (!person) {
    return <div class="person waiting" aria-hidden="true" />;
  }
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
      <Marks person={person} place="InList" />
    </div>
  );
}
