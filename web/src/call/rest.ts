// The HTTP side of signaling: lessons, links and entering. Every refusal is one RequestFailed.
import type {
  ClosedPage,
  Entered as EnteredReply,
  FrontDoor,
  HeldSeat,
  LessonCreated,
  Link,
  LinkInfo,
  Links,
  Renewed,
} from "../wire/messages";
import { type Patience, patiently } from "./patience";
import { RequestFailed } from "./request-failed";
import { secretWord } from "./secret";
import type { Failure } from "./state";

export const CLOSED_PATH = "/api/seat/closed";

export type { LinkInfo } from "../wire/messages";

/** What `createCall` takes; nothing in it is of interest to the interface but name and time. */
export interface Entered {
  readonly grant: string;
  /** When the grant was given, ms since 1970. */
  readonly since: number;
  /** Takes back a seat that is held; null: a new one. */
  readonly resume: string | null;
  readonly lesson: string;
  /** Of the WebSocket, on this host. */
  readonly path: string;
  /** One's own name as the server understood it. */
  readonly name: string;
}

export interface Lesson {
  readonly id: string;
  readonly title: string;
  /** Tokens of the two invitation links that a new lesson has. */
  readonly hostLink: string;
  readonly participantLink: string;
}

/** Tries again while the server is only busy or away; so does `enter`. */
export function lookUp(link: string, patience?: Patience): Promise<LinkInfo> {
  return patiently(() => request("GET", `/api/links/${encodeURIComponent(link)}`), patience);
}

export async function enter(link: string, name: string, patience?: Patience): Promise<Entered> {
  const path = `/api/links/${encodeURIComponent(link)}/enter`;
  // Of every attempt the same: a reply that got lost does not use the link up.
  const body = { name, key: secretWord() };
  const entered = await patiently(() => request<EnteredReply>("POST", path, body), patience);
  return { ...entered, since: Date.now(), resume: null };
}

/** Whether a seat is still held, and whether somebody sits there; null: nobody can tell. */
export async function lookAtSeat({ grant, resume }: Entered): Promise<HeldSeat | null> {
  try {
    return await request<HeldSeat>("POST", "/api/seat", { grant, resume });
  } catch {
    return null;
  }
}

/**
 * The person leaves: the seat is given up. Whatever the state of the socket, which may be dead without
 * anybody knowing; asked again while the network is away, for as long as the seat would be held.
 */
export async function giveUpSeat(seat: ClosedPage, patience?: Patience): Promise<void> {
  const body = { ...seat, left: true };
  try {
    await patiently(() => request("POST", CLOSED_PATH, body, undefined, true), patience);
  } catch {
    // It expires by itself.
  }
}

/** Where other machines find this installation; null: nowhere. */
export async function outsideOrigin(): Promise<string | null> {
  return (await request<FrontDoor>("GET", "/api/front-door")).origin;
}

/** Whether the server answers, whatever it says. */
export async function isThere(signal: AbortSignal): Promise<boolean> {
  try {
    // nginx answers 502 and 504 in its place.
    return (await fetch("/api/front-door", { signal, cache: "no-store" })).status < 500;
  } catch {
    return false;
  }
}

/** A grant that lasts longer; the old one stays good until its end. */
export async function renew(grant: string): Promise<string> {
  return (await request<Renewed>("POST", "/api/grants", undefined, grant)).grant;
}

/** The link by which the class can enter now: its token; null: there is none. */
export async function openLink({ grant, lesson }: Entered): Promise<string | null> {
  const reply = await replyTo("GET", linksOf(lesson), undefined, grant);
  const { links } = (await reply.json()) as Links;
  // The clock of this machine may be wrong by years.
  const said = Date.parse(reply.headers.get("Date") ?? "");
  const now = Number.isNaN(said) ? Date.now() : said;
  return links.find((link) => isOpen(link, now))?.token ?? null;
}

function isOpen({ role, revoked, expires, max_uses, uses }: Link, now: number): boolean {
  if (role !== "participant" || revoked) return false;
  if (expires !== null && Date.parse(expires) <= now) return false;
  return max_uses === null || uses < max_uses;
}

/** No link of the class leads into the lesson any more; who is there stays. Links of hosts go on. */
export async function closeLinks({ grant, lesson }: Entered): Promise<void> {
  const path = linksOf(lesson);
  const { links } = await request<Links>("GET", path, undefined, grant);
  const open = links.filter(({ role, revoked }) => role === "participant" && !revoked);
  for (const { token } of open) await request("DELETE", `${path}/${token}`, undefined, grant);
}

/** A new link of the class: its token. */
export async function makeLink({ grant, lesson }: Entered): Promise<string> {
  const body = { role: "participant" };
  return (await request<Link>("POST", linksOf(lesson), body, grant)).token;
}

function linksOf(lesson: string): string {
  return `/api/lessons/${encodeURIComponent(lesson)}/links`;
}

/** `key`: the school key that `make up` prints; `size`: how many it is for, beside the teacher. */
export async function createLesson(key: string, title: string, size: number): Promise<Lesson> {
  const body = { title, size };
  const created = await request<LessonCreated>("POST", "/api/lessons", body, key);
  return {
    id: created.lesson.id,
    title: created.lesson.title,
    hostLink: created.host_link,
    participantLink: created.participant_link,
  };
}

async function request<T>(...asked: Parameters<typeof replyTo>): Promise<T> {
  const reply = await replyTo(...asked);
  return (reply.status === 204 ? undefined : await reply.json()) as T;
}

async function replyTo(
  method: string,
  path: string,
  body?: object,
  bearer?: string,
  keepalive = false,
): Promise<Response> {
  const headers = new Headers();
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (bearer !== undefined) headers.set("Authorization", `Bearer ${bearer}`);
  // `keepalive`: the request outlives the page.
  const init: RequestInit = { method, headers, keepalive };
  if (body !== undefined) init.body = JSON.stringify(body);
  let reply: Response;
  try {
    reply = await fetch(path, init);
  } catch {
    throw new RequestFailed(0, { code: "unreachable", message: "No reply came.", details: {} });
  }
  if (!reply.ok) throw new RequestFailed(reply.status, await failureIn(reply));
  return reply;
}

/** A proxy in between may answer with a page instead of the one error shape. */
async function failureIn(reply: Response): Promise<Failure> {
  const unknown = { code: "unreachable", message: reply.statusText, details: {} };
  try {
    const body = (await reply.json()) as { error?: Partial<Failure> };
    return { ...unknown, ...body.error };
  } catch {
    return unknown;
  }
}
