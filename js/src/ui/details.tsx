/** One image large, with everything known of it. */

import left from "lucide-static/icons/chevron-left.svg";
import right from "lucide-static/icons/chevron-right.svg";
import locate from "lucide-static/icons/locate-fixed.svg";
import { useEffect, useRef, useState } from "preact/hooks";
import type { DetailsAnswer } from "../protocol.gen";
import { PartOfPicture } from "../search/box";
import { Nearest } from "../search/nearest";
import type { Store } from "../store";
import { Dialog } from "./dialog";
import { IconButton } from "./icon";
import type { View } from "./view";
import { count } from "./words";

interface Picture {
  row: number;
  url: string;
  /** Of the original, in pixels. */
  size: { width: number; height: number };
}

export function Details({ store, view, row }: { store: Store; view: View; row: number }) {
  const details = useDetails(store, row);
  const { picture, error } = usePicture(store, view, row);
  const order = store.order.value;
  const at = order.placeOf(row);

  function open(next: number): void {
    view.overlay.value = { kind: "details", row: next };
    store.focus(next, "map");
  }

  function step(by: number): void {
    const next = order.at(at + by);
    if (at >= 0 && next >= 0) open(next);
  }

  return (
    <Dialog
      view={view}
      title={details?.name ?? " "}
      class="pt-details"
      onKeyDown={(event) => {
        if (event.key === "ArrowRight" || event.key === "ArrowDown") step(1);
        else if (event.key === "ArrowLeft" || event.key === "ArrowUp") step(-1);
        else if (event.key === "s") {
          view.overlay.value = null;
          void store.search.ask([{ kind: "row", row, like: true }], "anew");
        } else if (event.key === " ") store.select([row], "add", "grid");
        else return;
        event.preventDefault();
      }}
      extra={
        <span class="pt-steps">
          <IconButton
            svg={locate}
            name="Show on the map"
            onClick={() => {
              view.overlay.value = null;
              store.zoomTo([row]);
            }}
          />
          {at >= 0 && (
            <>
              <IconButton svg={left} name="Previous image" disabled={at === 0} onClick={() => step(-1)} />
              <span class="pt-soft pt-number">
                {count(at + 1)} of {count(order.length)}
              </span>
              <IconButton svg={right} name="Next image" disabled={at === order.length - 1} onClick={() => step(1)} />
            </>
          )}
        </span>
      }
    >
      <div class="pt-details-body">
        <div class="pt-picture">
          {picture?.row !== row && error === "" && <Preview store={store} row={row} />}
          {picture?.row === row && <img src={picture.url} alt={details?.name ?? ""} draggable={false} />}
          {picture?.row === row && (
            <PartOfPicture
              store={store}
              row={row}
              size={picture.size}
              onAsked={() => {
                view.overlay.value = null;
              }}
            />
          )}
          {error !== "" && <p class="pt-soft">{error}</p>}
        </div>
        <dl class="pt-fields" tabIndex={0}>
          {details !== null && details.row === row && (
            <>
              {!known(details, details.index) && <Entry name="index" value={details.index} />}
              {details.fields.map(({ name, value }) => (
                <Entry key={name} name={name} value={value} />
              ))}
              {details.tags.length > 0 && <Entry name="tags" value={details.tags.join(", ")} />}
              {details.failure !== null && <Entry name="failure" value={details.failure} />}
            </>
          )}
        </dl>
      </div>
      <Nearest
        store={store}
        row={row}
        onOpen={open}
        onAll={() => {
          view.overlay.value = null;
        }}
      />
    </Dialog>
  );
}

/** Whether the text is on the page anyway. */
function known({ name, fields }: DetailsAnswer, text: string): boolean {
  return name === text || fields.some(({ value }) => value === text);
}

function Entry({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The thumbnail, large and soft, while the image is on its way. */
function Preview({ store, row }: { store: Store; row: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const arrived = store.thumbs.arrived.value;

  useEffect(() => {
    const viewer = Symbol("details");
    store.thumbs.want(viewer, [row]);
    return () => store.thumbs.want(viewer, []);
  }, [store, row]);

  useEffect(() => {
    const picture = store.thumbs.get(row);
    const el = canvas.current;
    if (el === null || picture === null || typeof picture === "string") return;
    el.width = picture.width;
    el.height = picture.height;
    el.getContext("2d")?.drawImage(picture, 0, 0);
  }, [store, row, arrived]);

  return <canvas ref={canvas} width={1} height={1} />;
}

function useDetails(store: Store, row: number): DetailsAnswer | null {
  const [details, setDetails] = useState<DetailsAnswer | null>(null);
  const tags = store.traits.tags.value;
  useEffect(() => {
    let wanted = true;
    store.details(row).then(
      (got) => wanted && setDetails(got),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [store, row, tags]);
  return details;
}

function usePicture(store: Store, view: View, row: number): { picture: Picture | null; error: string } {
  const [picture, setPicture] = useState<Picture | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    const abort = new AbortController();
    let url = "";
    setError("");
    const side_px = Math.max(view.root.clientWidth, view.root.clientHeight) * devicePixelRatio;
    store.picture(row, Math.min(4096, Math.ceil(side_px)), abort.signal).then(
      (got) => {
        url = got.url;
        if (abort.signal.aborted) URL.revokeObjectURL(url);
        else setPicture({ row, url, size: { width: got.answer.width, height: got.answer.height } });
      },
      (refused: Error) => {
        if (!abort.signal.aborted) setError(refused.message);
      },
    );
    return () => {
      abort.abort();
      if (url !== "") URL.revokeObjectURL(url);
    };
  }, [store, view, row]);
  return { picture, error };
}
