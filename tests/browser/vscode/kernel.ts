/** A kernel's widgets in a page, by the manager that VS Code brings along. Bundled by test_vscode.py. */

import { KernelAPI, KernelManager, ServerConnection } from "@jupyterlab/services";

const VIEW = "application/vnd.jupyter.widget-view+json";

interface Manager {
  get_model(id: string): Promise<unknown>;
  create_view(model: unknown, options: object): Promise<unknown>;
  display_view(data: unknown, view: unknown, options: object): Promise<unknown>;
}

declare const requirejs: { config(options: object): void };
declare const output: HTMLElement;
declare global {
  interface Window {
    vscIPyWidgets8: { load(): void };
    vscIPyWidgets: { WidgetManager: new (...given: unknown[]) => Manager };
  }
}

/** @param bundle address of `@vscode/jupyter-ipywidgets8` */
async function connect(url: string, token: string, id: string, bundle: string) {
  requirejs.config({ paths: { anywidget: "/anywidget" } });
  const { activate } = await import(bundle);
  activate();
  window.vscIPyWidgets8.load();

  const serverSettings = ServerConnection.makeSettings({
    baseUrl: url,
    wsUrl: url.replace("http", "ws"),
    token,
    appendToken: true,
  });
  const model = await KernelAPI.getKernelModel(id, serverSettings);
  if (model === undefined) throw new Error(`there is no kernel ${id}`);
  const kernel = new KernelManager({ serverSettings }).connectTo({ model, handleComms: true });
  const refused: unknown[] = [];
  const scripts = {
    widgetsRegisteredInRequireJs: new Set<string>(),
    loadWidgetScript: async () => undefined,
    successHandler: () => undefined,
    errorHandler: (...what: unknown[]) => refused.push(what),
  };
  const manager = new window.vscIPyWidgets.WidgetManager(kernel, output, scripts, () => undefined);
  await kernel.info;

  async function execute(code: string): Promise<string> {
    let printed = "";
    let shown: { model_id: string } | null = null;
    const future = kernel.requestExecute({ code });
    future.onIOPub = ({ header, content }) => {
      const { text, data, evalue } = content as { text?: string; data?: Record<string, never>; evalue?: string };
      if (header.msg_type === "stream") printed += text;
      if (header.msg_type === "error") printed += `raised ${evalue}`;
      shown = data?.[VIEW] ?? shown;
    };
    await future.done;
    if (shown === null) return printed.trim();
    const { model_id } = shown;
    const el = document.createElement("div");
    el.className = "cell-output-ipywidget-background";
    output.append(el);
    const view = await manager.create_view(await manager.get_model(model_id), { el });
    await manager.display_view(shown, view, { node: el });
    return printed.trim();
  }
  Object.assign(window, { execute, refused });
}

Object.assign(window, { connect });
