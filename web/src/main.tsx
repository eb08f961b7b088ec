import { render } from "preact";
import * as engine from "./call";
import "./styles/index.css";
import { App } from "./ui/app";
import { EngineContext } from "./ui/engine";
import { takeKeyFromAddress } from "./ui/start/school-key";

takeKeyFromAddress();
// A page that is open already is not loaded anew for a new fragment.
addEventListener("hashchange", takeKeyFromAddress);

const root = document.getElementById("app");
if (root) {
  render(
    <EngineContext.Provider value={engine}>
      <App />
    </EngineContext.Provider>,
    root,
  );
}
