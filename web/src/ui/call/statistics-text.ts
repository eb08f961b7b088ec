// The figures of the connection in words: what the window shows, and what is copied for support.
import type { Bottleneck, ConnectionDetails, Person, Quality, TileDetails } from "../../call";
import { number, t } from "../../i18n/language";

type Unit = "stats.ms" | "stats.kbps" | "stats.pixels";

export type Fact = readonly [string, string];
/** What it is, of what is sent, of what is received. */
export type Both = readonly [string, string, string];

function amount(value: number | null | undefined, unit: Unit): string {
  return value === null || value === undefined
    ? t("stats.unknown")
    : t(unit, { value: number(value) });
}

function plain(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? t("stats.unknown") : number(value, digits);
}

export function facts(quality: Quality, details: ConnectionDetails | null): readonly Fact[] {
  return [
    [t("stats.quality"), t(`quality.${quality}`)],
    [t("stats.rtt"), amount(details?.rttMs, "stats.ms")],
    [t("stats.jitter"), amount(details?.jitterMs, "stats.ms")],
    [t("stats.height"), amount(details?.sendHeight, "stats.pixels")],
    [t("stats.candidate"), details?.candidate || t("stats.unknown")],
  ];
}

/** Figures that say most of one direction beside the other. */
export function directions(details: ConnectionDetails | null): readonly Both[] {
  return [
    [t("stats.rate"), plain(details?.sendKbps), plain(details?.receiveKbps)],
    [t("stats.line"), plain(details?.sendLineKbps), plain(details?.receiveLineKbps)],
    [t("stats.loss"), plain(details?.sendLossPercent, 1), plain(details?.receiveLossPercent, 1)],
  ];
}

/** `named`: the names of these people, for the eyes of this person only. */
export function verdict(
  bottleneck: Bottleneck,
  named: ((numbers: readonly number[]) => string) | null,
): string {
  if (bottleneck.kind !== "theirs") {
    return t(`bottleneck.${bottleneck.kind}`);
  }
  return named
    ? t("bottleneck.theirs", { names: named(bottleneck.participants) })
    : t("bottleneck.theirs.nameless");
}

/** What the person could still do about it; "": nothing. */
export function advice(
  { kind }: Bottleneck,
  { sends, spares }: { readonly sends: boolean; readonly spares: boolean },
): string {
  switch (kind) {
    case "upload":
      return t(sends ? "advice.stop" : "advice.move");
    case "download":
      return t(spares ? "advice.move" : "advice.spare");
    case "line":
      return t("advice.move");
    default:
      return "";
  }
}

/** What comes of one picture, and why it is not more. */
export function tileFact(tile: TileDetails): { readonly what: string; readonly why: string } {
  const { height, framesPerSecond, kbps, reason } = tile;
  const what =
    height === null || kbps === 0
      ? t("stats.tile.nothing")
      : t("stats.tile", {
          height: number(height),
          frames: number(framesPerSecond),
          rate: amount(kbps, "stats.kbps"),
        });
  return { what, why: reason === null ? "" : t(`reason.${reason}`) };
}

/** Nobody else's name or address is in it. */
export function report(
  quality: Quality,
  details: ConnectionDetails | null,
  bottleneck: Bottleneck,
  where: readonly string[],
): string {
  const tiles = (details?.tiles ?? []).map((tile, at) => {
    const { what, why } = tileFact(tile);
    const position = number(at + 1);
    const who = t(tile.kind === "screen" ? "stats.tile.screen" : "stats.tile.person", { position });
    const wanted = t("stats.tile.wanted", { height: number(tile.wantedHeight) });
    return `${who}: ${[what, wanted, why].filter(Boolean).join("; ")}`;
  });
  return [
    ...where,
    `${t("stats.bottleneck")}: ${verdict(bottleneck, null)}`,
    ...directions(details).map(
      ([name, send, receive]) =>
        `${name}: ${t("stats.send")} ${send}, ${t("stats.receive")} ${receive}`,
    ),
    ...facts(quality, details).map(([name, value]) => `${name}: ${value}`),
    ...(tiles.length > 0 ? [`${t("stats.tiles")}:`, ...tiles] : []),
  ].join("\n");
}

/** Whose picture it is, as it is called on the stage. */
export function tileName(person: Pick<Person, "name"> | undefined, tile: TileDetails): string {
  const name = person?.name ?? "?";
  return tile.kind === "screen" ? t("tile.screen", { name }) : name;
}
