/** The work of json-echo.ts for a pool that takes functions. */
export default function echo(text: string): string {
  const [value] = JSON.parse(text) as [number];
  return JSON.stringify(value);
}
