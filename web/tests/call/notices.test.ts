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

test("what is dismissed while it holds does not come back by itself", () => {
  const notices = new Notices();
  const keep = (holds: boolean) => notices.keep({ kind: "udp_blocked" }, holds);
  keep(true);
  notices.dismiss({ kind: "udp_blocked" });
  keep(true);
  expect(notices.all.value).toEqual([]);
  keep(false);
  keep(true);
  expect(notices.all.value).toEqual([{ kind: "udp_blocked" }]);
  keep(false);
  expect(notices.all.value).toEqual([]);
});
