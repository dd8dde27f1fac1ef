// Runs in the page before any script of its own: counts the bytes on the kernel's sockets and the GPU's draw calls,
// records animation frames on demand, stamps input.
(() => {
  const bench = { ws: { in: 0, out: 0, messages: 0, biggest: 0 }, draws: 0, lastDraw: 0, ups: [], moved: 0 };
  window.__bench = bench;
  // The page's clock does not follow the system's when that is set; the kernel's does.
  const skew = () => Date.now() - performance.timeOrigin - performance.now();
  const wall = (stamp) => performance.timeOrigin + stamp + skew();
  const now = () => wall(performance.now());
  bench.now = now;

  bench.notebook = () => [...jupyterapp.shell.widgets("main")].find((w) => w.content?.widgets && w.sessionContext);

  // querySelectorAll, through open shadow roots.
  bench.deep = (selector, root = document, found = []) => {
    found.push(...root.querySelectorAll(selector));
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) bench.deep(selector, element.shadowRoot, found);
    }
    return found;
  };
  bench.plot = () => {
    const output = document.querySelector(".jp-OutputArea-output");
    const area = (canvas) => canvas.clientWidth * canvas.clientHeight;
    return output ? bench.deep("canvas", output).sort((a, b) => area(b) - area(a))[0] || null : null;
  };

  const length = (data) => (typeof data === "string" ? data.length : (data?.byteLength ?? data?.size ?? 0));
  window.WebSocket = class extends window.WebSocket {
    constructor(url, ...rest) {
      super(url, ...rest);
      if (!/\/api\/kernels\//.test(String(url))) return;
      this.addEventListener("message", ({ data }) => {
        bench.ws.in += length(data);
        bench.ws.messages++;
        bench.ws.biggest = Math.max(bench.ws.biggest, length(data));
      });
      const send = this.send;
      this.send = (data) => {
        bench.ws.out += length(data);
        return send.call(this, data);
      };
    }
  };

  function counted(prototype, names) {
    for (const name of names) {
      const call = prototype?.[name];
      if (!call) continue;
      prototype[name] = function (...rest) {
        bench.draws++;
        bench.lastDraw = now();
        return call.apply(this, rest);
      };
    }
  }
  const draws = ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"];
  counted(window.WebGLRenderingContext?.prototype, draws);
  counted(window.WebGL2RenderingContext?.prototype, draws);
  counted(window.GPUQueue?.prototype, ["submit"]);

  for (const type of ["mouseup", "pointerup"]) {
    window.addEventListener(type, (event) => bench.ups.push(wall(event.timeStamp)), true);
  }
  // A page that takes a press for itself gets no mousemove until it is let go, but pointermove.
  for (const type of ["pointermove", "mousemove", "wheel"]) {
    const stamp = (event) => {
      bench.moved = wall(event.timeStamp);
    };
    window.addEventListener(type, stamp, { capture: true, passive: true });
  }

  let frames = null;
  bench.startFrames = () => {
    const mine = { t: [], draws: [], on: true };
    frames = mine;
    const onFrame = (t) => {
      mine.t.push(t);
      mine.draws.push(bench.draws);
      if (mine.on) requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
  };
  bench.stopFrames = () => {
    frames.on = false;
    return frames;
  };

  // Call `act`; resolves with the ms from then to the animation frame after the one in which the element's data-points
  // went from "part" back to "all", or null after `patience`.
  bench.repainted = (element, act, patience_ms) =>
    new Promise((resolve) => {
      let begun = false;
      const start = now();
      const observer = new MutationObserver(() => {
        if (element.dataset.points === "part") begun = true;
        else if (begun) end(true);
      });
      const timer = setTimeout(() => end(false), patience_ms);
      const end = (isPainted) => {
        observer.disconnect();
        clearTimeout(timer);
        if (isPainted) requestAnimationFrame(() => resolve(now() - start));
        else resolve(null);
      };
      observer.observe(element, { attributes: true, attributeFilter: ["data-points"] });
      act();
    });

  // Look at a condition in every frame; resolves with when it first held, or null after `patience`.
  bench.when = (test, patience_ms) =>
    new Promise((resolve) => {
      const end = now() + patience_ms;
      const onFrame = () => {
        if (test()) resolve(now());
        else if (now() > end) resolve(null);
        else requestAnimationFrame(onFrame);
      };
      onFrame();
    });
})();
