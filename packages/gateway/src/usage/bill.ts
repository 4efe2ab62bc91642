/** What usage costs. */

/** What operators charge for a gigabyte, and how much of each month is free. */
export interface Pricing {
  /** A decimal number with at most six decimals. */
  readonly pricePerGb: string;
  readonly freeBytesPerMonth: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Nothing costs anything. */
export const FREE: Pricing = { pricePerGb: '0', freeBytesPerMonth: 0, currency: 'USD' };

const BYTES_PER_GB = 1_000_000_000n;
const DECIMALS = 6;

/** @returns the bytes beyond those that are free */
export function chargedBytesOf(billedBytes: number, { freeBytesPerMonth }: Pricing): number {
  return Math.max(0, billedBytes - freeBytesPerMonth);
}

/** @returns a decimal number with six decimals; in whole millionths, since binary fractions would not add up */
export function costOf(chargedBytes: number, { pricePerGb }: Pricing): string {
  const [whole = '0', fraction = ''] = pricePerGb.split('.');
  const millionthsPerGb = BigInt(whole + fraction.padEnd(DECIMALS, '0'));
  const millionths = (BigInt(chargedBytes) * millionthsPerGb + BYTES_PER_GB / 2n) / BYTES_PER_GB;
  const digits = String(millionths).padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}
