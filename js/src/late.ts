/**
 * Hearing the kernel although the page was slow.
 *
 * anywidget gives a model two seconds from its arrival to load this file. On a page that is busy, with many widgets in
 * one notebook, it takes longer, and from then on every message to that model is dropped: the widget is there and stays
 * empty (seen with anywidget 0.11).
 */

/** What of ipywidgets' own model is used, where the host has such. */
interface WidgetModel {
  _handle_comm_msg?(message: unknown): Promise<unknown>;
  readonly comm?: { on_msg(callback: (message: unknown) => unknown): void; send(data: unknown): unknown };
}

export interface Manager {
  get_model?(id: string): Promise<unknown>;
}

const NOTHING = { content: { data: { method: "nothing" } } };

/** See whether messages to the model arrive; if they are dropped, take them from the comm and have its state sent anew. */
export async function hearing(manager: Manager | undefined, id: unknown): Promise<void> {
  if (typeof id !== "string" || id === "") return;
  const model = (await manager?.get_model?.(id).catch(() => undefined)) as WidgetModel | undefined;
  if (model?._handle_comm_msg === undefined || model.comm === undefined) return;
  try {
    await model._handle_comm_msg(NOTHING);
  } catch {
    const plain = underneath(model);
    if (plain === null) return;
    model.comm.on_msg((message) => plain.call(model, message));
    model.comm.send({ method: "request_state" });
  }
}

/** The way messages are taken that anywidget's waits in front of. */
function underneath(model: WidgetModel): NonNullable<WidgetModel["_handle_comm_msg"]> | null {
  const name = "_handle_comm_msg";
  let above = Object.getPrototypeOf(model);
  while (above !== null && !Object.hasOwn(above, name)) above = Object.getPrototypeOf(above);
  return above === null ? null : (Object.getPrototypeOf(above)?.[name] ?? null);
}
