/** How a hand works on the first map one sees. */

import type { Hand } from "../store";

export const FIRST_HAND: Hand = { tool: "pan", brush_px: 24, lines: false, behindToo: false, overview: true };
