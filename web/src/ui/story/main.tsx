// Shows any screen with a pretended engine: /stories.html?at=call&people=9&role=host …
// Whatever the server tells whole is shown by `&told={"size":{"type":"size","size":60,…}}`.
import { render } from "preact";
import type { Notice, Role } from "../../call";
import "../../styles/index.css";
import { CallPage } from "../call/call-page";
import { EndView } from "../end-view";
import { EngineContext } from "../engine";
import { FailureView } from "../failure-view";
import { Toasts } from "../kit/toasts";
import { LessonPage } from "../lesson-page";
import { takeKeyFromAddress } from "../start/school-key";
import { StartPage } from "../start/start-page";
import { pretendCall, pretendEngine, type Scene } from "./pretend";

takeKeyFromAddress();
const asked = new URLSearchParams(location.search);
const failure = asked.get("failure");

const ofDevice = /^device_|^permission_|^no_device/;
const notice = (kind: string): Notice => {
  const device = asked.get("device") === "microphone" ? "microphone" : "camera";
  return kind === "refused"
    ? { kind, failure: { code: "call_full", message: "", details: {} } }
    : ({
        kind,
        ...(ofDevice.test(kind) ? { device } : {}),
        seatKept: !asked.has("long"),
        by: 2,
        size: 60,
        away: 3,
      } as unknown as Notice);
};

const scene: Scene = {
  people: Number(asked.get("people") ?? 5),
  role: (asked.get("role") ?? "guest") as Role,
  sharing: (asked.get("sharing") ?? "nobody") as Scene["sharing"],
  notices: asked.getAll("notice").map(notice),
  told: JSON.parse(asked.get("told") ?? "{}"),
  phase: (asked.get("phase") ?? "connected") as Scene["phase"],
  camera: asked.get("camera") !== "off",
  weakInternet: asked.has("weak"),
  bottleneck: asked.get("bottleneck") ?? "none",
  devices: asked.get("devices") !== "none",
  reach: (asked.get("reach") ?? "reachable") as Scene["reach"],
  failure: failure ? { code: failure, message: "no", details: {} } : null,
};

function Story() {
  switch (asked.get("at")) {
    case "call":
      return <CallPage call={pretendCall(scene)} onOver={() => {}} />;
    case "lesson":
      return <LessonPage link="Fz9wQ2rT8vXk1LmN4pYb7A" />;
    case "left":
    case "ended":
      return (
        <EndView
          how={asked.get("at") as "left" | "ended"}
          title="Алгебра, 8 «Б»"
          onRejoin={() => {}}
        />
      );
    case "failure":
      return (
        <FailureView
          failure={scene.failure ?? { code: "other", message: "?", details: {} }}
          onRetry={() => {}}
        />
      );
    default:
      return <StartPage />;
  }
}

const root = document.getElementById("app");
if (root) {
  render(
    <EngineContext.Provider value={pretendEngine(scene)}>
      <Story />
      <Toasts />
    </EngineContext.Provider>,
    root,
  );
}
