import { expect, test, vi } from "vitest";
import { hearing } from "../src/late";

/** A model as anywidget's is on ipywidgets'; `ready` is what its messages wait for. */
function modelOf(ready: Promise<void>) {
  const taken: unknown[] = [];
  class Plain {
    heard: ((message: unknown) => unknown) | null = null;
    sent: unknown[] = [];
    comm = {
      on_msg: (callback: (message: unknown) => unknown) => {
        this.heard = callback;
      },
      send: (data: unknown) => this.sent.push(data),
    };
    async _handle_comm_msg(message: unknown) {
      taken.push([this, message]);
    }
  }
  class Waiting extends Plain {
    override async _handle_comm_msg(message: unknown) {
      await ready;
      return super._handle_comm_msg(message);
    }
  }
  const model = new Waiting();
  return { model, taken, manager: { get_model: async () => model } };
}

test("a model that came too late takes its messages itself, and gets the state it missed", async () => {
  const { model, taken, manager } = modelOf(Promise.reject(new Error("Failed to initialize model.")));
  await hearing(manager, "a1");
  expect(model.sent).toEqual([{ method: "request_state" }]);
  await model.heard?.("update");
  expect(taken).toEqual([[model, "update"]]);
});

test("one that came in time, and a host with other models, are left alone", async () => {
  let go = () => {};
  const { model, manager } = modelOf(
    new Promise((resolve) => {
      go = resolve;
    }),
  );
  const done = hearing(manager, "a1");
  go();
  await done;
  expect(model.heard).toBeNull();
  expect(model.sent).toEqual([]);
  const asked = vi.fn(() => Promise.reject(new Error("no such model")));
  await hearing({ get_model: asked }, "a1");
  await hearing({ get_model: async () => ({}) }, "a1");
  await hearing({}, "a1");
  await hearing(undefined, "a1");
  expect(asked).toHaveBeenCalledOnce();
  await hearing({ get_model: asked }, "");
  expect(asked).toHaveBeenCalledOnce();
});
