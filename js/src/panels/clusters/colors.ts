/** The colours a column's categories have on the map, for dots beside their names. */

import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { codingOf } from "../../map/coding";
import { followTheme } from "../../map/theme";
import { css, type Theme } from "../../palette";
import type { CategoryColumn, Store } from "../../store";

/** CSS colours by code; 0 is no value. */
export function useColors(store: Store, column: CategoryColumn, root: HTMLElement): readonly string[] {
  const theme = useMemo(() => signal<Theme>("light"), []);
  useEffect(() => {
    const el = root.querySelector<HTMLElement>(".pt-map");
    if (el === null) return;
    const followed = followTheme(el);
    const stop = followed.colors.subscribe(({ theme: kind }) => {
      theme.value = kind;
    });
    return () => {
      stop();
      followed.dispose();
    };
  }, [root, theme]);
  const palette = store.traits.palette.value[column.name] ?? {};
  const { entries, lut } = codingOf(column, column.codes.length, theme.value, {
    palette,
    scale: { kind: "linear", reversed: false },
    form: null,
  });
  return [css([lut[0] as number, lut[1] as number, lut[2] as number]), ...entries.map(({ color }) => css(color))];
}
