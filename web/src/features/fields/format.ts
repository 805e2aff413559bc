// Values as people read them. Money and decimals stay strings from the wire to the screen: a
// binary number would change cents.
import type { Value } from './field-kind.ts';

const decimalText = /^-?\d+(\.\d+)?$/;

export function plainText(value: Value): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function formatDecimal(value: Value, locale: string, scale: number | undefined): string {
  const text = plainText(value);
  if (!decimalText.test(text)) return text;
  const digits = scale === undefined ? { maximumFractionDigits: 20 } : { minimumFractionDigits: scale, maximumFractionDigits: Math.max(scale, 20) };
  return new Intl.NumberFormat(locale, digits).format(text as Intl.StringNumericLiteral);
}

export function formatDate(value: Value, locale: string): string {
  const text = plainText(value);
  // A date has no time zone; reading it as UTC and writing it as UTC keeps the day.
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(time)) return text;
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(time);
}

export function formatDateTime(value: Value, locale: string): string {
  const text = plainText(value);
  const time = typeof value === 'number' ? value : Date.parse(text);
  if (text === '' || Number.isNaN(time)) return text;
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
}
