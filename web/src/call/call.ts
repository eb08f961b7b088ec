// A call from joining to leaving: puts the parts together and offers the interface its signals.
import { computed, effect, signal } from "@preact/signals";
import type { Media, Publish, ServerMessage, Welcome } from "../wire/messages";
import { Asking } from "./asking";
import { bottleneck } from "./bottleneck";
import { canDeflate } from "./deflate";
import { Invitation } from "./invitation";
import { Level } from "./level";
import type { Local } from "./local";
import { Monitor } from "./monitor";
import { watchNetwork } from "./network";
import { Notices } from "./notices";
import { OwnMedia } from "./own";
import { MediaPath } from "./path";
import { AUDIO_SLOTS, type Peer } from "./peer";
import { People } from "./people";
import { Pictures } from "./pictures";
import type { Entered } from "./rest";
import { toPerson } from "./roster";
import { Searches } from "./searches";
import { Seat } from "./seat";
import { Session } from "./session";
import { outOfSight, watchSight } from "./sight";
import { Socket } from "./socket";
import type { CallActions, CallState, Failure, Phase, Quality, Role } from "./state";
import { heard, isState, type Told } from "./told";
import { Warnings } from "./warnings";

const BEAT = 250;
/** An answer that comes sooner is not worth showing that it is awaited. */
const CONFIRMED_WITHIN = 400;

export class RunningCall {
  readonly state: CallState;
  readonly actions: CallActions;
  private readonly phase = signal<Phase>("joining");
  private readonly failure = signal<Failure | null>(null);
  private readonly title = signal("");
  private readonly you = signal(0);
  private readonly role = signal<Role>("guest");
  private readonly invitation = new Invitation(() => this.seat.entered);
  private readonly told = signal<Told>({});
  private readonly sound = signal<readonly MediaStream[]>([]);
  private readonly unconfirmed = signal(false);
  private seenElsewhere = false;
  private unconfirmedSince: number | null = null;
  private readonly notices = new Notices();
  private readonly publish = signal<Publish | null>(null);
  private readonly cameraLimited = computed(
    () => this.local.cameraOn.value && this.publish.value?.limited === true,
  );
  private readonly cameraRests = computed(
    () => this.cameraLimited.value && this.publish.value?.camera.length === 0,
  );
  private readonly seat: Seat;
  private readonly people: People;
  private readonly asking: Asking;
  private readonly socket: Socket;
  private readonly path: MediaPath;
  private readonly pictures: Pictures;
  private readonly own: OwnMedia;
  private readonly monitor: Monitor;
  private readonly warnings = new Warnings(this.notices);
  private readonly searches: Searches;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly stopTelling: () => void;
  private readonly stopPublishing: () => void;
  private readonly stopWatching: () => void;
  private readonly stopSeeing: () => void;

  constructor(
    entered: Entered,
    address: string,
    private readonly local: Local,
    keep: (seat: Entered | null) => void,
  ) {
    this.seat = new Seat(entered, keep);
    const media = (): Media => this.own.media.peek();
    const grant = (): string => this.seat.entered.grant;
    const session = new Session(
      { grant, media, random: Math.random, page: this.seat.page, deflate: canDeflate() },
      entered.resume,
    );
    this.socket = new Socket(address, session, {
      receive: (message) => this.receive(message),
      finished: (phase, failure) => this.finish(phase, failure),
      settled: () => this.tellOfConfirmation(),
    });
    this.path = new MediaPath({
      live: () => this.socket.live,
      send: (message) => this.socket.send(message),
      crowd: () => this.people.total.peek(),
      replaced: (peer) => this.replaced(peer),
      changed: () => this.tellOfTheWay(),
    });
    this.pictures = new Pictures({
      send: (tiles) => this.socket.send({ type: "view", tiles }),
      person: (number) => this.people.get(number),
      hidden: () => outOfSight() && !this.seenElsewhere,
      cut: () => this.path.lostSince !== null,
      withheld: (slot) => {
        const tile = this.told.peek().line?.tiles?.find((one) => one.slot === slot);
        return tile !== undefined && tile.layer === null;
      },
    });
    this.own = new OwnMedia(local, this.notices, (now) =>
      this.socket.send({ type: "media", media: now }),
    );
    const level = new Level(() => this.pictures.sources);
    this.monitor = new Monitor(() => this.path.peer, {
      expecting: () => this.pictures.expecting,
      limited: () => this.cameraLimited.peek(),
      rests: () => this.cameraRests.peek(),
      sparing: () => this.local.weakInternet.peek(),
      missing: (silence) => {
        // Whatever cuts off media may have cut off the socket.
        if (silence.transport !== null) this.socket.doubt();
        this.path.missing(silence);
        this.tellOfTheWay();
      },
      slots: () => this.pictures.asked,
      line: () => this.told.peek().line,
      uplink: (estimate) => this.socket.send({ type: "uplink", estimate }),
      sampled: (peer, entries) => level.sampled(peer, entries),
    });
    this.searches = new Searches((message) => this.socket.send(message));
    this.people = new People({
      find: async (numbers) => (await this.searches.ask({ numbers })).participants,
      changed: () => this.pictures.rosterChanged(),
    });
    this.asking = new Asking(local.weakInternet, this.people.all, (tiles) =>
      this.pictures.show(tiles),
    );
    this.state = this.offerState();
    this.actions = this.offerActions();
    this.stopTelling = effect(() => this.tellQuality(this.monitor.quality.value));
    this.stopPublishing = effect(() => {
      void local.weakInternet.value;
      this.publishNow();
    });
    this.timer = setInterval(() => this.beat(), BEAT);
    this.stopWatching = watchNetwork({
      changed: () => {
        this.socket.probe();
        this.path.networkChanged();
      },
      back: () => this.socket.probe(),
    });
    this.stopSeeing = watchSight(() => this.pictures.lookedAt());
    this.socket.start();
  }

  get peer(): RTCPeerConnection | null {
    return this.path.peer?.connection ?? null;
  }

  close(): void {
    this.socket.leave();
  }

  private receive(message: ServerMessage): void {
    if (isState(message)) this.told.value = heard(this.told.peek(), message);
    switch (message.type) {
      case "welcome":
        this.welcomed(message);
        break;
      case "answer":
        void this.path.answered(message.id, message.sdp);
        break;
      case "change":
        this.people.apply(message);
        break;
      case "found":
        this.searches.found(message);
        break;
      case "speakers":
        this.people.heard(message.participants);
        this.tellOfTalk();
        break;
      case "publish":
        this.publish.value = message;
        this.publishNow();
        break;
      case "media":
        this.own.obey(message.media, this.socket.unconfirmed);
        if (message.replaced_by != null)
          this.notices.add({ kind: "screen_replaced", by: message.replaced_by });
        break;
      case "size":
        this.full(message.size, message.turned_away);
        break;
      case "error":
        this.refused({ details: {}, ...message.error }, message.id ?? null);
        break;
    }
  }

  private welcomed(welcome: Welcome): void {
    this.seat.welcomed(welcome.resume);
    this.title.value = welcome.title;
    this.you.value = welcome.you;
    this.role.value = welcome.role;
    this.invitation.is(welcome.invitation ?? null);
    if (welcome.resumed !== true) {
      this.publish.value = null;
      this.told.value = {};
    }
    this.monitor.forgotten();
    this.people.welcomed(welcome);
    this.phase.value = "connected";
    this.path.welcomed(welcome);
    this.pictures.resend();
    if (welcome.resumed !== true) this.tellQuality(this.monitor.quality.peek());
    this.tellOfTheWay();
  }

  private full(size: number, away: number): void {
    if (away > 0) this.notices.add({ kind: "full", size, away });
    else this.notices.drop((notice) => notice.kind === "full");
  }

  private refused(failure: Failure, id: number | null): void {
    if (id !== null && (this.path.refused(id, failure) || this.searches.refused(id, failure)))
      return;
    this.notices.add({ kind: "refused", failure });
  }

  private replaced(peer: Peer): void {
    if (this.sound.peek().length === 0) {
      this.sound.value = Array.from({ length: AUDIO_SLOTS }, () => new MediaStream());
    }
    peer.audio.forEach((receiver, slot) => {
      const stream = this.sound.peek()[slot];
      for (const track of stream?.getTracks() ?? []) stream?.removeTrack(track);
      stream?.addTrack(receiver.track);
    });
    this.pictures.attach(peer);
    this.own.attach(peer);
    this.monitor.replaced();
    this.publishNow();
  }

  /** On a weak line whoever shows himself all the same sends the smallest layer, whatever is asked, and his voice costs less. */
  private publishNow(): void {
    const publish = this.publish.peek();
    if (publish === null) return;
    const { camera, screen, ceilings } = publish;
    const sparing = this.local.weakInternet.peek();
    const smallest = sparing && camera.length > 0;
    void this.path.peer?.publish(smallest ? ["q"] : camera, screen, sparing, ceilings);
  }

  private tellQuality(quality: Quality): void {
    this.socket.send({ type: "quality", quality });
  }

  private tellOfConfirmation(): void {
    const now = performance.now();
    if (!this.socket.unconfirmed) this.unconfirmedSince = null;
    else this.unconfirmedSince ??= now;
    const since = this.unconfirmedSince;
    this.unconfirmed.value = since !== null && now - since >= CONFIRMED_WITHIN;
  }

  private beat(): void {
    this.path.beat(performance.now());
    this.own.beat();
    this.tellOfConfirmation();
    this.tellOfTheWay();
    this.tellOfTalk();
  }

  private tellOfTalk(): void {
    this.asking.hear(this.people.speakers.peek().length, performance.now());
  }

  /** The banner and the phase follow what is lost: the socket, the way of the media, or both. */
  private tellOfTheWay(): void {
    if (this.phase.peek() !== "connected" && this.phase.peek() !== "reconnecting") return;
    const cut = this.warnings.tell({
      now: performance.now(),
      cuts: { socket: this.socket.lostSince, media: this.path.lostSince },
      quality: this.monitor.quality.peek(),
      weak: this.monitor.weak.peek(),
      weakInternet: this.local.weakInternet.peek(),
      upAlone: this.onlyTheWayUp(),
      udpBlocked: this.path.blocked,
    });
    this.phase.value = cut ? "reconnecting" : "connected";
  }

  /** The mode would then only take the others' pictures. */
  private onlyTheWayUp(): boolean {
    const { kind } = this.state.bottleneck.peek();
    return kind === "rests" || (kind === "upload" && this.cameraLimited.peek());
  }

  private finish(phase: Phase, failure: Failure | null): void {
    // First why: a seat that another tab has taken over is not given up.
    this.failure.value = failure;
    this.seat.lost();
    this.phase.value = phase;
    this.stopWatching();
    this.stopSeeing();
    clearInterval(this.timer);
    this.stopTelling();
    this.stopPublishing();
    this.asking.close();
    this.monitor.close();
    this.searches.close();
    this.own.close();
    this.pictures.close();
    this.path.close();
    this.local.close();
    this.notices.drop(() => true);
    if (phase === "left") this.seat.giveUp();
  }

  private offerState(): CallState {
    return {
      phase: this.phase,
      failure: this.failure,
      title: this.title,
      you: this.you,
      role: this.role,
      invitation: this.invitation.token,
      total: this.people.total,
      people: this.people.all,
      speakers: this.people.speakers,
      told: this.told,
      pictures: this.pictures.all,
      weakInternet: this.local.weakInternet,
      spared: this.asking.spared,
      ownCamera: this.local.ownCamera,
      ownScreen: computed(() => {
        const track = this.own.screen.video.value;
        return track === null ? null : new MediaStream([track]);
      }),
      microphoneOn: this.local.microphoneOn,
      cameraOn: this.local.cameraOn,
      cameraRests: this.cameraRests,
      screenOn: computed(() => this.own.screen.video.value !== null),
      unconfirmed: this.unconfirmed,
      level: this.local.level,
      quality: this.monitor.quality,
      details: this.monitor.details,
      bottleneck: computed(() => {
        const people = new Map(this.people.all.value.map((one) => [one.number, one]));
        const { quality, details } = this.monitor;
        const person = (number: number) => people.get(number);
        return bottleneck(quality.value, details.value, person, this.cameraRests.value);
      }),
      notices: computed(() => [...this.notices.all.value, ...this.local.notices.value]),
      sound: this.sound,
    };
  }

  private offerActions(): CallActions {
    return {
      show: (tiles) => this.asking.show(tiles),
      seeElsewhere: (seen) => {
        this.seenElsewhere = seen;
        this.pictures.lookedAt();
      },
      setMicrophone: (on) => this.local.setMicrophone(on),
      setCamera: (on) => this.local.setCamera(on),
      setWeakInternet: (on) => this.local.setWeakInternet(on),
      setScreen: async (on) => (on ? this.own.screen.start() : this.own.screen.stop()),
      useMicrophone: (id) => this.local.useMicrophone(id),
      useCamera: (id) => this.local.useCamera(id),
      search: async (query, offset) => {
        const found = await this.searches.ask({ query, offset });
        const people = found.participants.map((each) => toPerson(each, this.you.peek()));
        return { total: found.total, people };
      },
      lookForLink: () => this.invitation.look(),
      closeLinks: () => this.invitation.close(),
      makeLink: () => this.invitation.make(),
      dismiss: (notice) => {
        if (notice.kind === "weak_offer" || notice.kind === "weak_over")
          this.warnings.declined(notice.kind, performance.now());
        this.notices.dismiss(notice);
        this.local.dismiss(notice);
      },
      say: (command) => this.socket.send(command),
      leave: () => this.socket.leave(),
    };
  }
}
