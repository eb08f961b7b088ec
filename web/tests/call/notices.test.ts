import { expect, test } from "vitest";
import { Notices } from "../../src/call/notices";

test("one notice of a sort, told apart by device", () => {
  const notices = new Notices();
  notices.add({ kind: "device_lost", device: "camera" });
  notices.add({ kind: "device_lost", device: "microphone" });
  notices.add({ kind: "device_lost", device: "camera" });
  expect(notices.all.value).toHaveLength(2);
  notices.dismiss({ kind: "device_lost", device: "camera" });
  expect(notices.all.value).toEqual([{ kind: "device_lost", device: "microphone" }]);
});

test("dropping nothing wakes nobody", () => {
  const notices = new Notices();
  const before = notices.all.value;
  notices.drop(() => true);
  expect(notices.all.value).toBe(before);
});
