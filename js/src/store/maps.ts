/** What the views ask about maps: another one, how far one can be trusted, and where it keeps the nearest images. */

import { packMask } from "../bytes";
import { type Link, Refused } from "../link";
import type { LayoutInfo, MeasureAnswer } from "../protocol.gen";
import type { RowMask } from "../store";
import type { Toast } from "./toast";

export interface MapActions {
  /** Show the layout that `method` makes, computed where it is not there; of the rows `only` on their own. */
  project(method: string, dims: 2 | 3, only?: RowMask): void;
  /** Compute a layout again, so that the images that came since have a part in it. */
  layAnew(info: LayoutInfo): void;
  /** How far a layout can be trusted. @throws Refused */
  measure(name: string, signal: AbortSignal): Promise<MeasureAnswer>;
  /** Make the column of how many of its nearest each image keeps on a map, and colour by it; the sentence why not, or
   * null. */
  colorByKept(name: string): Promise<string | null>;
}

export function mapActions(link: Link, toast: Toast): MapActions {
  const { traits } = link;
  return {
    project(method, dims, only) {
      const there = traits.layouts.peek().find((one) => one.method === method && one.dims === dims);
      if (there !== undefined && only === undefined) return link.set("layout_name", there.name);
      link
        .ask("project", { method, dims }, only === undefined ? {} : { buffers: [packMask("mask", only)] })
        .catch((error) => toast.error("There is no such map", error));
    },
    layAnew({ method, dims }) {
      link
        .ask("project", { method, dims, anew: true })
        .catch((error) => toast.error("The map was not made anew", error));
    },
    async measure(name, signal) {
      return (await link.ask("measure_layout", { name }, { signal })).answer;
    },
    async colorByKept(name) {
      try {
        link.set("color_by", (await link.ask("keep_column", { name })).answer.column);
        return null;
      } catch (error) {
        return error instanceof Refused ? error.message : String(error);
      }
    },
  };
}
