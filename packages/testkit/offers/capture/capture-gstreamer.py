#!/usr/bin/python3
"""Captures offers of GStreamer's webrtcbin (Debian gstreamer1.0-plugins-bad, gstreamer1.0-nice, gir1.2-gst-plugins-bad-1.0)."""
import pathlib
import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstWebRTC, GstSdp  # noqa: F401

OFFERS = pathlib.Path(__file__).resolve().parent.parent
Gst.init(None)

PIPELINES = {
    "audio-video-publisher": (
        "webrtcbin name=peer bundle-policy=max-bundle "
        "videotestsrc is-live=true ! vp8enc deadline=1 ! rtpvp8pay picture-id-mode=15-bit pt=96 ! "
        "application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer. "
        "audiotestsrc is-live=true ! opusenc ! rtpopuspay pt=97 ! "
        "application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer."
    ),
    "video-publisher-no-bundle": (
        "webrtcbin name=peer "
        "videotestsrc is-live=true ! vp8enc deadline=1 ! rtpvp8pay pt=96 ! "
        "application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer."
    ),
}


def capture(name, description):
    pipeline = Gst.parse_launch(description)
    peer = pipeline.get_by_name("peer")
    loop = GLib.MainLoop()

    def gathered(element, _param):
        if element.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        sdp = element.get_property("local-description").sdp.as_text()
        (OFFERS / f"gstreamer-{name}.sdp").write_bytes(sdp.encode())
        loop.quit()

    def on_offer(promise, *_args):
        promise.wait()
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        peer.emit("set-local-description", offer, Gst.Promise.new())

    peer.connect("notify::ice-gathering-state", gathered)
    peer.connect(
        "on-negotiation-needed",
        lambda element: element.emit("create-offer", None, Gst.Promise.new_with_change_func(on_offer, None)),
    )
    pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add_seconds(20, loop.quit)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


for name, description in PIPELINES.items():
    capture(name, description)
print(Gst.version_string())
