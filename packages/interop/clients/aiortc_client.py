"""aiortc as a client of the interoperability matrix. Needs Debian's ``python3-aiortc``; see ``control_channel`` for how it is driven."""

import asyncio
import fractions
import platform
import time
from dataclasses import dataclass, field
from typing import Any

import aiortc
import av
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

import control_channel
from media_sources import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, VIDEO_CLOCK_HZ, draw_picture, make_tone


class Pacer:
    """Lets a source produce at its own rate: sleeps until the time that a clock value stands for."""

    def __init__(self, clock_hz: int) -> None:
        self._clock_hz = clock_hz
        self._started_at: float | None = None

    async def wait(self, ticks: int) -> None:
        if self._started_at is None:
            self._started_at = time.monotonic()
        await asyncio.sleep(max(0.0, self._started_at + ticks / self._clock_hz - time.monotonic()))


class PictureTrack(MediaStreamTrack):
    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._pacer = Pacer(VIDEO_CLOCK_HZ)
        self._count = 0

    async def recv(self) -> av.VideoFrame:
        pts = self._count * VIDEO_CLOCK_HZ // FRAMES_PER_SECOND
        await self._pacer.wait(pts)
        frame = draw_picture(self._count)
        frame.pts, frame.time_base = pts, fractions.Fraction(1, VIDEO_CLOCK_HZ)
        self._count += 1
        return frame


class ToneTrack(MediaStreamTrack):
    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._pacer = Pacer(SAMPLE_RATE_HZ)
        self._pts = 0

    async def recv(self) -> av.AudioFrame:
        await self._pacer.wait(self._pts)
        frame = make_tone()
        frame.pts, frame.time_base = self._pts, fractions.Fraction(1, SAMPLE_RATE_HZ)
        self._pts += SAMPLES_PER_FRAME
        return frame


@dataclass
class Reception:
    """What was decoded from one remote track."""

    frames: int = 0
    samples: int = 0


class Channel:
    """A data channel, and what has come on it."""

    def __init__(self, channel: RTCDataChannel) -> None:
        self.channel = channel
        self.seen: list[dict[str, Any]] = []
        channel.on("message", lambda data: self.seen.append(describe_message(data)))


def make_message(kind: str, length: int, seed: int) -> str | bytes:
    """As ``makeMessage`` of the end-to-end tests' kit."""
    data = bytes((index * 31 + seed * 7 + (index >> 8)) & 0x7F for index in range(length))
    return data if kind == "binary" else data.decode("latin1")


def describe_message(data: str | bytes) -> dict[str, Any]:
    raw = data.encode() if isinstance(data, str) else data
    total = len(raw)
    for byte in raw:
        total = (total * 31 + byte) % 4_294_967_291
    return {"kind": "text" if isinstance(data, str) else "binary", "length": len(raw), "sum": total}


@dataclass
class Peer:
    connection: RTCPeerConnection
    receptions: dict[MediaStreamTrack, Reception] = field(default_factory=dict)
    readers: set[asyncio.Task[None]] = field(default_factory=set)
    channels: dict[str, "Channel"] = field(default_factory=dict)

    def start_reading(self, track: MediaStreamTrack) -> None:
        reception = self.receptions.setdefault(track, Reception())
        reader = asyncio.ensure_future(count_decoded(track, reception))
        self.readers.add(reader)

    def adopt(self, channel: RTCDataChannel) -> None:
        self.channels[channel.label] = Channel(channel)


async def count_decoded(track: MediaStreamTrack, reception: Reception) -> None:
    try:
        while True:
            frame = await track.recv()
            if track.kind == "video":
                reception.frames += 1
            else:
                reception.samples += frame.samples
    except MediaStreamError:
        pass  # The track has ended.


peers: dict[str, Peer] = {}


async def describe() -> dict[str, Any]:
    return {
        "version": f"aiortc {aiortc.__version__} (PyAV {av.__version__}, Python {platform.python_version()})",
        "videoCodecs": ["VP8", "H264"],
    }


async def open_peer(
    peer: str, send: list[dict[str, str]], receive: list[str], channels: list[dict[str, Any]] | None = None
) -> dict[str, str]:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peers[peer] = opened = Peer(connection)
    connection.on("track", opened.start_reading)
    connection.on("datachannel", opened.adopt)
    for wanted in channels or []:
        opened.adopt(connection.createDataChannel(wanted["label"], ordered=wanted["ordered"]))
    for wanted in send:
        track = PictureTrack() if wanted["kind"] == "video" else ToneTrack()
        transceiver = connection.addTransceiver(track, direction="sendonly")
        prefer_codec(transceiver, wanted["codec"])
    for kind in receive:
        connection.addTransceiver(kind, direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    return {"sdp": connection.localDescription.sdp}


def prefer_codec(transceiver: RTCRtpTransceiver, name: str) -> None:
    capabilities = RTCRtpSender.getCapabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences([codec for codec in capabilities if codec.name.lower() in (name.lower(), "rtx")])


async def accept(peer: str, sdp: str) -> None:
    await peers[peer].connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))


async def answer(peer: str, sdp: str) -> dict[str, str]:
    connection = peers[peer].connection
    await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    await connection.setLocalDescription(await connection.createAnswer())
    return {"sdp": connection.localDescription.sdp}


async def send_messages(peer: str, label: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    channels = peers[peer].channels
    while label not in channels or channels[label].channel.readyState != "open":
        await asyncio.sleep(0.05)
    made = [make_message(**message) for message in messages]
    for data in made:
        channels[label].channel.send(data)
    return [describe_message(data) for data in made]


async def read_messages(peer: str, label: str) -> list[dict[str, Any]]:
    channel = peers[peer].channels.get(label)
    return [] if channel is None else channel.seen


async def read_received(peer: str) -> list[dict[str, Any]]:
    found = peers[peer]
    figures = []
    for transceiver in found.connection.getTransceivers():
        reception = found.receptions.get(transceiver.receiver.track)
        if reception is None:
            continue
        codecs = [codec.name for codec in transceiver._codecs if codec.name != "rtx"]
        figures.append(
            {
                "mid": transceiver.mid,
                "kind": transceiver.kind,
                "codec": codecs[0] if codecs else "",
                "frames": reception.frames,
                "samples": reception.samples,
            }
        )
    return figures


async def read_state(peer: str) -> str:
    return peers[peer].connection.connectionState


async def close_peer(peer: str) -> None:
    closing = peers.pop(peer)
    await closing.connection.close()
    for reader in closing.readers:
        reader.cancel()


if __name__ == "__main__":
    asyncio.run(
        control_channel.serve(
            {
                "describe": describe,
                "open": open_peer,
                "accept": accept,
                "answer": answer,
                "send": send_messages,
                "readMessages": read_messages,
                "readReceived": read_received,
                "readState": read_state,
                "close": close_peer,
            }
        )
    )
