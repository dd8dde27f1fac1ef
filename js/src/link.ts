/** The kernel at the other end of the wire: traits as signals, questions as promises, events as callbacks. */

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Packed, type Received, unpack, WireError } from "./bytes";
import type { Manager } from "./late";
import {
  type BrowserWrites,
  type Buffer,
  type ErrorKind,
  type Events,
  PROTOCOL_VERSION,
  type Questions,
  type Reply,
  TRAITS,
  type Traits,
} from "./protocol.gen";
import type { Connection } from "./store";

/** What of anywidget's model is used. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event?: string | null, callback?: ((...args: never[]) => void) | null): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBufferView[]): void;
  /** Where the host is one of ipywidgets. */
  readonly widget_manager?: Manager;
}

export interface Answered<Q extends keyof Questions> {
  readonly answer: Questions[Q]["answer"];
  readonly arrays: Map<string, Received>;
}

export interface Link {
  readonly traits: { readonly [K in keyof Traits]: ReadonlySignal<Traits[K]> };
  set<K extends BrowserWrites>(name: K, value: Traits[K]): void;
  /** @throws Refused when the kernel answers with an error, when `signal` aborts, or when there is no kernel. */
  ask<Q extends keyof Questions>(
    question: Q,
    params: Omit<Questions[Q]["params"], "buffers">,
    options?: { buffers?: readonly Packed[]; signal?: AbortSignal },
  ): Promise<Answered<Q>>;
  on<E extends keyof Events>(event: E, callback: (params: Events[E], arrays: Map<string, Received>) => void): void;
  /** Names this browser among the clients of the kernel. */
  readonly client: string;
  readonly connection: ReadonlySignal<Connection>;
  /** The last event that could not be read, in words; "" while there is none. */
  readonly defect: ReadonlySignal<string>;
  close(): void;
}

/** A question that got no answer; `gone` when nobody is there to give one. */
export class Refused extends Error {
  override name = "Refused";
  constructor(
    readonly kind: ErrorKind | "gone",
    message: string,
    readonly detail = "",
  ) {
    super(message);
  }
}

interface Pending {
  resolve(answered: { answer: unknown; arrays: Map<string, Received> }): void;
  reject(refused: Refused): void;
  forget(): void;
}

const GONE = "The kernel is gone. Run the cell again to reconnect.";

/** Silence after which the kernel is asked for a sign of life, and after which it is called busy. */
const PROBE_MS = 1000;
const BUSY_MS = 1500;

/**
 * What draws all points anew is drawn first and told to the kernel then: the notebook shows a busy one and draws its
 * whole page for it.
 */
const DRAWN_FIRST: ReadonlySet<BrowserWrites> = new Set(["color_by"]);
const DRAWN_MS = 100;

export function createLink(model: Model): Link {
  const client = Math.random().toString(36).slice(2, 10);
  const pending = new Map<number, Pending>();
  const listeners = new Map<string, (params: never, arrays: Map<string, Received>) => void>();
  const connection = signal<Connection>({ state: "ok" });
  const defect = signal("");
  const traits = Object.fromEntries(TRAITS.map((name) => [name, signal(model.get(name))])) as {
    [K in keyof Traits]: Signal<Traits[K]>;
  };
  let lastId = 0;
  let silence: ReturnType<typeof setTimeout> | null = null;
  let saving: ReturnType<typeof setTimeout> | null = null;
  let closed = false;

  const received: [string, (...args: never[]) => void][] = TRAITS.map((name) => [
    `change:${name}`,
    () => {
      (traits[name] as Signal<unknown>).value = model.get(name);
      if (name === "protocol") compareVersions();
    },
  ]);
  received.push(["msg:custom", onMessage as (...args: never[]) => void]);
  // ipywidgets' own events: the manager lost its kernel, or the kernel closed the comm.
  for (const event of ["comm_live_update", "comm:close"]) received.push([event, () => lose(GONE)]);
  for (const [event, callback] of received) model.on(event, callback);
  compareVersions();

  function compareVersions(): void {
    const theirs = traits.protocol.value;
    if (theirs === PROTOCOL_VERSION) {
      if (connection.peek().state === "version") connection.value = { state: "ok" };
      return;
    }
    const message =
      `The kernel speaks version ${theirs} of the protocol, this page version ${PROTOCOL_VERSION}. ` +
      "Restart the kernel and reload the page.";
    connection.value = { state: "version", message };
    refuseAll(new Refused("protocol", message));
  }

  function refuseAll(refused: Refused): void {
    for (const question of pending.values()) {
      question.forget();
      question.reject(refused);
    }
    pending.clear();
    listen();
  }

  function lose(message: string): void {
    if (closed || connection.peek().state === "gone") return;
    connection.value = { state: "gone", message };
    refuseAll(new Refused("gone", message));
  }

  /** Start, restart or end the watch on a silent kernel. Only replies count: a busy one still reports progress. */
  function listen(): void {
    if (silence !== null) clearTimeout(silence);
    silence = null;
    if (pending.size === 0) return;
    silence = setTimeout(() => {
      post("cancel", { id: 0 }, []);
      if (pending.size === 0) return;
      silence = setTimeout(() => {
        if (connection.peek().state === "ok") connection.value = { state: "busy" };
      }, BUSY_MS - PROBE_MS);
    }, PROBE_MS);
  }

  function save(): void {
    if (saving !== null) clearTimeout(saving);
    saving = null;
    model.save_changes();
  }

  function post(question: string, params: object, buffers: readonly Packed[]): number {
    if (saving !== null) save();
    const id = ++lastId;
    const listed = buffers.length > 0 ? { buffers: buffers.map(({ about }) => about) } : {};
    const envelope = { protocol: PROTOCOL_VERSION, client, id, ask: question, params: { ...params, ...listed } };
    try {
      model.send(
        envelope,
        undefined,
        // JupyterLab sends the whole of `view.buffer`, whatever window of it the view shows.
        buffers.map(({ bytes }) => (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice())),
      );
    } catch {
      lose(GONE);
    }
    return id;
  }

  function onMessage(message: Reply, buffers: readonly unknown[] = []): void {
    if (message.event !== undefined) {
      const params = message.params as { buffers?: Buffer[] } | undefined;
      try {
        listeners.get(message.event)?.(params as never, unpack(params?.buffers ?? [], buffers));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        defect.value = error.message;
      }
      return;
    }
    if (message.client !== client || message.id === undefined) return;
    if (connection.peek().state === "busy") connection.value = { state: "ok" };
    const question = pending.get(message.id);
    pending.delete(message.id);
    listen();
    if (question === undefined) return;
    question.forget();
    if (message.error !== undefined) {
      question.reject(new Refused(message.error.kind, message.error.message, message.error.detail));
      return;
    }
    try {
      const answer = message.answer as { buffers?: Buffer[] } | undefined;
      if (answer === undefined) throw new WireError("the reply has neither an answer nor an error");
      question.resolve({ answer, arrays: unpack(answer.buffers ?? [], buffers) });
    } catch (error) {
      question.reject(new Refused("protocol", (error as Error).message));
    }
  }

  return {
    traits,
    client,
    connection,
    defect,
    set(name, value) {
      (traits[name] as Signal<unknown>).value = value;
      model.set(name, value);
      if (DRAWN_FIRST.has(name)) saving ??= setTimeout(save, DRAWN_MS);
      else save();
    },
    ask(question, params, { buffers = [], signal } = {}) {
      return new Promise((resolve, reject) => {
        const state = connection.peek();
        if (closed || state.state === "gone") return reject(new Refused("gone", GONE));
        if (state.state === "version") return reject(new Refused("protocol", state.message));
        if (signal?.aborted) return reject(new Refused("cancelled", "taken back before it was asked"));
        const id = lastId + 1;
        const onAbort = () => {
          if (!pending.delete(id)) return;
          post("cancel", { id }, []);
          listen();
          reject(new Refused("cancelled", `the question "${question}" was taken back`));
        };
        const first = pending.size === 0;
        pending.set(id, {
          resolve: resolve as Pending["resolve"],
          reject,
          forget: () => signal?.removeEventListener("abort", onAbort),
        });
        signal?.addEventListener("abort", onAbort, { once: true });
        post(question, params, buffers);
        if (first) listen();
      });
    },
    on(event, callback) {
      listeners.set(event, callback as (params: never, arrays: Map<string, Received>) => void);
    },
    close() {
      if (saving !== null) save();
      closed = true;
      for (const [event, callback] of received) model.off(event, callback);
      listeners.clear();
      refuseAll(new Refused("gone", GONE));
    },
  };
}
