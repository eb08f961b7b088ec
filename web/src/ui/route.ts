// Which page the address names, and links between the pages.
import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "start" | "unknown" }
  | { readonly page: "lesson"; readonly link: string };

const LESSON_PATH = /^\/j\/([A-Za-z0-9_-]{4,128})\/?$/;

export function readPath(path: string): Route {
  const match = LESSON_PATH.exec(path);
  if (match?.[1]) {
    return { page: "lesson", link: match[1] };
  }
  return { page: path === "/" || path === "/index.html" ? "start" : "unknown" };
}

export function lessonPath(link: string): string {
  return `/j/${link}`;
}

/** The beginning of links that are passed on. `localhost` would be another machine to everybody else. */
export const origin = signal(location.origin);

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

export function lessonAddress(link: string): string {
  return `${origin.value}${lessonPath(link)}`;
}

/** The link's token from what a person pasted: a whole address, a path, or the token alone. */
export function linkFromText(text: string): string | null {
  const trimmed = text.trim();
  const path = /\/j\/([A-Za-z0-9_-]{4,128})(?:[/?#\s]|$)/.exec(trimmed);
  if (path?.[1]) {
    return path[1];
  }
  return /^[A-Za-z0-9_-]{16,128}$/.test(trimmed) ? trimmed : null;
}

export const route = signal<Route>(readPath(location.pathname));

export function go(path: string): void {
  history.pushState(null, "", path);
  route.value = readPath(path);
}

addEventListener("popstate", () => {
  route.value = readPath(location.pathname);
});
