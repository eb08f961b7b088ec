// The seat that this page has: its secrets are kept, renewed, and given up with it.
import type { ClosedPage } from "../wire/messages";
import { sayWhenClosed } from "./closing";
import { type Entered, giveUpSeat, renew } from "./rest";
import { secretWord } from "./secret";

/** A grant takes a seat for 12 h; calls have no end. */
const RENEW_EVERY = 6 * 3600_000;

export class Seat {
  readonly page = secretWord();
  private over = false;
  private readonly renewal: ReturnType<typeof setInterval>;
  private readonly stopSaying: () => void;

  /** `keep`: for the next page to find; null: there is none any more. */
  constructor(
    private secrets: Entered,
    private readonly keep: (seat: Entered | null) => void,
  ) {
    this.renewal = setInterval(() => void this.renewGrant(), RENEW_EVERY);
    this.stopSaying = sayWhenClosed(() => this.closedPage());
  }

  get entered(): Entered {
    return this.secrets;
  }

  /** The server's word for taking it back. */
  welcomed(resume: string): void {
    this.become({ ...this.secrets, resume });
  }

  lost(): void {
    this.over = true;
    this.keep(null);
    clearInterval(this.renewal);
    this.stopSaying();
  }

  giveUp(): void {
    const { grant, resume } = this.secrets;
    void giveUpSeat({ grant, resume, page: this.page });
  }

  private become(secrets: Entered): void {
    this.secrets = secrets;
    this.keep(secrets);
  }

  private async renewGrant(): Promise<void> {
    try {
      const grant = await renew(this.secrets.grant);
      // A seat that was given up meanwhile is kept no longer.
      if (!this.over) this.become({ ...this.secrets, grant, since: Date.now() });
    } catch {
      // The next turn tries again, and the seat itself does not depend on it.
    }
  }

  private closedPage(): ClosedPage | null {
    const { grant, resume } = this.secrets;
    return resume === null ? null : { grant, resume, page: this.page };
  }
}
