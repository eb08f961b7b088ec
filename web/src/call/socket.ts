// Runs a Session over a real WebSocket and real timers.
import type { ClientMessage, ServerMessage } from "../wire/messages";
import { canDeflate, deflated, inflated, LEAST, Order } from "./deflate";
import { isThere } from "./rest";
import type { Session, SessionEffect } from "./session";
import type { Failure, Phase } from "./state";

export interface SocketEvents {
  receive(message: ServerMessage): void;
  finished(phase: Phase, failure: Failure | null): void;
  /** Whether the server knows what one's own media are may have changed. */
  settled(): void;
}

export class Socket {
  private web: WebSocket | null = null;
  private knocking: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Of what is said on the socket that is open. */
  private outgoing = new Order();

  constructor(
    private readonly address: string,
    private readonly session: Session,
    private readonly events: SocketEvents,
  ) {}

  get live(): boolean {
    return this.session.live;
  }

  get unconfirmed(): boolean {
    return this.session.unconfirmed;
  }

  get lostSince(): number | null {
    return this.session.lostSince;
  }

  start(): void {
    this.run(this.session.start(performance.now()));
  }

  send(message: ClientMessage): void {
    this.run(this.session.send(message));
  }

  /** The network seems to have changed: find out whether the socket still lives. */
  probe(): void {
    this.run(this.session.probe(performance.now()));
  }

  /** Something that should come does not. */
  doubt(): void {
    this.run(this.session.doubt(performance.now()));
  }

  leave(): void {
    this.run(this.session.leave());
  }

  private run(effects: SessionEffect[]): void {
    for (const effect of effects) this.perform(effect);
    this.events.settled();
    clearTimeout(this.timer);
    const deadline = this.session.deadline;
    if (deadline === null) return;
    this.timer = setTimeout(
      () => this.run(this.session.tick(performance.now())),
      Math.max(0, deadline - performance.now()) + 1,
    );
  }

  private perform(effect: SessionEffect): void {
    switch (effect.type) {
      case "open":
        this.open();
        break;
      case "knock":
        void this.knock();
        break;
      case "close":
        this.close();
        break;
      case "send":
        this.say(effect.message);
        break;
      case "receive":
        this.events.receive(effect.message);
        break;
      case "finished":
        this.events.finished(effect.phase, effect.failure);
        break;
    }
  }

  private say(message: ClientMessage): void {
    const { web, outgoing } = this;
    if (web === null) return;
    const text = JSON.stringify(message);
    const pass = (data: string | ArrayBuffer) => {
      if (this.web === web) web.send(data);
    };
    // The socket is closed right after `leave`, which cannot wait; a view would undo the next one if that came before it.
    if (message.type === "leave") pass(text);
    else if (text.length < LEAST || !canDeflate()) outgoing.inTurn(() => pass(text));
    else outgoing.later(async () => pass(await deflated(text)));
  }

  private async knock(): Promise<void> {
    this.close();
    const asked = new AbortController();
    this.knocking = asked;
    const there = await isThere(asked.signal);
    // Closed meanwhile, or asked anew.
    if (this.knocking !== asked) return;
    if (there) this.open();
    else this.run(this.session.closed(performance.now()));
  }

  private open(): void {
    this.close();
    const web = new WebSocket(this.address);
    web.binaryType = "arraybuffer";
    this.web = web;
    this.outgoing = new Order();
    const incoming = new Order();
    web.onopen = () => this.run(this.session.opened());
    web.onclose = () =>
      incoming.inTurn(() => {
        if (this.web !== web) return;
        this.web = null;
        this.run(this.session.closed(performance.now()));
      });
    const hear = (text: string) => {
      // Another socket has taken its place while this was read.
      if (this.web !== web) return;
      const message: ServerMessage = JSON.parse(text);
      this.run(this.session.received(message, performance.now()));
    };
    web.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") incoming.inTurn(() => hear(data));
      else incoming.later(async () => hear(await inflated(data)));
    };
  }

  private close(): void {
    this.knocking?.abort();
    this.knocking = null;
    const web = this.web;
    this.web = null;
    if (web === null) return;
    web.onopen = null;
    web.onclose = null;
    web.onmessage = null;
    web.close();
  }
}
