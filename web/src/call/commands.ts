// What was said to the server and is not answered yet. Pure. It is kept across cuts of the socket
// and said again, with the same id, until the server answers; of several wishes about the same
// thing only the last is kept.
import type { ClientMessage } from "../wire/messages";

type Command = Extract<ClientMessage, { command?: string | null }>;
type Topic = Command["type"];

/** All other messages; the compiler holds the list to them, so a new command is one by itself. */
const NO_COMMANDS: Readonly<Record<Exclude<ClientMessage, Command>["type"], true>> = {
  join: true,
  offer: true,
  view: true,
  search: true,
  leave: true,
  ping: true,
};
const DIGITS = 36;

export function isCommand(message: ClientMessage): message is Command {
  return !Object.hasOwn(NO_COMMANDS, message.type);
}

export class Commands {
  private readonly waiting = new Map<Topic, Command>();
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
    // Anew at the end: what was wished last is said last.
    this.waiting.delete(command.type);
    this.waiting.set(command.type, named);
    return named;
  }

  /** The server has answered, with `done` or a refusal; true when somebody waited for it. */
  answered(id: string): boolean {
    for (const [topic, command] of this.waiting) {
      if (command.command === id) return this.waiting.delete(topic);
    }
    return false;
  }

  waits(topic: Topic): boolean {
    return this.waiting.has(topic);
  }

  /** To be said again, the oldest first. */
  all(): Command[] {
    return [...this.waiting.values()];
  }

  /** The seat is another one: of what was wished in the old one only one's own media hold. */
  forget(): void {
    for (const topic of this.waiting.keys()) {
      if (topic !== "media" && topic !== "quality") this.waiting.delete(topic);
    }
  }
}
