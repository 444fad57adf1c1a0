/** A process that holds the write lock of an SQLite file again and again (S4): `lock-storm.js PATH TIMES HOLD_MS`. */
import { Connection } from '../../clients/sqlite/connection.js';

const [path = '', times, holdMs] = process.argv.slice(2);
const pause = new Int32Array(new SharedArrayBuffer(4));
const connection = Connection.open(path);
for (let n = 0; n < Number(times); n++) {
  connection.write(() => Atomics.wait(pause, 0, 0, Number(holdMs)), { isDurable: false });
  Atomics.wait(pause, 0, 0, 3);
}
connection.close();
