/** A task that runs until a file is there, and says when it starts. */
import { existsSync } from 'node:fs';
import { Celeriac } from '../../../core/app/public.js';

const database = process.env['GATED_DATABASE'] ?? 'memory://gated';

export const app = new Celeriac('gated', { brokerUrl: database, resultBackend: database });

export const gate = app.task('gated.gate', (name: string, file: string) => {
  console.log(`started ${name}`);
  while (!existsSync(file));
  return name;
});
