/** The box that saves a picture of the map: how large, with what, as a file or to the clipboard. */

import { useSignal } from "@preact/signals";
import cameraIcon from "lucide-static/icons/camera.svg";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Store } from "../../store";
import { count } from "../../ui/words";
import { ToolBox } from "../tool_box";
import type { ViewState } from "../view_state";
import { copy, download, mayCopy, nameOf } from "./hand_over";
import { fits, sizeOf } from "./size";
import type { Shot } from "./snapshot";

const SIZES = [
  { times: 1, name: "As shown" },
  { times: 2, name: "2×" },
  { times: 4, name: "4×" },
] as const;

/** What takes longer than this has gone wrong. */
const LONGEST_MS = 120_000;

export type TakePicture = (shot: Shot, signal: AbortSignal) => Promise<Blob>;

export function SavePicture({ store, view, take }: { store: Store; view: ViewState; take: TakePicture }) {
  const times = useSignal(1);
  const withPictures = useSignal(true);
  const withNames = useSignal(true);
  const busy = useSignal(false);
  const group = useId();
  const ends = useRef(new AbortController());
  useEffect(() => () => ends.current.abort(), []);

  /** Make the picture and see to it that it gets where it is to go; says so when that fails. */
  async function make(send: (png: Promise<Blob>) => Promise<void>): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("it took too long")), LONGEST_MS);
    const stop = () => late.abort(ends.current.signal.reason);
    ends.current.signal.addEventListener("abort", stop);
    busy.value = true;
    try {
      const png = take(
        { times: times.peek(), withPictures: withPictures.peek(), withNames: withNames.peek() },
        late.signal,
      );
      // A clipboard may refuse before the picture fails, and then nobody waits for it.
      png.catch(() => undefined);
      await send(png);
    } catch (error) {
      if (!ends.current.signal.aborted) store.say(`The picture was not made: ${(error as Error).message}`, "error");
    } finally {
      busy.value = false;
      clearTimeout(timer);
      ends.current.signal.removeEventListener("abort", stop);
    }
  }
  const save = (png: Promise<Blob>) => png.then((made) => download(made, nameOf(store.traits.source.peek())));
  const toClipboard = (png: Promise<Blob>) =>
    copy(png).then(() => store.say("The picture is on the clipboard", "info"));

  return (
    <ToolBox icon={cameraIcon} name="Save picture" hint="Save a picture of the map" busy={busy.value}>
      {(close) => {
        const sizes = SIZES.map((one) => ({ ...one, ...sizeOf(view.size.value, window.devicePixelRatio, one.times) }));
        const isPossible = sizes.some((size) => size.times === times.value && fits(size));
        const start = (send: (png: Promise<Blob>) => Promise<void>) => () => {
          close();
          void make(send);
        };
        return (
          <>
            {sizes.map(({ times: each, name, width, height }) => (
              <label key={each} class="pt-map-choice">
                <input
                  type="radio"
                  name={group}
                  checked={times.value === each}
                  disabled={!fits({ width, height })}
                  onChange={() => {
                    times.value = each;
                  }}
                />
                <span>{name}</span>
                <output>{fits({ width, height }) ? `${count(width)} × ${count(height)}` : "too large"}</output>
              </label>
            ))}
            {store.traits.picture_px.value > 0 && (
              <label class="pt-map-choice">
                <input
                  type="checkbox"
                  checked={withPictures.value}
                  onChange={(event) => {
                    withPictures.value = event.currentTarget.checked;
                  }}
                />
                <span>Pictures at the points</span>
              </label>
            )}
            {store.traits.names_shown.value && (
              <label class="pt-map-choice">
                <input
                  type="checkbox"
                  checked={withNames.value}
                  onChange={(event) => {
                    withNames.value = event.currentTarget.checked;
                  }}
                />
                <span>Names</span>
              </label>
            )}
            <div class="pt-map-box-buttons">
              {mayCopy() && (
                <button type="button" disabled={!isPossible} onClick={start(toClipboard)}>
                  Copy
                </button>
              )}
              <button type="button" disabled={!isPossible} onClick={start(save)}>
                Save PNG
              </button>
            </div>
          </>
        );
      }}
    </ToolBox>
  );
}
