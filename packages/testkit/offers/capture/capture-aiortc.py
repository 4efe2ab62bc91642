#!/usr/bin/python3
"""Captures offers of the installed aiortc (Debian python3-aiortc)."""
import asyncio, pathlib
import aiortc
from aiortc import RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

OFFERS = pathlib.Path(__file__).resolve().parent.parent


async def offer_of(build):
    pc = RTCPeerConnection()
    build(pc)
    await pc.setLocalDescription(await pc.createOffer())
    sdp = pc.localDescription.sdp
    await pc.close()
    return sdp


def publisher(pc):
    pc.addTrack(AudioStreamTrack())
    pc.addTrack(VideoStreamTrack())


def subscriber(pc):
    pc.addTransceiver("audio", direction="recvonly")
    pc.addTransceiver("video", direction="recvonly")


def with_data(pc):
    publisher(pc)
    pc.createDataChannel("chat")


async def main():
    for name, build in {
        "audio-video-publisher": publisher,
        "audio-video-recvonly": subscriber,
        "audio-video-data": with_data,
        "quick-start-subscriber": lambda pc: pc.addTransceiver("video"),
    }.items():
        (OFFERS / f"aiortc-{name}.sdp").write_bytes((await offer_of(build)).encode())
    print("aiortc", aiortc.__version__)


asyncio.run(main())
