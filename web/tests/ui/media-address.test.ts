import { expect, test } from "vitest";
import { hostsOf, portsOf } from "../../src/ui/prejoin/media-address";

test("an administrator reads addresses and ports, each once", () => {
  const media = ["198.51.100.7:8081", "[2001:db8::7]:8081", "198.51.100.7:8082"];
  expect(hostsOf(media)).toEqual(["198.51.100.7", "2001:db8::7"]);
  expect(portsOf(media)).toEqual(["8081", "8082"]);
});
