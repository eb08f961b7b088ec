import { expect, test } from "vitest";
import { withLongPackets, withSoundRepair, withStereo } from "../../src/call/sdp";

const section = (payloadType: number, fmtp: string) =>
  `m=audio 9 UDP/TLS/RTP/SAVPF ${payloadType}\r\na=rtpmap:${payloadType} opus/48000/2\r\na=fmtp:${payloadType} ${fmtp}\r\n`;
const head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

test("only the named sections become stereo, line ends stay", () => {
  const plain = section(111, "minptime=10;useinbandfec=1");
  const stereo = section(111, "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1");
  expect(withStereo(head + plain + plain, [1])).toBe(head + plain + stereo);
});

test("what is stereo already is left alone", () => {
  const already = head + section(109, "maxplaybackrate=48000;stereo=1;useinbandfec=1");
  expect(withStereo(already, [0])).toBe(already);
});

test("a section without Opus is left alone", () => {
  const video = `${head}m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n`;
  expect(withStereo(video, [0])).toBe(video);
});

test("lost sound is asked for where earlier sound can go along", () => {
  const red = "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n";
  const opus = section(111, "minptime=10;useinbandfec=1");
  const asking = opus.replace("48000/2\r\n", "48000/2\r\na=rtcp-fb:111 nack\r\n");
  expect(withSoundRepair(head + opus + opus + red, [1])).toBe(head + opus + asking + red);
  expect(withSoundRepair(head + asking + red, [0])).toBe(head + asking + red);
  expect(withSoundRepair(head + opus, [0])).toBe(head + opus);
});

test("packets of the named sections alone become longer", () => {
  const plain = section(111, "minptime=10");
  expect(withLongPackets(head + plain + plain, [0])).toBe(`${head}${plain}a=ptime:40\r\n${plain}`);
});
