// Injected into every page under test: what a person would see and hear, as numbers.
(() => {
  const canvas = document.createElement("canvas");
  canvas.width = 8;
  canvas.height = 8;
  const pencil = canvas.getContext("2d", { willReadFrequently: true });

  /** Mean colour of the upper three quarters of a picture; the moving bar is below. */
  function meanColour(video) {
    if (!video || video.readyState < 2 || video.videoWidth === 0) return null;
    const height = video.videoHeight * 0.75;
    pencil.drawImage(video, 0, 0, video.videoWidth, height, 0, 0, 8, 8);
    const pixels = pencil.getImageData(0, 0, 8, 8).data;
    const sum = [0, 0, 0];
    for (let at = 0; at < pixels.length; at += 4) {
      for (let part = 0; part < 3; part += 1) sum[part] += pixels[at + part];
    }
    return sum.map((value) => value / 64);
  }

  const tile = (name, kind) =>
    document.querySelector(
      `[data-testid="tile"][data-kind="${kind}"]` +
        (name === null ? "" : `[aria-label="${CSS.escape(name)}"]`),
    );

  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  /** Frequencies (Hz) that were clearly heard in each sound slot within `milliseconds`. */
  async function heard(milliseconds) {
    const context = new AudioContext({ sampleRate: 48000 });
    const ears = window.zvonok.state.sound.value.map((stream) => {
      const analyser = context.createAnalyser();
      analyser.fftSize = 8192;
      analyser.smoothingTimeConstant = 0;
      context.createMediaStreamSource(stream).connect(analyser);
      return { analyser, spectrum: new Float32Array(4096), counts: new Map() };
    });
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      await wait(60);
      for (const { analyser, spectrum, counts } of ears) {
        analyser.getFloatFrequencyData(spectrum);
        let peak = 8;
        for (let bin = 8; bin < 1024; bin += 1) if (spectrum[bin] > spectrum[peak]) peak = bin;
        if (spectrum[peak] < -55) continue;
        const hertz = Math.round((peak * 48000) / 8192);
        counts.set(hertz, (counts.get(hertz) ?? 0) + 1);
      }
    }
    await context.close();
    return ears.map(({ counts }) => [...counts].filter(([, count]) => count > 2).map(([hz]) => hz));
  }

  /** The sound slot in which a participant was heard last, by what the packets say. */
  function slotOf(number) {
    return window.zvonok.state.sound.value.findIndex((stream) => {
      const track = stream.getTracks()[0];
      const receiver = window.zvonok.peer.getReceivers().find((one) => one.track === track);
      const newest = receiver
        ?.getContributingSources()
        .sort((one, other) => other.timestamp - one.timestamp)[0];
      return newest !== undefined && newest.source >>> 2 === number;
    });
  }

  /** Totals over all inbound or outbound RTP streams of a kind. */
  async function rtp(direction, kind) {
    const totals = {};
    const report = await window.zvonok.peer.getStats();
    for (const stats of report.values()) {
      if (stats.type !== `${direction}-rtp` || stats.kind !== kind) continue;
      for (const [name, value] of Object.entries(stats)) {
        if (typeof value === "number") totals[name] = (totals[name] ?? 0) + value;
      }
    }
    return totals;
  }

  /** Outbound camera layers by rid. */
  async function layers() {
    const found = {};
    for (const stats of (await window.zvonok.peer.getStats()).values()) {
      if (stats.type !== "outbound-rtp" || !stats.rid) continue;
      found[stats.rid] = {
        active: stats.active,
        height: stats.frameHeight ?? 0,
        frames: stats.framesSent ?? 0,
      };
    }
    return found;
  }

  const watch = { samples: 0, wrong: [], byName: {} };

  /** Looks at every uncovered tile on every frame; `colours` says who must have which. */
  function watchTiles(colours, close) {
    const look = () => {
      for (const element of document.querySelectorAll('[data-testid="tile"][data-kind="camera"]')) {
        const name = element.getAttribute("aria-label");
        const wanted = colours[name];
        if (!wanted || element.dataset.covered === "true") continue;
        const seen = meanColour(element.querySelector("video"));
        if (!seen) continue;
        watch.samples += 1;
        watch.byName[name] = (watch.byName[name] ?? 0) + 1;
        if (Math.hypot(...wanted.map((value, part) => value - seen[part])) > close) {
          watch.wrong.push({ name, seen: seen.map(Math.round), at: performance.now() });
        }
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  /** Onsets of flashes (picture) and beeps (sound), in milliseconds on the page's clock. */
  async function flashesAndBeeps(name, milliseconds) {
    const context = new AudioContext({ sampleRate: 48000, latencyHint: "interactive" });
    const ears = window.zvonok.state.sound.value.map((stream) => {
      const analyser = context.createAnalyser();
      analyser.fftSize = 32768;
      context.createMediaStreamSource(stream).connect(analyser);
      return { analyser, samples: new Float32Array(32768), beeps: [], quietFor: 0, upTo: 0 };
    });
    const flashes = [];
    const number = Number(tile(name, "camera").dataset.participant);
    const video = tile(name, "camera").querySelector("video");
    let light = true;
    let looking = true;
    const frame = (_now, { expectedDisplayTime }) => {
      const seen = meanColour(video);
      const bright = Math.min(...seen) > 140;
      if (bright && !light) flashes.push(expectedDisplayTime);
      light = bright;
      if (looking) video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      await wait(150);
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      for (const ear of ears) {
        const now = context.currentTime;
        ear.analyser.getFloatTimeDomainData(ear.samples);
        const first = now - ear.samples.length / 48000;
        for (let at = 0; at < ear.samples.length; at += 1) {
          const time = first + at / 48000;
          if (time <= ear.upTo) continue;
          if (Math.abs(ear.samples[at]) < 0.02) {
            ear.quietFor += 1;
          } else {
            if (ear.quietFor > 4800) {
              ear.beeps.push(performanceTime + (time - contextTime) * 1000);
            }
            ear.quietFor = 0;
          }
        }
        ear.upTo = now;
      }
    }
    looking = false;
    await context.close();
    return { flashes, beeps: ears[slotOf(number)]?.beeps ?? [] };
  }

  /**
   * What holds somebody's picture and sound back, summed over all that came out, in seconds: what
   * his packets need by themselves, and with what was wished from outside. `wish` is ours, in ms.
   */
  async function holds(name) {
    const element = tile(name, "camera");
    const picture = element.querySelector("video").srcObject.getVideoTracks()[0];
    const slot = slotOf(Number(element.dataset.participant));
    const sound = window.zvonok.state.sound.value[slot]?.getTracks()[0];
    const receiver = (track) => window.zvonok.peer.getReceivers().find((it) => it.track === track);
    const held = async (track) => {
      const stats = track ? [...(await receiver(track).getStats()).values()] : [];
      const inbound = stats.find(({ type }) => type === "inbound-rtp") ?? {};
      return {
        needed: inbound.jitterBufferMinimumDelay ?? 0,
        wanted: inbound.jitterBufferTargetDelay ?? 0,
        emitted: inbound.jitterBufferEmittedCount ?? 0,
      };
    };
    const wish = receiver(picture)?.jitterBufferTarget ?? null;
    return { wish, picture: await held(picture), sound: await held(sound) };
  }

  const told = (value) => (value instanceof Map ? Object.fromEntries(value) : value);

  /** Everything the page knows of its call, for whoever looks into a failure. */
  async function evidence() {
    const { state, peer } = window.zvonok ?? {};
    const found = { address: location.pathname, text: document.body.innerText.slice(0, 1500) };
    if (!state) return found;
    found.state = {};
    for (const [name, signal] of Object.entries(state)) found.state[name] = told(signal.value);
    if (!peer) return found;
    found.connection = `${peer.connectionState}, ${peer.iceConnectionState}, ${peer.signalingState}`;
    const wanted = ["inbound-rtp", "outbound-rtp", "remote-inbound-rtp", "candidate-pair"];
    for (const stats of (await peer.getStats()).values()) {
      if (!wanted.includes(stats.type)) continue;
      const { id, timestamp, ...values } = stats;
      const some = Object.entries(values).filter(([, value]) => value !== 0 && value !== false);
      found[`${stats.type} ${id}`] = Object.fromEntries(some);
    }
    return found;
  }

  /** Whether somebody is seen and anybody heard: two readings tell by what grew between them. */
  async function flow(name) {
    const element = tile(name, "camera");
    const video = element?.querySelector("video");
    const sound = await rtp("inbound", "audio");
    return {
      covered: element?.dataset.covered ?? "true",
      frames: video?.getVideoPlaybackQuality().totalVideoFrames ?? 0,
      heard: sound.totalAudioEnergy ?? 0,
      phase: document.querySelector('[data-testid="call"]')?.dataset.phase ?? "",
    };
  }

  /**
   * Totals of somebody's picture and of all sound: two readings tell the rates between them. `at` is
   * in s. `silent` is the part of `concealed` that nothing was put in the place of: of a pause, or of
   * a gap so long that it faded out. A freeze is counted only when it is over, so pictures per second
   * are to be judged by `decoded`.
   */
  async function reception(name, kind) {
    const picture = tile(name, kind)?.querySelector("video")?.srcObject?.getVideoTracks()[0];
    const receiver = window.zvonok.peer.getReceivers().find(({ track }) => track === picture);
    const stats = picture && receiver ? [...(await receiver.getStats()).values()] : [];
    const video = stats.find(({ type }) => type === "inbound-rtp") ?? {};
    const sound = await rtp("inbound", "audio");
    return {
      at: performance.now() / 1000,
      decoded: video.framesDecoded ?? 0,
      height: video.frameHeight ?? 0,
      freezes: video.freezeCount ?? 0,
      frozen: video.totalFreezesDuration ?? 0,
      samples: sound.totalSamplesReceived ?? 0,
      concealed: sound.concealedSamples ?? 0,
      silent: sound.silentConcealedSamples ?? 0,
      lost: sound.packetsLost ?? 0,
      packets: sound.packetsReceived ?? 0,
      bytes: (await rtp("inbound", "video")).bytesReceived + (sound.bytesReceived ?? 0) || 0,
    };
  }

  window.probe = {
    evidence,
    flow,
    reception,
    colour: (name, kind) => meanColour(tile(name, kind)?.querySelector("video")),
    size: (name, kind) => {
      const video = tile(name, kind)?.querySelector("video");
      return video ? [video.videoWidth, video.videoHeight] : [0, 0];
    },
    heard,
    rtp,
    layers,
    watch,
    watchTiles,
    flashesAndBeeps,
    holds,
  };

  // The last socket, for tests that send what our client would not.
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    window.probe.socket = this;
    send.call(this, data);
  };
})();
