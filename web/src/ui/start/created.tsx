import type { Lesson } from "../../call";
import { t } from "../../i18n/language";
import { CopyField } from "../kit/copy-field";
import { Headline } from "../kit/headline";
import { Qr } from "../kit/qr";
import { go, lessonAddress, lessonPath } from "../route";

interface Props {
  readonly lesson: Lesson;
  readonly onAnother: () => void;
}

export function Created({ lesson, onAnother }: Props) {
  const invitation = lessonAddress(lesson.participantLink);
  const enter = (event: MouseEvent) => {
    event.preventDefault();
    go(lessonPath(lesson.hostLink));
  };
  return (
    <div class="created card">
      <div class="created-words">
        <p class="eyebrow">{t("created.heading")}</p>
        <Headline>{lesson.title}</Headline>
        <section>
          <h2>{t("created.invite")}</h2>
          <p>{t("created.invite.text")}</p>
          <CopyField label={t("created.invite")} value={invitation} testid="invite-link" />
        </section>
        <a
          class="button primary wide"
          href={lessonPath(lesson.hostLink)}
          data-testid="enter-as-host"
          onClick={enter}
        >
          {t("created.enter")}
        </a>
        <details class="more-about">
          <summary>{t("created.host_link")}</summary>
          <p>{t("created.host_link.text")}</p>
          <CopyField
            label={t("created.host_link")}
            value={lessonAddress(lesson.hostLink)}
            testid="host-link"
          />
        </details>
        <button type="button" class="link" onClick={onAnother}>
          {t("created.another")}
        </button>
      </div>
      <Qr text={invitation} label={t("created.qr")} />
    </div>
  );
}
