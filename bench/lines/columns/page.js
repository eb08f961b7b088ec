// A page that does no more than a call needs; who talks to whom is decided outside.
(() => {
  let peer;

  function open() {
    peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      let video = document.querySelector("video");
      if (!video) {
        video = document.createElement("video");
        video.autoplay = true;
        video.srcObject = stream;
        document.body.append(video);
      }
    };
  }

  async function described() {
    if (peer.iceGatheringState !== "complete") {
      await new Promise((done) => {
        peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
      });
    }
    return peer.localDescription.sdp;
  }

  /** An offer with camera and microphone. */
  async function offer(camera, encodings) {
    open();
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: camera });
    const [sound] = stream.getAudioTracks();
    const [picture] = stream.getVideoTracks();
    peer.addTransceiver(sound, { direction: "sendonly", streams: [stream] });
    const sending = peer.addTransceiver(picture, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: encodings,
    });
    const { codecs } = RTCRtpSender.getCapabilities("video");
    const vp8 = codecs.filter(({ mimeType }) => /VP8|rtx/.test(mimeType));
    sending.setCodecPreferences(vp8);
    await peer.setLocalDescription();
    return described();
  }

  const accept = (sdp) => peer.setRemoteDescription({ type: "answer", sdp });

  async function answer(sdp) {
    open();
    await peer.setRemoteDescription({ type: "offer", sdp });
    await peer.setLocalDescription();
    return described();
  }

  window.call = { offer, accept, answer };
})();
