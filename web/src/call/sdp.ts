// The one change made to our own offers: sound of a shared screen is stereo. Pure.

/** Adds `stereo=1` to the Opus of the media sections with these indexes (RFC 7587 §6.1). */
export function withStereo(sdp: string, sections: readonly number[]): string {
  const [head = "", ...media] = sdp.split(/^(?=m=)/m);
  return head + media.map((text, at) => (sections.includes(at) ? stereo(text) : text)).join("");
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
