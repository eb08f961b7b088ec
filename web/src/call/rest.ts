// The HTTP side of signaling: lessons, links and entering. Every refusal is one RequestFailed.
import type { Failure } from "./state";

export interface LinkInfo {
  readonly title: string;
  readonly role: "host" | "participant";
  /** People in the call now. */
  readonly participants: number;
}

export interface Lesson {
  readonly id: string;
  readonly title: string;
  /** Tokens of the two invitation links that a new lesson has. */
  readonly hostLink: string;
  readonly participantLink: string;
}

/** A reply with status ≥ 400 (`failure` is the server's), or `unreachable` when there was none. */
export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    readonly failure: Failure,
  ) {
    super(`${status} ${failure.code}: ${failure.message}`);
  }
}

export function lookUp(link: string): Promise<LinkInfo> {
  return request("GET", `/api/links/${encodeURIComponent(link)}`);
}

/** Resolves with the grant for `createCall`. */
export async function enter(link: string, name: string): Promise<string> {
  const path = `/api/links/${encodeURIComponent(link)}/enter`;
  const { grant } = await request<{ grant: string }>("POST", path, { name });
  return grant;
}

/** `key` is the school key that `make up` prints. */
export function createLesson(key: string, title: string): Promise<Lesson> {
  return request("POST", "/api/lessons", { title }, key);
}

async function request<T>(method: string, path: string, body?: object, key?: string): Promise<T> {
  const headers = new Headers();
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (key !== undefined) headers.set("Authorization", `Bearer ${key}`);
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  let reply: Response;
  try {
    reply = await fetch(path, init);
  } catch {
    throw new RequestFailed(0, { code: "unreachable", message: "No reply came.", details: {} });
  }
  if (!reply.ok) throw new RequestFailed(reply.status, await failureIn(reply));
  return (await reply.json()) as T;
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
