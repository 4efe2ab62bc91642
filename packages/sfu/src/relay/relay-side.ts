/** Everything that relays do with one kind of publication (tracks or data channels): importing, exporting, and following names. */
import type { ControlMessage } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { NameExports } from './name-exports.ts';
import type { NameImports } from './name-imports.ts';
import type { RelayExporter, RelayedExport, RelayedWant } from './relay-exporter.ts';
import type { RelayImporter } from './relay-importer.ts';
import type { RelayedPlan, RelayedRecord } from './relayed-kind.ts';

export interface RelaySideParts<
  Record extends RelayedRecord,
  Plan extends RelayedPlan,
  Numbers,
  Reason,
  Want extends RelayedWant<Record>,
  Export extends RelayedExport<Record>,
> {
  readonly importer: RelayImporter<Record, Plan, Numbers, Reason>;
  readonly exporter: RelayExporter<Record, Want, Export>;
  readonly names: NameImports;
  readonly nameExports: NameExports<Record>;
  /** Handles messages that only this kind has. @returns whether the message was one */
  readonly handleOwn: (link: NodeLink, message: ControlMessage) => boolean;
}

export class RelaySide<
  Record extends RelayedRecord,
  Plan extends RelayedPlan,
  Numbers,
  Reason,
  Want extends RelayedWant<Record>,
  Export extends RelayedExport<Record>,
> {
  readonly importer: RelayImporter<Record, Plan, Numbers, Reason>;
  readonly exporter: RelayExporter<Record, Want, Export>;
  readonly names: NameImports;
  readonly nameExports: NameExports<Record>;
  readonly #handleOwn: (link: NodeLink, message: ControlMessage) => boolean;

  constructor({ importer, exporter, names, nameExports, handleOwn }: RelaySideParts<Record, Plan, Numbers, Reason, Want, Export>) {
    this.importer = importer;
    this.exporter = exporter;
    this.names = names;
    this.nameExports = nameExports;
    this.#handleOwn = handleOwn;
  }

  /** @returns whether the message concerned this kind; also false for a message about a copy that has ended */
  handleMessage(link: NodeLink, message: ControlMessage): boolean {
    return (
      this.#handleOwn(link, message) ||
      this.importer.handleMessage(link, message) ||
      this.exporter.handleMessage(link, message) ||
      this.nameExports.handleMessage(link, message)
    );
  }

  onTransportGone(transportId: string): void {
    this.exporter.onTransportGone(transportId);
    this.nameExports.onTransportGone(transportId);
    this.importer.onTransportGone(transportId);
  }

  /** The link states have changed. */
  onRoutesChanged(): void {
    this.names.onRoutesChanged();
    this.importer.onRoutesChanged();
  }
}
