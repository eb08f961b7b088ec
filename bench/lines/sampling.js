// Injected into every page that is measured: five times a second what its connections have counted.
(() => {
  const Native = window.RTCPeerConnection;
  const peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...options) {
      super(...options);
      peers.push(this);
    }
  };

  const rows = [];
  const decodedBefore = new Map();
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const zero = () => ({
    frames: 0, height: 0, freezes: 0, frozen: 0, keyframes: 0, samples: 0, concealed: 0, silent: 0,
    held: 0, emitted: 0, video: 0, audio: 0, asked: 0, encoded: 0, sent: 0, available: 0, rtt: 0,
    layers: {},
  });

  function inbound(row, stats) {
    if (stats.kind === "audio") {
      row.samples += stats.totalSamplesReceived ?? 0;
      row.concealed += stats.concealedSamples ?? 0;
      row.silent += stats.silentConcealedSamples ?? 0;
      row.audio += stats.bytesReceived ?? 0;
      row.held += stats.jitterBufferDelay ?? 0;
      row.emitted += stats.jitterBufferEmittedCount ?? 0;
      return;
    }
    const decoded = stats.framesDecoded ?? 0;
    // Of several slots those count whose pictures move.
    if (decoded > (decodedBefore.get(stats.id) ?? 0)) {
      row.height = Math.max(row.height, stats.frameHeight ?? 0);
    }
    decodedBefore.set(stats.id, decoded);
    row.frames += decoded;
    row.keyframes += stats.keyFramesDecoded ?? 0;
    row.freezes += stats.freezeCount ?? 0;
    row.frozen += stats.totalFreezesDuration ?? 0;
    row.video += stats.bytesReceived ?? 0;
    row.asked += (stats.pliCount ?? 0) + (stats.firCount ?? 0);
  }

  function outbound(row, stats) {
    if (stats.kind !== "video") return;
    row.encoded += stats.framesEncoded ?? 0;
    row.sent += stats.bytesSent ?? 0;
    row.layers[stats.rid ?? ""] = [
      stats.active === false ? 0 : (stats.frameHeight ?? 0),
      Math.round(stats.framesPerSecond ?? 0),
      Math.round((stats.targetBitrate ?? 0) / 1000),
      stats.qualityLimitationReason ?? "",
    ];
  }

  async function read() {
    const row = zero();
    for (const peer of peers) {
      if (peer.connectionState === "closed") continue;
      for (const stats of (await peer.getStats()).values()) {
        if (stats.type === "inbound-rtp") inbound(row, stats);
        if (stats.type === "outbound-rtp") outbound(row, stats);
        if (stats.type === "candidate-pair" && stats.nominated) {
          row.available = Math.max(row.available, stats.availableOutgoingBitrate ?? 0);
          row.rtt = Math.max(row.rtt, stats.currentRoundTripTime ?? 0);
        }
      }
    }
    row.at = (performance.timeOrigin + performance.now()) / 1000;
    return row;
  }

  async function sample() {
    while (true) {
      const row = await read();
      if (peers.length > 0) rows.push(row);
      // The first picture is timed closer.
      await wait(row.frames > 0 || row.encoded > 0 ? 200 : 50);
    }
  }
  void sample();

  const heard = [];

  /** Keeps all that is heard from now on, mixed, mono, 16 kHz, 16 bit. */
  async function listen() {
    const context = new AudioContext({ sampleRate: 16000 });
    const mixed = context.createMediaStreamDestination();
    mixed.channelCount = 1;
    for (const peer of peers) {
      for (const { track } of peer.getReceivers()) {
        if (track.kind !== "audio") continue;
        context.createMediaStreamSource(new MediaStream([track])).connect(mixed);
      }
    }
    const [track] = mixed.stream.getAudioTracks();
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    void (async () => {
      while (true) {
        const { value, done } = await reader.read();
        if (done) return;
        const samples = new Float32Array(value.numberOfFrames);
        value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        heard.push(Int16Array.from(samples, (one) => Math.max(-1, Math.min(1, one)) * 32767));
        value.close();
      }
    })();
    return context.sampleRate;
  }

  /** What was heard since it was asked last, as base64. */
  function take() {
    let bytes = "";
    for (const part of heard.splice(0)) {
      const raw = new Uint8Array(part.buffer);
      for (let at = 0; at < raw.length; at += 4096) {
        bytes += String.fromCharCode(...raw.subarray(at, at + 4096));
      }
    }
    return btoa(bytes);
  }

  window.sampling = { rows, listen, take };
})();
