// Generated from zvonok/wire/client.py by `npm run types`. Change the structs there, not this file.

export type ClientMessage = Join | Offer | View | SetMedia | SetQuality | SetSize | Search | Leave | End | Ping;
export type ServerMessage =
  Welcome | Answer | Change | Found | Speakers | Publish | Corrected | Size | Ended | Failed | Done | Pong;
/**
 * First message on the socket: the grant from `POST /api/links/{token}/enter`.
 */
export interface Join {
  type: "join";
  grant: string;
  resume?: string | null;
  media?: Media;
  page?: string | null;
}
/**
 * Which of one's own sources are on.
 */
export interface Media {
  microphone?: boolean;
  camera?: boolean;
  screen?: boolean;
  screen_audio?: boolean;
}
/**
 * An SDP offer. `id` grows with each; a new one with new ICE credentials restarts ICE.
 */
export interface Offer {
  type: "offer";
  id: number;
  sdp: string;
}
/**
 * The whole of what the viewer shows now; a slot that is not named carries nothing.
 */
export interface View {
  type: "view";
  tiles: Tile[];
}
/**
 * What the viewer wants in one of his video slots.
 */
export interface Tile {
  slot: number;
  participant: number;
  kind: "camera" | "screen";
  height: number;
}
/**
 * Which of one's own sources are on now.
 */
export interface SetMedia {
  type: "media";
  media: Media;
  command?: string | null;
}
/**
 * How the client finds its own connection.
 */
export interface SetQuality {
  type: "quality";
  quality: "good" | "lost" | "medium" | "poor";
  command?: string | null;
}
/**
 * How many people the lesson is for from now on; moderators only. Nobody is sent out.
 */
export interface SetSize {
  type: "size";
  size: number;
  command?: string | null;
}
/**
 * Look for people by a part of the name, or fetch people by their numbers.
 */
export interface Search {
  type: "search";
  id: number;
  query?: string;
  numbers?: number[];
  offset?: number;
}
/**
 * Leave for good: the seat is not held.
 */
export interface Leave {
  type: "leave";
}
/**
 * End the call for all; moderators only.
 */
export interface End {
  type: "end";
  command?: string | null;
}
/**
 * Asks for a `pong`, so that a dead socket is noticed.
 */
export interface Ping {
  type: "ping";
}
/**
 * The seat is taken; the state of the call follows from here by `change`.
 */
export interface Welcome {
  type: "welcome";
  you: number;
  role: "co_admin" | "guest" | "host" | "participant";
  title: string;
  resume: string;
  resumed?: boolean;
  roster: Roster;
  ice_servers?: IceServer[];
  invitation?: string | null;
}
/**
 * The call as of `sequence`. In a large call `participants` holds the people that matter most (moderators, those with a source on, oneself); `total` counts all.
 */
export interface Roster {
  sequence: number;
  total: number;
  participants: Participant[];
}
/**
 * One person in the call, as everybody sees them.
 */
export interface Participant {
  number: number;
  name: string;
  role: "co_admin" | "guest" | "host" | "participant";
  media: Media;
  quality?: "good" | "lost" | "medium" | "poor";
  present?: boolean;
  guest_mark?: boolean;
}
/**
 * An external TURN or STUN server, in the form that RTCPeerConnection takes.
 */
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}
/**
 * The SDP answer to the offer with the same `id`.
 */
export interface Answer {
  type: "answer";
  id: number;
  sdp: string;
}
/**
 * What changed between `sequence` − 1 and `sequence`.
 */
export interface Change {
  type: "change";
  sequence: number;
  total: number;
  joined?: Participant[];
  changed?: Participant[];
  left?: number[];
}
/**
 * The answer to `search`.
 */
export interface Found {
  type: "found";
  id: number;
  total: number;
  participants: Participant[];
}
/**
 * Who is heard now, the loudest first.
 */
export interface Speakers {
  type: "speakers";
  participants: number[];
}
/**
 * Which of one's own video anybody shows: the other layers are to be paused.
 */
export interface Publish {
  type: "publish";
  camera: ("f" | "h" | "q")[];
  screen: boolean;
}
/**
 * One's own media state as the server holds it, when it differs from what was asked.
 */
export interface Corrected {
  type: "media";
  media: Media;
  replaced_by?: number | null;
}
/**
 * For moderators: how many people the lesson is for, beside moderators.
 */
export interface Size {
  type: "size";
  size: number;
  turned_away: number;
}
/**
 * The call is over for this client. `reason`: `ended`, `empty`, `replaced` or `left`.
 */
export interface Ended {
  type: "ended";
  reason: "empty" | "ended" | "left" | "replaced";
}
/**
 * A message was refused. `id` is that of the refused offer or search, `command` that of the refused command.
 */
export interface Failed {
  type: "error";
  error: ErrorBody;
  id?: number | null;
  command?: string | null;
}
/**
 * What went wrong, in a form a program (`code`) and a person (`message`) can use.
 */
export interface ErrorBody {
  code: string;
  message: string;
  details?: {
    [k: string]: unknown;
  };
}
/**
 * A command has been carried out and is stored. For `end` the answer is `ended`.
 */
export interface Done {
  type: "done";
  command: string;
}
/**
 * The answer to `ping`.
 */
export interface Pong {
  type: "pong";
}
/**
 * The body of every HTTP reply with a status of 400 or more.
 */
export interface ErrorReply {
  error: ErrorBody;
}
/**
 * Body of `POST /api/lessons`.
 */
export interface NewLesson {
  title: string;
  size?: number;
}
/**
 * A new lesson and the tokens of its two first links.
 */
export interface LessonCreated {
  lesson: Lesson;
  host_link: string;
  participant_link: string;
}
/**
 * A lesson: what links lead to. It stays until a moderator ends it.
 */
export interface Lesson {
  id: string;
  title: string;
  state: "ended" | "open";
  created: string;
  ended: string | null;
  size: number;
  participants: number;
}
/**
 * Body of `POST /api/lessons/{id}/links`.
 */
export interface NewLink {
  role?: "host" | "participant";
  seconds?: number | null;
  uses?: number | null;
}
/**
 * An invitation link, as moderators see it.
 */
export interface Link {
  token: string;
  role: "host" | "participant";
  created: string;
  expires: string | null;
  max_uses: number | null;
  uses: number;
  revoked: boolean;
}
/**
 * All links of a lesson, the oldest first.
 */
export interface Links {
  links: Link[];
}
/**
 * What anybody who has a link may know before entering.
 */
export interface LinkInfo {
  title: string;
  role: "host" | "participant";
  state: "running" | "waiting";
  participants: number;
  media: string[];
}
/**
 * Body of `POST /api/links/{token}/enter`.
 */
export interface Enter {
  name: string;
  key?: string | null;
}
/**
 * The grant that takes a seat on the WebSocket at `path`.
 */
export interface Entered {
  grant: string;
  path: string;
  role: "co_admin" | "guest" | "host" | "participant";
  name: string;
}
/**
 * A grant that lasts longer than the one it was asked with, and else is the same.
 */
export interface Renewed {
  grant: string;
}
/**
 * Body of `POST /api/seat`: the secrets of a seat, those that `join` takes.
 */
export interface OwnSeat {
  grant: string;
  resume?: string | null;
}
/**
 * Body of `POST /api/seat/closed`; in the body, because a beacon has no headers.
 */
export interface ClosedPage {
  grant: string;
  resume?: string | null;
  page?: string | null;
  left?: boolean;
}
/**
 * What became of one's own seat.
 */
export interface HeldSeat {
  held: boolean;
  taken?: boolean;
  name?: string | null;
}
/**
 * Body of `POST /api/lessons/{id}/media-tokens`.
 */
export interface NewMediaToken {
  role: "publish" | "subscribe";
  name?: string;
  seconds?: number;
}
/**
 * A bearer token for the WHIP (`publish`) or WHEP (`subscribe`) endpoint at `path`.
 */
export interface MediaToken {
  token: string;
  role: "publish" | "subscribe";
  path: string;
  expires: string;
}
/**
 * Where other machines find this installation.
 */
export interface FrontDoor {
  origin: string | null;
}
