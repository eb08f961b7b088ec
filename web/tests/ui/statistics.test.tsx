// The window with figures: what holds the call back in words, and a report without anybody else in it.
import { expect, test } from "vitest";
import type { ConnectionDetails, TileDetails } from "../../src/call";
import { report } from "../../src/ui/call/statistics-text";
import { StatisticsWindow } from "../../src/ui/call/statistics-window";
import { fakeCall, person } from "./fake-call";
import { mountIn, screen, user } from "./mount";

function tile(participant: number, traits: Partial<TileDetails> = {}): TileDetails {
  return {
    participant,
    kind: "camera",
    wantedHeight: 360,
    few: false,
    height: 180,
    framesPerSecond: 14,
    kbps: 120,
    lossPercent: 0,
    layer: "q",
    temporal: 1,
    reason: "line",
    ...traits,
  };
}

const details: ConnectionDetails = {
  rttMs: 180,
  lossPercent: 3,
  sendLossPercent: 1.5,
  receiveLossPercent: 3,
  jitterMs: 9,
  sendKbps: 40,
  receiveKbps: 310,
  sendShare: null,
  receiveShare: 0.2,
  sendLineKbps: 900,
  receiveLineKbps: 330,
  sendHeight: null,
  candidate: "host udp → host",
  tiles: [tile(2), tile(3, { kind: "screen", height: null, kbps: 0, reason: "publisher" })],
};

function shown() {
  const call = fakeCall([
    person(1, { self: true }),
    person(2, { name: "Вера Павловна", camera: true }),
    person(3, { name: "Пётр", screen: true }),
    person(4, { name: "Аня", camera: false }),
  ]);
  call.state.details.value = { ...details, tiles: [...details.tiles, tile(4)] };
  return call;
}

test("what comes of each picture stands there with its reason", () => {
  const call = shown();
  call.state.bottleneck.value = { kind: "download" };
  mountIn(call, <StatisticsWindow onClose={() => undefined} />);
  expect(screen.getByTestId("bottleneck").textContent).toContain("Мешает ваш приём");
  const rows = [...screen.getByTestId("stats-tiles").querySelectorAll("li")];
  expect(rows.map((row) => [...row.children].map((part) => part.textContent))).toEqual([
    ["Вера Павловна", "180p, 14 кадров/с, 120 кбит/с", "ограничивает ваша связь"],
    ["Экран: Пётр", "картинки нет", "столько отправляет сам участник"],
  ]);
});

test("who goes first is said where there is not room for all", () => {
  const call = shown();
  mountIn(call, <StatisticsWindow onClose={() => undefined} />);
  expect(screen.getByTestId("stats-tiles").textContent).toContain("сначала идут звук и экран");
});

test("where there is room for all nothing is said of it", () => {
  const call = shown();
  const wide = details.tiles.map((each) => ({ ...each, reason: "tile" as const }));
  call.state.details.value = { ...details, tiles: wide };
  mountIn(call, <StatisticsWindow onClose={() => undefined} />);
  expect(screen.getByTestId("stats-tiles").textContent).not.toContain("сначала");
});

test.each([
  [{ kind: "none" }, "ничего не мешает"],
  [{ kind: "lost" }, "сейчас нет"],
  [{ kind: "upload" }, "ваша отправка"],
  [{ kind: "line" }, "в обе стороны"],
  [{ kind: "server" }, "сервер"],
  [{ kind: "theirs", participants: [2, 3] }, "Вера Павловна, Пётр"],
] as const)("%o is said in words", (bottleneck, words) => {
  const call = shown();
  call.state.bottleneck.value = bottleneck;
  mountIn(call, <StatisticsWindow onClose={() => undefined} />);
  expect(screen.getByTestId("bottleneck").textContent).toContain(words);
});

test.each([
  ["upload", { cameraOn: true }, "Выключите камеру"],
  ["upload", {}, "ближе к роутеру"],
  ["download", {}, "«Слабый интернет»"],
  ["download", { weakInternet: true }, "ближе к роутеру"],
] as const)("of %s with %o is advised what is not done already", (kind, on, words) => {
  const call = shown();
  call.state.cameraOn.value = "cameraOn" in on;
  call.state.weakInternet.value = "weakInternet" in on;
  call.state.bottleneck.value = { kind };
  mountIn(call, <StatisticsWindow onClose={() => undefined} />);
  expect(screen.getByTestId("bottleneck").textContent).toContain(words);
});

test.each([true, false])("what is copied says whether the line is spared: %s", async (spares) => {
  const call = shown();
  call.state.weakInternet.value = spares;
  const person = user();
  mountIn(call, <StatisticsWindow onClose={() => undefined} />);
  await person.click(screen.getByRole("button", { name: "Скопировать для поддержки" }));
  const copied = await navigator.clipboard.readText();
  expect(copied).toContain("Что мешает");
  expect(copied.includes("Слабый интернет: включён")).toBe(spares);
});

test("the report names nobody", () => {
  const text = report("poor", details, { kind: "theirs", participants: [2] }, ["2026", "school"]);
  expect(text.split("\n")).toEqual([
    "2026",
    "school",
    "Что мешает: Мешает связь у других участников. Связь здесь в порядке.",
    "Скорость, кбит/с: отправка 40, приём 310",
    "Предел связи, кбит/с: отправка 900, приём 330",
    "Потери, %: отправка 1,5, приём 3",
    "Качество: связь слабая",
    "Задержка до сервера и обратно: 180 мс",
    "Разброс задержки: 9 мс",
    "Размер вашего видео: нет данных",
    "Путь: host udp → host",
    "Что вы видите:",
    "Участник 1: 180p, 14 кадров/с, 120 кбит/с; плитке нужно 360p; ограничивает ваша связь",
    "Экран участника 2: картинки нет; плитке нужно 360p; столько отправляет сам участник",
  ]);
});
