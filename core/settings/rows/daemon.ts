/** Rows of processes in the background: the same six for worker, beat and events (CLI-15). */
import { optionalSetting, type SettingRow } from '../setting.js';

const noText = { default: null, status: 'planned' } as const;

const logfile = optionalSetting('string', { ...noText, meaning: 'file of the log; null is stderr' });
const pidfile = optionalSetting('string', { ...noText, meaning: 'file of the process id' });
const uid = optionalSetting('string', { ...noText, meaning: 'user to become, by name or number' });
const gid = optionalSetting('string', { ...noText, meaning: 'group to become, by name or number' });
const umask = optionalSetting('string', { ...noText, meaning: 'rights of new files, octal' });
const executable = optionalSetting('string', { ...noText, meaning: 'node of the new process' });

type Row = SettingRow<'string', true>;
const works = (row: Row): Row => ({ ...row, status: 'works' });

export const daemonRows = {
  workerLogfile: works(logfile),
  workerPidfile: works(pidfile),
  workerUid: works(uid),
  workerGid: works(gid),
  workerUmask: works(umask),
  workerExecutable: works(executable),
  beatLogfile: logfile,
  beatPidfile: pidfile,
  beatUid: uid,
  beatGid: gid,
  beatUmask: umask,
  beatExecutable: executable,
  eventsLogfile: logfile,
  eventsPidfile: pidfile,
  eventsUid: uid,
  eventsGid: gid,
  eventsUmask: umask,
  eventsExecutable: executable,
} as const;
