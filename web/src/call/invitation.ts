// The link of the class that a moderator may pass on. Another one may close it or make a new one.
import { signal } from "@preact/signals";
import { closeLinks, type Entered, makeLink, openLink } from "./rest";

export class Invitation {
  readonly token = signal<string | null>(null);
  private asked = 0;

  constructor(private readonly seat: () => Entered) {}

  /** The server's word, or one's own doing. */
  is(token: string | null): void {
    this.asked += 1;
    this.token.value = token;
  }

  /** Asks how it is now; an answer that comes after something newer is known says nothing. */
  async look(): Promise<void> {
    this.asked += 1;
    const asked = this.asked;
    const token = await openLink(this.seat());
    if (asked === this.asked) this.token.value = token;
  }

  async close(): Promise<void> {
    await closeLinks(this.seat());
    this.is(null);
  }

  async make(): Promise<void> {
    this.is(await makeLink(this.seat()));
  }
}
