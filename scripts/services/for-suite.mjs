/**
 * The servers that a suite needs, for as long as it runs: what is there is used, the others are started and stopped again. One
 * that cannot be had fails the run in CI; elsewhere its tests are skipped, and it is said why.
 */
import { startService, stopService, describeService } from './services.mjs';

export async function withServices(names, run) {
  const started = [];
  try {
    for (const name of names) {
      if (await provide(name)) started.push(name);
    }
    await run();
  } finally {
    for (const name of started) await stopService(name);
  }
}

/** Its variables are in the environment afterwards, or why it is not there. Answers whether it was started for this. */
async function provide(name) {
  try {
    const known = await describeService(name);
    const { variables } = known.isThere ? known : await startService(name);
    Object.assign(process.env, variables);
    return !known.isThere;
  } catch (error) {
    if (process.env['CI'] !== undefined) throw new Error(`${name}: ${error.message}`, { cause: error });
    const [reason] = error.message.split('\n');
    console.log(`\nNO ${name.toUpperCase()}: its tests are skipped: ${reason}`);
    process.env[`CELERIAC_TEST_NO_${name.toUpperCase()}`] = reason;
    return false;
  }
}
