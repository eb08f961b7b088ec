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

export function StartPage() {
  const [lesson, setLesson] = useState<Lesson | null>(null);
  if (lesson) {
    return (
      <OuterPage title={t("created.page_title")}>
        <Created lesson={lesson} onAnother={() => setLesson(null)} />
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
            {teacher ? <CreateLesson schoolKey={teacher} onCreated={setLesson} /> : <TypeKey />}
          </section>
        </div>
      </div>
    </OuterPage>
  );
}
