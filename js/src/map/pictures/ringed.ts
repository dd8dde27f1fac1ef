/** Draws the hovered and the focused picture with their rings, each on a canvas of its own over the others. */

import { aroundOf } from "../../scatter/pictures";
import { isAlike, type PictureLook, type Shown } from "./paint";
import { putPicture } from "./put";

export interface RingedPictures {
  /**
   * `image` gives what is drawn in a picture's place. `left`, `top` and sizes of `shown` are in device pixels, of which
   * there are `dpr` per CSS pixel.
   */
  paint(
    shown: readonly Shown[],
    look: Pick<PictureLook, "background" | "line">,
    dpr: number,
    image: (one: Shown) => CanvasImageSource,
  ): void;
  dispose(): void;
}

interface Drawn {
  readonly canvas: HTMLCanvasElement;
  one: Shown | null;
  image: CanvasImageSource | null;
  look: string;
}

/**
 * With a hand that passes over pictures rings come and go in every frame: on the canvas of all pictures each would draw
 * all of these anew.
 *
 * @param below the canvas they are over
 */
export function ringedPictures(below: HTMLCanvasElement): RingedPictures {
  const drawn: Drawn[] = [];

  function another(): Drawn {
    const canvas = document.createElement("canvas");
    canvas.className = "pt-map-ringed";
    canvas.setAttribute("aria-hidden", "true");
    (drawn.at(-1)?.canvas ?? below).after(canvas);
    const made = { canvas, one: null, image: null, look: "" };
    drawn.push(made);
    return made;
  }

  return {
    paint(shown, { background, line }, dpr, image) {
      for (const [at, one] of shown.entries()) {
        const last = drawn[at] ?? another();
        const { canvas } = last;
        const out = aroundOf(one, line);
        const now = image(one);
        const look = `${background.join(" ")} ${line} ${dpr}`;
        if (last.one === null || last.image !== now || last.look !== look || !isAlike(last.one, one)) {
          canvas.width = one.width + 2 * out;
          canvas.height = one.height + 2 * out;
          canvas.style.width = `${canvas.width / dpr}px`;
          canvas.style.height = `${canvas.height / dpr}px`;
          const context = canvas.getContext("2d");
          context?.translate(out - one.left, out - one.top);
          if (context) putPicture(context, one, now, { background, line });
        }
        canvas.style.transform = `translate(${(one.left - out) / dpr}px, ${(one.top - out) / dpr}px)`;
        canvas.hidden = false;
        [last.one, last.image, last.look] = [one, now, look];
      }
      for (const { canvas } of drawn.slice(shown.length)) canvas.hidden = true;
    },
    dispose() {
      for (const { canvas } of drawn) canvas.remove();
    },
  };
}
