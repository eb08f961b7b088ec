// Two soft notes, for trying a speaker.

const NOTES: readonly number[] = [659.26, 523.25];
const NOTE_SECONDS = 0.45;

/** Resolves at the end of the tone; false when the browser would not play it. */
export async function playTone(speaker: string): Promise<boolean> {
  try {
    await play(new AudioContext(), speaker);
    return true;
  } catch {
    return false;
  }
}

async function play(context: AudioContext, speaker: string): Promise<void> {
  const element = new Audio();
  try {
    const output = context.createMediaStreamDestination();
    element.srcObject = output.stream;
    if (speaker !== "" && "setSinkId" in element) await element.setSinkId(speaker);
    await Promise.all([context.resume(), element.play()]);
    NOTES.forEach((frequency, index) => {
      ring(context, output, frequency, context.currentTime + index * NOTE_SECONDS);
    });
    const seconds = (NOTES.length + 0.5) * NOTE_SECONDS;
    await new Promise((done) => setTimeout(done, seconds * 1000));
  } finally {
    element.srcObject = null;
    void context.close();
  }
}

function ring(context: AudioContext, output: AudioNode, frequency: number, at: number): void {
  const oscillator = new OscillatorNode(context, { frequency });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.2, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_SECONDS * 1.4);
  oscillator.connect(gain).connect(output);
  oscillator.start(at);
  oscillator.stop(at + NOTE_SECONDS * 1.5);
}
