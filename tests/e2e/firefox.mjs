// A participant in Firefox: `node firefox.mjs ADDRESS NAME OTHER [SCRIPT]`. Prints a JSON line now
// and then about what it sees and hears of OTHER, until the end of standard input. SCRIPT runs in the
// page before its own.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const puppeteer = require("puppeteer-core");
const [address, name, other, script] = process.argv.slice(2);

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: "/usr/bin/firefox-esr",
  headless: true,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": true,
    "media.peerconnection.ice.obfuscate_host_addresses": false,
  },
});
const page = await browser.newPage();
page.on("pageerror", (error) => console.error("pageerror", error));
await page.setViewport({ width: 1280, height: 720 });
if (script !== undefined) await page.evaluateOnNewDocument(script);
await page.goto(address);
const test = (id) => `[data-testid="${id}"]`;
await page.locator(test("prejoin-name")).fill(name);
for (const device of ["camera", "microphone"]) {
  await page.locator(test(`prejoin-${device}`)).click();
  await page.waitForSelector(`${test(`prejoin-${device}`)}[data-on="true"]`);
}
await page.locator(test("prejoin-join")).click();
await page.waitForSelector(`${test("call")}[data-phase="connected"]`);

let ended = false;
process.stdin.on("end", () => {
  ended = true;
});
process.stdin.resume();
while (!ended) {
  const seen = await page.evaluate(async (who) => {
    const video = document.querySelector(`[data-testid="tile"][aria-label="${who}"] video`);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 8;
    const pencil = canvas.getContext("2d");
    let colour = null;
    if (video !== null && video.readyState >= 2) {
      pencil.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * 0.75, 0, 0, 8, 8);
      const pixels = pencil.getImageData(0, 0, 8, 8).data;
      colour = [0, 1, 2].map((part) => {
        let sum = 0;
        for (let at = part; at < pixels.length; at += 4) sum += pixels[at];
        return sum / 64;
      });
    }
    let energy = 0;
    for (const stats of (await window.zvonok.peer.getStats()).values()) {
      if (stats.type === "inbound-rtp" && stats.kind === "audio") {
        energy += stats.totalAudioEnergy ?? 0;
      }
    }
    return { colour, energy };
  }, other);
  console.log(JSON.stringify(seen));
  await new Promise((done) => setTimeout(done, 300));
}
await page.locator(test("leave")).click();
await page.waitForSelector(test("end-left"));
await browser.close();
