// What is changed in our own offers: sound of a shared screen is stereo, and lost sound is asked for;
// and in answers, where what is sent has to be little. Pure.

/** Milliseconds of sound in a packet, instead of 20. */
const LONG_PACKET = 40;

/** Adds `stereo=1` to the Opus of the media sections with these indexes (RFC 7587 §6.1). */
export function withStereo(sdp: string, sections: readonly number[]): string {
  return inSections(sdp, sections, stereo);
}

/**
 * Adds NACK to the Opus of the media sections with these indexes (RFC 4585 §4.2) that offer RED,
 * in which the server answers. Browsers that know RED can do it, though none offers it by itself.
 */
export function withSoundRepair(sdp: string, sections: readonly number[]): string {
  return inSections(sdp, sections, soundRepair);
}

/** To be read in an answer: the sound of these media sections is sent in fewer packets (RFC 8866 §6.13). */
export function withLongPackets(sdp: string, sections: readonly number[]): string {
  return inSections(
    sdp,
    sections,
    (section) => `${section.trimEnd()}\r\na=ptime:${LONG_PACKET}\r\n`,
  );
}

function inSections(
  sdp: string,
  sections: readonly number[],
  change: (section: string) => string,
): string {
  const [head = "", ...media] = sdp.split(/^(?=m=)/m);
  return head + media.map((text, at) => (sections.includes(at) ? change(text) : text)).join("");
}

function soundRepair(section: string): string {
  if (!/^a=rtpmap:\d+ red\/48000/im.test(section)) return section;
  return section.replace(/^a=rtpmap:(\d+) opus\/48000\/2(\r?\n|$)/im, (line, type, end) =>
    section.includes(`a=rtcp-fb:${type} nack`) ? line : `${line}a=rtcp-fb:${type} nack${end}`,
  );
}

function stereo(section: string): string {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2/im.exec(section)?.[1];
  if (opus === undefined) return section;
  return section.replace(new RegExp(`^(a=fmtp:${opus} )(.*)$`, "m"), (line, name, parameters) =>
    /(^|;)\s*stereo=1/.test(parameters)
      ? line
      : `${name}${parameters.trimEnd()};stereo=1;sprop-stereo=1${line.endsWith("\r") ? "\r" : ""}`,
  );
}
