import type { Person } from "../../call";
import { t } from "../../i18n/language";

/** The name as it is shown: whoever is called like a moderator and is none has a mark. */
export function shownName({ name, guestMark }: Person): string {
  return guestMark ? t("role.guest.mark", { name }) : name;
}
