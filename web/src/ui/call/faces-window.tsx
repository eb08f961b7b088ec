import { useSignalEffect } from "@preact/signals";
import { render } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { Banner } from "./banners";
import { facesFirst, openFaces } from "./faces";
import { fitGrid, GAP, pageCount, pageOf, type Size } from "./grid";
import { PageButton } from "./page-button";
import { RoundButton } from "./round-button";
import { Tile } from "./tile";
import { tools } from "./tools";
import { CallContext, type Here, useCall } from "./view";
import { useWanted, want } from "./wanted";

const CONTROLS = 64;
const PAGER = 44;
/** Faces lower than this (CSS pixels) cannot be read. */
const LOWEST = 80;
const PAGES = [9, 8, 6, 5, 4, 3, 2];

/** How many faces the window shows at a time. */
export function facesAtOnce(room: Size): number {
  return PAGES.find((size) => fitGrid(size, room, GAP).height >= LOWEST) ?? 1;
}

function useSize(target: Window): Size {
  const measure = () => ({ width: target.innerWidth, height: target.innerHeight });
  const [size, setSize] = useState(measure);
  useLayoutEffect(() => {
    const changed = () => setSize(measure());
    target.addEventListener("resize", changed);
    return () => target.removeEventListener("resize", changed);
  }, [target]);
  return size;
}

function Controls({ onBack }: { onBack: () => void }) {
  const here = useCall();
  return (
    <div class="faces-controls" role="toolbar" aria-label={t("call.region.toolbar")}>
      {tools
        .filter((tool) => tool.withFaces?.(here))
        .map((tool) => (
          <RoundButton
            key={tool.id}
            looks={tool.looks(here)}
            testid={`faces-${tool.id}`}
            onPress={() => tool.press(here)}
          />
        ))}
      <RoundButton
        looks={{ icon: "back", label: t("faces.back") }}
        testid="faces-back"
        onPress={onBack}
      />
    </div>
  );
}

/** That the line is cut is said here, too: whoever shows a screen sees this window alone. */
function Cut() {
  const { notices } = useCall().call.state;
  return (
    <div class="banners" role="status">
      {notices.value
        .filter((notice) => notice.kind === "reconnecting")
        .map((notice) => (
          <Banner key={notice.kind} notice={notice} />
        ))}
    </div>
  );
}

/** What the window shows: as many faces as fit, in pages, and one's own controls. */
export function Faces({ target, onBack }: { target: Window; onBack: () => void }) {
  const { call, view } = useCall();
  const size = useSize(target);
  const [asked, setPage] = useState(0);
  const width = size.width - 2 * GAP;
  const height = size.height - CONTROLS - PAGER - GAP;
  const atOnce = facesAtOnce({ width, height });
  const people = facesFirst(view.arranged.value, atOnce, view.main.value);
  const pages = pageCount(people.length, atOnce);
  const page = Math.min(asked, pages - 1);
  const shown = pageOf(people, page, atOnce);
  const fit = fitGrid(shown.length, { width, height }, GAP);
  const more = call.state.total.value - 1 - shown.length;
  const at = { of: "faces", page, pages, turn: setPage };
  useWanted(
    "faces",
    shown.flatMap((person) => want(person, "camera", fit.height, target.devicePixelRatio)),
  );
  return (
    <div class="call faces" data-testid="faces" data-phase={call.state.phase.value}>
      <Cut />
      <main class="faces-tiles" aria-label={t("call.region.stage")}>
        {shown.map((person) => (
          <Tile
            key={person.number}
            person={person}
            kind="camera"
            width={fit.width}
            height={fit.height}
            pinnable={false}
          />
        ))}
        {shown.length === 0 && <p>{t("call.alone.title")}</p>}
      </main>
      {more > 0 && (
        <nav class="strip-pager" aria-label={t("pager.pages")}>
          <PageButton way="previous" {...at} />
          <span role="status">{t("pager.more", { count: more })}</span>
          <PageButton way="next" {...at} />
        </nav>
      )}
      <Controls onBack={onBack} />
    </div>
  );
}

/** Draws the faces into `target`, dressed as this page is; returns what takes them out again. */
function furnish(target: Window, here: Here, onBack: () => void): () => void {
  const page = target.document;
  page.title = t("faces.title");
  page.documentElement.lang = document.documentElement.lang;
  page.head.replaceChildren();
  for (const style of document.querySelectorAll("link[rel=stylesheet], style")) {
    const copy = page.importNode(style, true);
    if (style instanceof HTMLLinkElement) {
      // Its own address is about:blank.
      (copy as HTMLLinkElement).href = style.href;
    }
    page.head.append(copy);
  }
  const root = page.createElement("div");
  page.body.replaceChildren(root);
  render(
    <CallContext.Provider value={here}>
      <Faces target={target} onBack={onBack} />
    </CallContext.Provider>,
    root,
  );
  return () => render(null, root);
}

/** Chromium may open the window by itself when whoever shows a screen goes to another tab. */
function onTabLeft(open: (() => void) | null): void {
  try {
    navigator.mediaSession?.setActionHandler("enterpictureinpicture" as MediaSessionAction, open);
  } catch {
    // Other browsers know no such action; there is the button.
  }
}

/** Keeps the window with faces alive while it is wanted; draws nothing on the page itself. */
export function FacesWindow() {
  const here = useCall();
  const { call, view } = here;
  const target = view.faces.value;
  useEffect(() => {
    if (target === null) {
      return;
    }
    const close = () => {
      view.faces.value = null;
    };
    const back = () => {
      close();
      window.focus();
    };
    // At once: effects of a page that goes are not run any more.
    const gone = () => {
      close();
      target.close();
    };
    const empty = furnish(target, here, back);
    target.addEventListener("pagehide", close);
    window.addEventListener("pagehide", gone);
    return () => {
      target.removeEventListener("pagehide", close);
      window.removeEventListener("pagehide", gone);
      empty();
      view.wanted.faces.value = [];
      target.close();
    };
  }, [target, call, view]);
  useSignalEffect(() => {
    onTabLeft(call.state.screenOn.value ? () => void openFaces(here) : null);
    return () => onTabLeft(null);
  });
  return null;
}
