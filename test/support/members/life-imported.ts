/** Loaded by members through the setting `imports`. */
import { app } from './life-tasks.js';

app.task('life.imported', () => 1);
