import { Toasts } from "./kit/toasts";
import { LessonPage } from "./lesson-page";
import { route } from "./route";
import { StartPage } from "./start/start-page";

export function App() {
  const here = route.value;
  return (
    <>
      {here.page === "lesson" ? <LessonPage key={here.link} link={here.link} /> : <StartPage />}
      <Toasts />
    </>
  );
}
