import { render } from "preact";
import * as engine from "./call";
import "./styles/index.css";
import { App } from "./ui/app";
import { EngineContext } from "./ui/engine";
import { isLoopback, origin } from "./ui/route";
import { takeKeyFromAddress } from "./ui/start/school-key";

takeKeyFromAddress();
// A page that is open already is not loaded anew for a new fragment.
addEventListener("hashchange", takeKeyFromAddress);

if (isLoopback(location.hostname)) {
  engine.outsideOrigin().then(
    (outside) => {
      origin.value = outside ?? location.origin;
    },
    // Then the links lead to this machine, as its address says.
    () => undefined,
  );
}

const root = document.getElementById("app");
if (root) {
  render(
    <EngineContext.Provider value={engine}>
      <App />
    </EngineContext.Provider>,
    root,
  );
}
