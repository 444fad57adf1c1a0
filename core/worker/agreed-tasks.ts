/**
 * The tasks on which the members of a pool agree: what the first ones have loaded, or the first one after a reload. A
 * member that replaces another has to have the same, since the host decides by them before a member sees a message.
 * Host thread.
 */
import { manifestDifference, type Manifest } from '../task/manifest.js';

export class AgreedTasks {
  /** null until the first members are ready: they are compared with one another. */
  #manifest: Manifest | null = null;

  agreeOn(manifest: Manifest): void {
    this.#manifest = manifest;
  }

  /** Why a member with this manifest cannot replace another, in words for its error; null when it can. */
  objectionTo(manifest: Manifest): string | null {
    const difference = this.#manifest === null ? null : manifestDifference(this.#manifest, manifest);
    return difference === null ? null : `its tasks are not those of the first members: ${difference}`;
  }
}
