/** What a peer is told in its environment. Throws, naming the variable, when it is not set. */
export function told(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
