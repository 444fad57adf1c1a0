/** Found by autodiscovery. */
import { app } from '../life-tasks.js';

app.task('life.found', () => 1);
