import { expect, test } from "vitest";
import { toLevel } from "../../src/call/meter";
import { MutedSpeech } from "../../src/call/speech";

function hear(speech: MutedSpeech, level: number, from: number, ms: number): boolean {
  let told = false;
  for (let now = from; now <= from + ms; now += 50) told = speech.hear(level, now) || told;
  return told;
}

test("speech into a muted microphone is told once in half a minute", () => {
  const speech = new MutedSpeech();
  expect(hear(speech, 0.8, 0, 400)).toBe(false);
  expect(hear(speech, 0.8, 450, 400)).toBe(true);
  expect(hear(speech, 0.8, 2_000, 5_000)).toBe(false);
  expect(hear(speech, 0.8, 31_000, 1_000)).toBe(true);
});

test("a cough is forgotten", () => {
  const speech = new MutedSpeech();
  expect(hear(speech, 0.9, 0, 400)).toBe(false);
  expect(hear(speech, 0.05, 450, 2_000)).toBe(false);
  expect(hear(speech, 0.9, 2_500, 400)).toBe(false);
});

test("what was told goes after some seconds of silence", () => {
  const speech = new MutedSpeech();
  hear(speech, 0.8, 0, 1_000);
  hear(speech, 0.1, 1_050, 3_900);
  expect(speech.silent(4_950)).toBe(false);
  expect(speech.silent(5_000)).toBe(true);
  speech.hear(0.8, 5_050);
  expect(speech.silent(5_100)).toBe(false);
});

test("the time between two mutes is no speech", () => {
  const speech = new MutedSpeech();
  hear(speech, 0.9, 0, 500);
  speech.unmuted();
  expect(hear(speech, 0.9, 60_000, 500)).toBe(false);
});

test.each([
  [0, 0],
  [1, 1],
  [0.1, 0.67],
  [0.0005, 0],
])("a level of amplitude %d is %d", (amplitude, level) => {
  expect(toLevel(new Float32Array(64).fill(amplitude))).toBe(level);
});
