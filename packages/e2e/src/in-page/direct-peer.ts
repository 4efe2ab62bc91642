/** One end of a direct connection between two pages, with which the SFU is compared. */
import { Channels } from './channels.ts';

export class DirectPeer {
  readonly channels = new Channels();
  readonly #connection = new RTCPeerConnection();

  constructor() {
    this.#connection.ondatachannel = ({ channel }) => this.channels.adopt(channel);
  }

  /** Opens a channel. @returns the offer, with all candidates */
  async offer(label: string): Promise<string> {
    this.channels.adopt(this.#connection.createDataChannel(label));
    return this.#describe(await this.#connection.createOffer());
  }

  /** @returns the answer, with all candidates */
  async answer(sdp: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp });
    return this.#describe(await this.#connection.createAnswer());
  }

  accept(sdp: string): Promise<void> {
    return this.#connection.setRemoteDescription({ type: 'answer', sdp });
  }

  close(): void {
    this.#connection.close();
  }

  async #describe(description: RTCSessionDescriptionInit): Promise<string> {
    const gathered = new Promise<void>((resolve) => {
      this.#connection.onicegatheringstatechange = () => {
        if (this.#connection.iceGatheringState === 'complete') resolve();
      };
    });
    await this.#connection.setLocalDescription(description);
    await gathered;
    return this.#connection.localDescription?.sdp ?? '';
  }
}
