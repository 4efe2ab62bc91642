/** Computes the price of usage. */

/** The price per gigabyte, and the free usage per month. */
export interface Pricing {
  /** A decimal number with at most six decimals. */
  readonly pricePerGb: string;
  readonly freeBytesPerMonth: number;
  /** Currency code (ISO 4217). */
  readonly currency: string;
}

/** Pricing under which everything is free. */
export const FREE: Pricing = { pricePerGb: '0', freeBytesPerMonth: 0, currency: 'USD' };

const BYTES_PER_GB = 1_000_000_000n;
const DECIMALS = 6;

/** @returns the bytes above the free ones */
export function chargedBytesOf(billedBytes: number, { freeBytesPerMonth }: Pricing): number {
  return Math.max(0, billedBytes - freeBytesPerMonth);
}

/** @returns a decimal number with six decimals, computed in whole millionths, since binary fractions would not add up */
export function costOf(chargedBytes: number, { pricePerGb }: Pricing): string {
  const [whole = '0', fraction = ''] = pricePerGb.split('.');
  const millionthsPerGb = BigInt(whole + fraction.padEnd(DECIMALS, '0'));
  const millionths = (BigInt(chargedBytes) * millionthsPerGb + BYTES_PER_GB / 2n) / BYTES_PER_GB;
  const digits = String(millionths).padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}
