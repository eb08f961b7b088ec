// What was said to the server and is not answered yet. Pure. It is kept across cuts of the socket
// and said again in the same order, with the same id, until the server answers; what is said twice,
// or is about something of which only the last wish holds, is kept once.
import type { ClientMessage } from "../wire/messages";

type Command = Extract<ClientMessage, { command?: string | null }>;
type Unnamed<Each> = Each extends Command ? Omit<Each, "command"> : never;

/** Those that the engine says by itself, of what is on and how it comes through. */
const OWN = ["media", "quality"] as const;
type Own = (typeof OWN)[number];

/** What the interface may say; it gets its id here. */
export type Said = Unnamed<Exclude<Command, { type: Own }>>;

/** All other messages; the compiler holds the list to them, so a new command is one by itself. */
const NO_COMMANDS: Readonly<Record<Exclude<ClientMessage, Command>["type"], true>> = {
  join: true,
  offer: true,
  view: true,
  uplink: true,
  search: true,
  leave: true,
  ping: true,
};

/** Each says the whole of its matter, so a later one makes an earlier one needless. */
const LAST_HOLDS: ReadonlySet<Command["type"]> = new Set(["media", "quality", "size"]);
/** The server knows that many again when they are repeated. */
const KEPT = 32;
const DIGITS = 36;

export function isCommand(message: ClientMessage): message is Command {
  return !Object.hasOwn(NO_COMMANDS, message.type);
}

export class Commands {
  /** By what they are about, the oldest first. */
  private readonly waiting = new Map<string, Command>();
  private readonly page: string;
  private last = 0;

  /** `random`: uniform in [0, 1). Ids of another page of the same seat must not be the same. */
  constructor(random: () => number) {
    this.page = Math.floor(random() * DIGITS ** 6).toString(DIGITS);
  }

  /** The message as it is to be sent: with an id. It replaces an earlier one about the same. */
  add(command: Command): Command {
    this.last += 1;
    const named = { ...command, command: `${this.page}-${this.last.toString(DIGITS)}` };
    const topic = LAST_HOLDS.has(command.type) ? command.type : JSON.stringify(command);
    // Anew at the end: what was wished last is said last.
    this.waiting.delete(topic);
    this.waiting.set(topic, named);
    if (this.waiting.size > KEPT) this.dropOldest();
    return named;
  }

  /** The server has answered, with `done` or a refusal; true when somebody waited for it. */
  answered(id: string): boolean {
    for (const [topic, command] of this.waiting) {
      if (command.command === id) return this.waiting.delete(topic);
    }
    return false;
  }

  waits(type: Own): boolean {
    return this.waiting.has(type);
  }

  /** To be said again, the oldest first. */
  all(): Command[] {
    return [...this.waiting.values()];
  }

  /** The seat is another one: of what was said in the old one only what the engine says by itself holds. */
  forget(): void {
    for (const topic of this.waiting.keys()) {
      if (!isOwn(topic)) this.waiting.delete(topic);
    }
  }

  private dropOldest(): void {
    const oldest = [...this.waiting.keys()].find((topic) => !isOwn(topic));
    if (oldest !== undefined) this.waiting.delete(oldest);
  }
}

function isOwn(topic: string): boolean {
  return OWN.some((own) => own === topic);
}
