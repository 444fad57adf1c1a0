/** What the hour prints at its end. */
import type { Arena } from './arena.js';
import type { Flatness } from './flatness.js';
import type { HourEnd } from './hour-job.js';
import type { RunArena } from './run-arena.js';

const ENDS: readonly HourEnd[] = ['outcome', 'lost', 'time-limit', 'terminated', 'recalled'];

export function hourTable(
  arenas: { readonly wide: Arena; readonly tight: Arena; readonly runs: RunArena },
  flatness: Flatness,
): readonly string[] {
  const lines: string[] = [];
  for (const [name, { ledger, submittedCount }] of [
    ['wide', arenas.wide],
    ['tight', arenas.tight],
  ] as const) {
    const gib = (ledger.bytes / 2 ** 30).toFixed(1);
    lines.push(`${name}: ${String(submittedCount)} jobs, ${gib} GiB of bodies, ${String(ledger.calls)} calls served`);
    lines.push(row(['act', ...ENDS]));
    for (const [act, ends] of [...ledger.counts].toSorted(([a], [b]) => a.localeCompare(b))) {
      lines.push(row([act, ...ENDS.map((end) => String(ends.get(end) ?? 0))]));
    }
    const causes = [...ledger.retired].map(([cause, count]) => `${cause} ${String(count)}`);
    lines.push(`  members replaced: ${causes.join(', ')}`);
  }
  lines.push(`runs: ${String(arenas.runs.runs)} runs, ${String(arenas.runs.lost)} lost with their member`);
  const { firstRssMib, lastRssMib, slopeMibPerHour, firstHandles, lastHandles } = flatness;
  lines.push(
    `RSS ${firstRssMib.toFixed(0)} → ${lastRssMib.toFixed(0)} MiB (first and last quarter), ` +
      `${slopeMibPerHour.toFixed(0)} MiB/h; handles ${String(firstHandles)} → ${String(lastHandles)}`,
  );
  return lines;
}

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(14) : cell.padStart(11))).join('')}`;
}
