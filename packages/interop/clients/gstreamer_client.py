"""GStreamer's webrtcbin as a client of the interoperability matrix; see ``control_channel`` for how it is driven.

Needs Debian's ``python3-gst-1.0``, ``gir1.2-gst-plugins-bad-1.0``, ``gstreamer1.0-nice`` and the good and bad plugins.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Callable

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402

import control_channel  # noqa: E402

RTP_CAPS = {
    "VP8": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96",
    "H264": "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=97,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "opus": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=111",
}
PICTURE = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=15/1 ! videoconvert"
TONE = "audiotestsrc is-live=true samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! audioconvert"
# Keyframes come when they are asked for: once a minute at most by themselves.
ENCODE = {
    "VP8": f"{PICTURE} ! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=900 target-bitrate=300000 ! rtpvp8pay picture-id-mode=15-bit",
    "H264": f"{PICTURE} ! openh264enc complexity=low gop-size=900 bitrate=300000 ! rtph264pay config-interval=-1 aggregate-mode=zero-latency",
    "opus": f"{TONE} ! opusenc ! rtpopuspay",
}
DECODE = {
    "VP8": "rtpvp8depay ! vp8dec ! fakesink name=sink sync=false signal-handoffs=true",
    "H264": "rtph264depay ! h264parse ! openh264dec ! fakesink name=sink sync=false signal-handoffs=true",
    "OPUS": "rtpopusdepay ! opusdec ! fakesink name=sink sync=false signal-handoffs=true",
}
BYTES_PER_SAMPLE = 2


@dataclass
class Reception:
    """What was decoded from one media line."""

    mid: str
    kind: str
    codec: str
    frames: int = 0
    samples: int = 0


@dataclass
class Peer:
    pipeline: Gst.Pipeline
    webrtc: Gst.Element
    receptions: list[Reception] = field(default_factory=list)
    # Of signals whose callbacks refer to this peer, which would keep each other alive.
    connections: list[tuple[Gst.Element, int]] = field(default_factory=list)

    def connect(self, element: Gst.Element, signal: str, callback: Callable[..., None]) -> None:
        self.connections.append((element, element.connect(signal, callback)))


peers: dict[str, Peer] = {}


async def describe() -> dict[str, Any]:
    return {"version": f"{Gst.version_string()} webrtcbin", "videoCodecs": ["VP8", "H264"]}


async def open_peer(peer: str, send: list[dict[str, str]], receive: list[str]) -> dict[str, str]:
    pipeline = Gst.Pipeline()
    webrtc = Gst.ElementFactory.make("webrtcbin")
    webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    pipeline.add(webrtc)
    peers[peer] = opened = Peer(pipeline, webrtc)
    opened.connect(webrtc, "on-new-transceiver", lambda _, transceiver: transceiver.set_property("do-nack", True))
    opened.connect(webrtc, "pad-added", lambda _, pad: start_decoding(opened, pad))
    # It takes transceivers from READY on.
    pipeline.set_state(Gst.State.READY)
    for wanted in send:
        add_source(opened, wanted["codec"])
    if not send:
        # Media lines kept ready to receive on would be answered `inactive`, and webrtcbin 1.22 never wakes such a line again: "transceiver
        # direction changes are not implemented". So the first offer has a data channel only, and the SFU's offers add the lines.
        webrtc.emit("create-data-channel", "ready", None)
    pipeline.set_state(Gst.State.PLAYING)
    sdp = await make_description(webrtc, "create-offer")
    await set_description(webrtc, "set-local-description", "offer", sdp)
    return {"sdp": sdp}


def add_source(peer: Peer, codec: str) -> None:
    source = Gst.parse_bin_from_description(f"{ENCODE[codec]} ! capsfilter caps=\"{RTP_CAPS[codec]}\"", True)
    peer.pipeline.add(source)
    source.link(peer.webrtc)
    transceiver = source.get_static_pad("src").get_peer().get_property("transceiver")
    transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
    transceiver.set_property("do-nack", True)


def start_decoding(peer: Peer, pad: Gst.Pad) -> None:
    if pad.get_direction() != Gst.PadDirection.SRC:
        return
    caps = pad.get_current_caps().get_structure(0)
    codec = caps.get_string("encoding-name")
    reception = Reception(mid=pad.get_property("transceiver").get_property("mid"), kind=caps.get_string("media"), codec=codec)
    peer.receptions.append(reception)
    decoder = Gst.parse_bin_from_description(f"queue ! {DECODE[codec]}", True)
    peer.connect(decoder.get_by_name("sink"), "handoff", lambda _, buffer, sink_pad: count(reception, buffer, sink_pad))
    peer.pipeline.add(decoder)
    decoder.sync_state_with_parent()
    pad.link(decoder.get_static_pad("sink"))


def count(reception: Reception, buffer: Gst.Buffer, pad: Gst.Pad) -> None:
    if reception.kind == "video":
        reception.frames += 1
        return
    # The decoder fills a gap with buffers of its own; those are no samples that came.
    if not buffer.has_flags(Gst.BufferFlags.GAP):
        _, channels = pad.get_current_caps().get_structure(0).get_int("channels")
        reception.samples += buffer.get_size() // (BYTES_PER_SAMPLE * channels)


async def make_description(webrtc: Gst.Element, signal: str) -> str:
    promise = await ask(webrtc, signal, None)
    # Each of these lives in the one before it.
    reply = promise.get_reply()
    made = reply.get_value("offer" if signal == "create-offer" else "answer")
    return made.sdp.as_text()


async def set_description(webrtc: Gst.Element, signal: str, kind: str, sdp: str) -> None:
    _, message = GstSdp.SDPMessage.new_from_text(sdp)
    kinds = {"offer": GstWebRTC.WebRTCSDPType.OFFER, "answer": GstWebRTC.WebRTCSDPType.ANSWER}
    await ask(webrtc, signal, GstWebRTC.WebRTCSessionDescription.new(kinds[kind], message))


async def ask(webrtc: Gst.Element, signal: str, argument: Any) -> Gst.Promise:
    """Emits one of webrtcbin's signals that take a promise. The reply lives as long as the promise that is returned."""
    promise = Gst.Promise.new()
    webrtc.emit(signal, argument, promise)
    result = await asyncio.to_thread(promise.wait)
    reply = promise.get_reply()
    if result != Gst.PromiseResult.REPLIED:
        raise RuntimeError(f"{signal}: {result.value_nick}")
    if reply is not None and reply.has_field("error"):
        raise RuntimeError(f"{signal}: {reply.get_value('error')}")
    return promise


async def accept(peer: str, sdp: str) -> None:
    await set_description(peers[peer].webrtc, "set-remote-description", "answer", sdp)


async def answer(peer: str, sdp: str) -> dict[str, str]:
    webrtc = peers[peer].webrtc
    await set_description(webrtc, "set-remote-description", "offer", sdp)
    made = await make_description(webrtc, "create-answer")
    await set_description(webrtc, "set-local-description", "answer", made)
    return {"sdp": made}


async def read_received(peer: str) -> list[dict[str, Any]]:
    return [vars(reception) for reception in peers[peer].receptions]


async def read_state(peer: str) -> str:
    webrtc = peers[peer].webrtc
    states = (webrtc.get_property(name).value_nick for name in ("signaling-state", "ice-connection-state", "connection-state"))
    return ", ".join(states)


async def close_peer(peer: str) -> None:
    closing = peers.pop(peer)
    # Stopping joins the pipeline's threads, which may be in the middle of a frame.
    await asyncio.to_thread(closing.pipeline.set_state, Gst.State.NULL)
    for element, handler in closing.connections:
        element.disconnect(handler)


if __name__ == "__main__":
    Gst.init(None)
    asyncio.run(
        control_channel.serve(
            {
                "describe": describe,
                "open": open_peer,
                "accept": accept,
                "answer": answer,
                "readReceived": read_received,
                "readState": read_state,
                "close": close_peer,
            }
        )
    )
