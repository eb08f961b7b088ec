import { Toasts } from "./kit/toasts";
import { LessonPage } from "./lesson-page";
import { type Route, route } from "./route";
import { StartPage } from "./start/start-page";
import { UnknownPage } from "./unknown-page";

function Page({ here }: { here: Route }) {
  switch (here.page) {
    case "lesson":
      return <LessonPage key={here.link} link={here.link} />;
    case "unknown":
      return <UnknownPage />;
    case "start":
      return <StartPage />;
  }
}

export function App() {
  return (
    <>
      <Page here={route.value} />
      <Toasts />
    </>
  );
}
