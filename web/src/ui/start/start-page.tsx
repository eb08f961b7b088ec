import { useState } from "preact/hooks";
import type { Lesson } from "../../call";
import { t } from "../../i18n/language";
import { OuterPage } from "../kit/outer-page";
import { CreateLesson } from "./create-lesson";
import { Created } from "./created";
import { OpenLink } from "./open-link";
import { RingingBell } from "./ringing-bell";
import { schoolKey } from "./school-key";
import { TypeKey } from "./type-key";

/** Kept with this entry of the tab's history, so that its links survive a reload and a way back. */
function keptLesson(): Lesson | null {
  return (history.state as { readonly lesson?: Lesson } | null)?.lesson ?? null;
}

export function StartPage() {
  const [lesson, setLesson] = useState(keptLesson);
  const keep = (created: Lesson | null) => {
    history.replaceState(created && { lesson: created }, "");
    setLesson(created);
  };
  if (lesson) {
    return (
      <OuterPage title={t("created.page_title")}>
        <Created lesson={lesson} onAnother={() => keep(null)} />
      </OuterPage>
    );
  }
  const teacher = schoolKey.value;
  return (
    <OuterPage title={t("start.page_title")}>
      <div class="start">
        <div class="start-top">
          <div class="start-words">
            <h1>{t("start.headline")}</h1>
            <p>{t("brand.promise")}</p>
          </div>
          <RingingBell />
        </div>
        <div class={`start-cards${teacher ? " teacher-first" : ""}`}>
          <section class="card">
            <h2>{t("start.student.title")}</h2>
            <p>{t("start.student.text")}</p>
            <OpenLink />
          </section>
          <section class="card">
            <h2>{t("start.teacher.title")}</h2>
            {teacher ? <CreateLesson schoolKey={teacher} onCreated={keep} /> : <TypeKey />}
          </section>
        </div>
      </div>
    </OuterPage>
  );
}
