/** Times the choice of the pictures on a map and a lasso's first move, as the map makes them: in parts between frames. Run by choosing.py. */

import { fieldOf } from "../js/src/map/field";
import { chooser } from "../js/src/map/pictures/chooser";
import { roomOf } from "../js/src/map/pictures/size";
import { boundsOf, fitted } from "../js/src/scatter/camera";
import { seeded } from "../js/test/fakeStore";

const SIZE = { width: 640, height: 560 };
const BUDGET_MS = 10;
const ZOOMS = [1, 1.6, 4, 30];

/** n points in forty clumps. */
function points(n: number, dims: 2 | 3): Float32Array {
  const random = seeded(5);
  const centers = Float32Array.from({ length: 40 * dims }, () => 20 * random());
  const xy = new Float32Array(n * dims);
  for (let row = 0; row < n; row++) {
    const center = Math.floor(40 * random() ** 1.3) * dims;
    for (let d = 0; d < dims; d++)
      xy[row * dims + d] = (centers[center + d] as number) + random() + random() + random() - 1.5;
  }
  return xy;
}

const [n, dims] = process.argv.slice(2).map(Number) as [number, 2 | 3];
const layout = { name: "umap", revision: 1, dims, xy: points(n, dims) };
const bounds = boundsOf(layout.xy, dims) as NonNullable<ReturnType<typeof boundsOf>>;
const none = { n, bits: new Uint8Array((n + 7) >> 3), count: 0 };
const whole = fitted(bounds, SIZE, dims === 3 ? { yaw: 0.5, pitch: 0.3 } : undefined);
const choose = chooser();
const shown = new Set<number>();
let longest = 0;
let calls = 0;
let total = 0;
let found = 0;

function frame(scale: number, turn: number): boolean {
  const camera = { ...whole, scale, x: layout.xy[0] as number, y: layout.xy[1] as number, yaw: whole.yaw + turn };
  const room = roomOf(56, n, SIZE, scale / whole.scale);
  const question = { layout, bounds, hidden: null, selection: none, camera, size: SIZE, room, first: [] };
  const start = performance.now();
  const { rows, isDone } = choose.rows(question, shown, BUDGET_MS);
  const took = performance.now() - start;
  // The first calls of all are the compiler's.
  if (calls++ > 3) longest = Math.max(longest, took);
  total += took;
  shown.clear();
  for (const row of rows) shown.add(row);
  found = rows.length;
  return isDone;
}

const rested: number[] = [];
for (const zoom of ZOOMS) {
  const before = total;
  for (let turn = 0; turn < 8; turn++) frame(whole.scale * zoom * (1 + 0.02 * turn), dims === 3 ? 0.05 * turn : 0);
  while (!frame(whole.scale * zoom * 1.16, dims === 3 ? 0.4 : 0));
  rested.push(total - before);
}

/** Looking at all rows as a lasso in space does before it first lights points, and what each move takes then. */
const lasso = { part: 0, first: 0, move: 0 };
for (let time = 0; time < 4; time++) {
  const field = fieldOf(layout, whole, SIZE);
  const begun = performance.now();
  let last = begun;
  let part = 0;
  for (let isWhole = false; !isWhole; ) {
    isWhole = field.go(100_000);
    part = Math.max(part, performance.now() - last);
    last = performance.now();
  }
  const first = last - begun;
  field.inside([100, 100, 400, 120, 350, 400, 120, 300]);
  const move = performance.now() - last;
  if (time > 0) Object.assign(lasso, { part: Math.max(lasso.part, part), first, move });
}
console.log(JSON.stringify({ longest, whole: Math.max(...rested), calls, found, lasso }));
