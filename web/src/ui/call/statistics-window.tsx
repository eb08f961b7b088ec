import type { Bottleneck, ConnectionDetails, Person, TileDetails } from "../../call";
import { t } from "../../i18n/language";
import { copyText } from "../kit/copy-field";
import { Dialog } from "../kit/dialog";
import { Icon } from "../kit/icon";
import { toast } from "../kit/toasts";
import { shownName } from "./person-name";
import { advice, directions, facts, report, tileFact, tileName, verdict } from "./statistics-text";
import { useCall } from "./view";

/** More names than this tell nothing more. */
const NAMES = 3;

type Known = ReadonlyMap<number, Person>;

function Verdict({ bottleneck, known }: { bottleneck: Bottleneck; known: Known }) {
  const named = (numbers: readonly number[]) => {
    const names = numbers.flatMap((number) => {
      const person = known.get(number);
      return person ? [shownName(person)] : [];
    });
    return names.length > NAMES ? `${names.slice(0, NAMES).join(", ")}…` : names.join(", ");
  };
  const { cameraOn, screenOn, weakInternet } = useCall().call.state;
  const own = { sends: cameraOn.value || screenOn.value, spares: weakInternet.value };
  const well = bottleneck.kind === "none";
  return (
    <p class={`verdict${well ? " well" : ""}`} role="status" data-testid="bottleneck">
      <Icon name={well ? "check" : "warning"} />
      <span>{`${verdict(bottleneck, named)} ${advice(bottleneck, own)}`.trimEnd()}</span>
    </p>
  );
}

function Directions({ details }: { details: ConnectionDetails | null }) {
  return (
    <table class="directions">
      <thead>
        <tr>
          <td />
          <th scope="col">{t("stats.send")}</th>
          <th scope="col">{t("stats.receive")}</th>
        </tr>
      </thead>
      <tbody>
        {directions(details).map(([name, send, receive]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{send}</td>
            <td>{receive}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Tiles({ tiles, known }: { tiles: readonly TileDetails[]; known: Known }) {
  return (
    <section class="stats-tiles" data-testid="stats-tiles">
      <h3>{t("stats.tiles")}</h3>
      {tiles.length === 0 && <p>{t("stats.tiles.none")}</p>}
      {tiles.some(({ reason }) => reason === "line") && <p>{t("stats.order")}</p>}
      <ul>
        {tiles.map((tile) => {
          const { what, why } = tileFact(tile);
          const person = known.get(tile.participant);
          return (
            <li key={`${tile.participant}:${tile.kind}`}>
              <span class="stats-who">{tileName(person && { name: shownName(person) }, tile)}</span>
              <span class="stats-what">{what}</span>
              {why && <span class="stats-why">{why}</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function StatisticsWindow({ onClose }: { onClose: () => void }) {
  const { state } = useCall().call;
  const quality = state.quality.value;
  const details = state.details.value;
  const bottleneck = state.bottleneck.value;
  const known = new Map(state.people.value.map((person) => [person.number, person]));
  // Cameras that are off are asked for, too, and there is nothing to say of them.
  const tiles = (details?.tiles ?? []).filter(({ participant, kind }) => {
    const person = known.get(participant);
    return kind === "screen" ? person?.screen : person?.camera;
  });
  const copy = async () => {
    const mode = `${t("tool.weak_internet")}: ${t("weak_internet.is_on")}`;
    const here = [new Date().toISOString(), location.host, navigator.userAgent];
    const where = state.weakInternet.value ? [...here, mode] : here;
    const shown = details && { ...details, tiles };
    const copied = await copyText(report(quality, shown, bottleneck, where));
    toast(t(copied ? "common.copied" : "common.copy_failed"));
  };
  return (
    <Dialog title={t("stats.title")} onClose={onClose} testid="statistics-window">
      <Verdict bottleneck={bottleneck} known={known} />
      <Directions details={details} />
      <dl class="facts">
        {facts(quality, details).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Tiles tiles={tiles} known={known} />
      <div class="dialog-actions">
        <button type="button" class="button quiet" onClick={copy}>
          <Icon name="copy" />
          {t("stats.copy")}
        </button>
      </div>
    </Dialog>
  );
}
