import { t } from "../../i18n/language";
import bell from "../bell.svg";
import { go } from "../route";

/** The name with the bell; a way home. */
export function Brand() {
  const home = (event: MouseEvent) => {
    event.preventDefault();
    go("/");
  };
  return (
    <a class="brand" href="/" onClick={home}>
      <img src={bell} alt="" width="32" height="32" />
      <span>{t("brand.name")}</span>
    </a>
  );
}
