/** Needs no quotes in an array of Postgres. The word `null` would be none. */
const PLAIN = /^(?!null$)[\w.:+/=-]+$/i;
const TO_ESCAPE = /["\\]/g;

type Element = string | number | bigint | boolean | Date | null | undefined;

/**
 * An array of `Element`s as Postgres reads it. pg would write the same, and
 * look for what it must escape in every element: of a batch of hundreds of rows that is a third of the owner's work.
 */
export function arrayText(values: readonly unknown[]): string {
  let text = '{';
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ',';
    const value = values[i] as Element;
    if (value === null || value === undefined) text += 'NULL';
    else if (typeof value === 'string') text += PLAIN.test(value) ? value : `"${value.replace(TO_ESCAPE, '\\$&')}"`;
    else if (value instanceof Date) text += value.toISOString();
    else text += String(value);
  }
  return text + '}';
}
