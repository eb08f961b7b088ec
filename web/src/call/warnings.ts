// What is said of one's own connection: that it is cut, that it is weak, and what could be done.
import { bannerSince, seatKept } from "./banner";
import type { Notices } from "./notices";
import { type Offer, Offers } from "./offers";
import type { Quality } from "./state";

/** The connection at one moment. */
export interface Found {
  readonly now: number;
  /** Since when the socket and the way of the media are lost. */
  readonly cuts: { readonly socket: number | null; readonly media: number | null };
  readonly quality: Quality;
  /** It cannot carry the call as it is. */
  readonly weak: boolean;
  readonly weakInternet: boolean;
  /** It is the way up alone that is bad, and of one's own camera what it does not bear is not sent. */
  readonly upAlone: boolean;
  readonly udpBlocked: boolean;
}

export class Warnings {
  private readonly offers = new Offers();

  constructor(private readonly notices: Notices) {}

  declined(offer: Offer, now: number): void {
    this.offers.declined(offer, now);
  }

  /** Returns whether it is cut for so long that it is shown. */
  tell(found: Found): boolean {
    const { now, cuts, quality, weakInternet, upAlone } = found;
    const { notices } = this;
    const cut = bannerSince(cuts, now) !== null;
    notices.keep({ kind: "reconnecting", seatKept: seatKept(cuts, now) }, cut);
    const offer = this.offers.at({ now, cut, quality, weakInternet, upAlone });
    notices.keep({ kind: "weak_offer" }, offer === "weak_offer");
    notices.keep({ kind: "weak_over" }, offer === "weak_over");
    // The offer says the same and does more.
    notices.keep({ kind: "weak_connection" }, !cut && found.weak && offer === null);
    notices.keep({ kind: "udp_blocked" }, found.udpBlocked);
    return cut;
  }
}
