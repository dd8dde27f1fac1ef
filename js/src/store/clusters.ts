/** Clusters as the views see them: how they are to be made, those there are, and what is done with them. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { take } from "../bytes";
import { type Link, Refused } from "../link";
import type { ClusterCounts, ClusterMethod, ClusterParams } from "../protocol.gen";
import type { Toast } from "./toast";

/** One way to make clusters; of the map on show or of the vectors. `option` null is the method's default. */
export interface ClusterSettings {
  readonly method: ClusterMethod;
  readonly of: "vectors" | "map";
  readonly option: number | null;
}

/** The clusters of now, largest first; `column` is null where there are none. */
export interface FoundClusters {
  readonly column: string | null;
  readonly names: readonly string[];
  /** Whether the encoder can name them by words of one's own. */
  readonly readsWords: boolean;
  /** The row that stands for each. */
  readonly medoids: Uint32Array;
}

/** The words in what was typed, each once. */
export function wordsIn(typed: string): string[] {
  const words = typed.split(/[,;\n]/).map((word) => word.trim().replace(/\s+/g, " "));
  return [...new Set(words.filter((word) => word !== ""))];
}

export interface Clusters {
  /** How the next ones are to be made; lasts as long as the page. */
  readonly settings: Signal<ClusterSettings>;
  /** What the next ones may be called, as it was typed: by commas or line by line. */
  readonly words: Signal<string>;
  /** Null until `look` was answered. */
  readonly found: ReadonlySignal<FoundClusters | null>;
  /** Ask for the clusters of now. */
  look(): void;
  /** What these settings would give. @throws Refused */
  count(settings: ClusterSettings, signal: AbortSignal): Promise<ClusterCounts>;
  /** Make clusters, name them by the words where there are any, and colour by them. @throws Refused */
  find(settings: ClusterSettings, signal: AbortSignal): Promise<void>;
  rename(name: string, to: string): Promise<boolean>;
  merge(names: readonly string[]): Promise<boolean>;
}

/**
 * @param did told of each change that the kernel can take back, in words
 * @param shown told the column of clusters that were just found
 */
export function createClusters(
  link: Link,
  toast: Toast,
  did: (words: string) => void,
  shown: (column: string) => void,
): Clusters {
  const settings = signal<ClusterSettings>({ method: "communities", of: "vectors", option: null });
  const words = signal("");
  const found = signal<FoundClusters | null>(null);
  let looked = 0;

  const params = ({ method, of, option }: ClusterSettings): ClusterParams => ({
    method,
    option,
    layout: of === "map" ? link.traits.layout_name.peek() : null,
  });

  /** True once the kernel has done it. */
  async function done(what: string, words: string, ask: () => Promise<unknown>): Promise<boolean> {
    try {
      await ask();
    } catch (error) {
      toast.error(what, error instanceof Refused ? error : new Refused("protocol", (error as Error).message));
      return false;
    }
    if (toast.said.peek()?.kind === "error") toast.clear();
    did(words);
    look();
    return true;
  }

  function look(): void {
    const mine = ++looked;
    link.ask("clusters", {}).then(
      ({ answer, arrays }) => {
        if (mine !== looked) return;
        const medoids = take(arrays, "medoids", "u32", [answer.names.length]);
        found.value = { column: answer.column, names: answer.names, readsWords: answer.reads_words, medoids };
      },
      (error) => toast.error("The clusters could not be fetched", error),
    );
  }

  return {
    settings,
    words,
    found,
    look,
    async count(settings, signal) {
      return (await link.ask("count_clusters", params(settings), { signal })).answer;
    },
    async find(settings, signal) {
      const own = found.peek()?.readsWords ? wordsIn(words.peek()) : [];
      const { answer } = await link.ask("cluster", { ...params(settings), words: own }, { signal });
      if (answer.again) did("finding clusters");
      shown(answer.column);
      look();
    },
    rename(name, to) {
      return done(`“${name}” was not renamed`, "the new name", () => link.ask("rename_cluster", { name, to }));
    },
    merge(names) {
      return done("The clusters were not merged", "the merge", () =>
        link.ask("merge_clusters", { names: [...names], into: null }),
      );
    },
  };
}
