/** The pass that draws points as antialiased discs with a rim. */

import type { View } from "../raster";
import { program } from "./program";

const VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec2 to;
layout(location = 1) in vec2 origin;
layout(location = 2) in uint code;
uniform vec4 middle;       // x, y as a pair of floats each: high parts, then what they leave
uniform vec2 perUnit;      // clip units per data unit
uniform vec2 half_px;      // half the picture, in pixels
uniform float t;
uniform float shown;       // slots below have appeared, when they come from nowhere
uniform float reach;
uniform sampler2D lut;
flat out vec3 color;
flat out vec2 center;
void main() {
  bool arriving = origin.x > 1e38 || to.x > 1e38;
  vec2 at = arriving ? to : mix(origin, to, t);
  vec2 clip = (at - middle.xy - middle.zw) * perUnit;
  if (to.x > 1e38 || (arriving && float(gl_VertexID) >= shown)) clip = vec2(9.0);
  gl_Position = vec4(clip, 0.0, 1.0);
  gl_PointSize = 2.0 * reach;
  center = (clip + 1.0) * half_px;
  int c = int(code);
  color = texelFetch(lut, ivec2(c & 255, c >> 8), 0).rgb;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform float radius;
uniform float outer;
uniform float opacity;
uniform float rim;
uniform vec3 background;
flat in vec3 color;
flat in vec2 center;
out vec4 pixel;
void main() {
  float d = distance(gl_FragCoord.xy, center);
  float fill = clamp(radius + 0.5 - d, 0.0, 1.0);
  float edge = (clamp(outer + 0.5 - d, 0.0, 1.0) - fill) * rim;
  pixel = opacity * vec4(color * fill + background * edge, fill + edge);
}`;

const ATTRIBUTES = { to: 0, origin: 1, code: 2 } as const;

export interface PointsPass {
  positions(to: Float32Array, from: Float32Array | null): void;
  colors(codes: Uint8Array | Uint16Array, lut: Uint8Array): void;
  lit(slots: Uint32Array): void;
  /** Draw slots first…last-1, or that range of the lit ones, over what the framebuffer holds. */
  draw(what: "all" | "lit", first: number, last: number, view: View, width: number, height: number): void;
  dispose(): void;
}

export function pointsPass(gl: WebGL2RenderingContext): PointsPass {
  const made = program(gl, VERTEX, FRAGMENT);
  const where = (name: string) => gl.getUniformLocation(made, name);
  const uniforms = {
    middle: where("middle"),
    perUnit: where("perUnit"),
    half: where("half_px"),
    t: where("t"),
    shown: where("shown"),
    reach: where("reach"),
    radius: where("radius"),
    outer: where("outer"),
    opacity: where("opacity"),
    rim: where("rim"),
    background: where("background"),
  };

  const layout = gl.createVertexArray();
  const buffers = {
    to: gl.createBuffer(),
    origin: gl.createBuffer(),
    code: gl.createBuffer(),
    lit: gl.createBuffer(),
  };
  const lut = gl.createTexture();
  let n = 0;

  function attribute(slot: number, buffer: WebGLBuffer): void {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, 2, gl.FLOAT, false, 0, 0);
  }

  return {
    positions(to, from) {
      n = to.length / 2;
      gl.bindVertexArray(layout);
      attribute(ATTRIBUTES.to, buffers.to);
      gl.bufferData(gl.ARRAY_BUFFER, to, gl.STATIC_DRAW);
      if (from === null) attribute(ATTRIBUTES.origin, buffers.to);
      else attribute(ATTRIBUTES.origin, buffers.origin);
      if (from !== null) gl.bufferData(gl.ARRAY_BUFFER, from, gl.STATIC_DRAW);
      gl.bindVertexArray(null);
    },
    colors(codes, table) {
      gl.bindVertexArray(layout);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers.code);
      gl.bufferData(gl.ARRAY_BUFFER, codes, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(ATTRIBUTES.code);
      const type = codes instanceof Uint8Array ? gl.UNSIGNED_BYTE : gl.UNSIGNED_SHORT;
      gl.vertexAttribIPointer(ATTRIBUTES.code, 1, type, 0, 0);
      gl.bindVertexArray(null);
      const lines = Math.ceil(table.length / 1024);
      const texels = new Uint8Array(lines * 1024);
      texels.set(table);
      gl.bindTexture(gl.TEXTURE_2D, lut);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, lines, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    },
    lit(slots) {
      gl.bindVertexArray(layout);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffers.lit);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, slots, gl.DYNAMIC_DRAW);
      gl.bindVertexArray(null);
    },
    draw(what, first, last, view, width, height) {
      const outer = view.rim > 0 ? view.radius + view.rimWidth : view.radius;
      const highX = Math.fround(view.x);
      const highY = Math.fround(view.y);
      gl.useProgram(made);
      gl.bindVertexArray(layout);
      gl.bindTexture(gl.TEXTURE_2D, lut);
      gl.uniform4f(uniforms.middle, highX, highY, view.x - highX, view.y - highY);
      gl.uniform2f(uniforms.perUnit, (2 * view.scale) / width, (2 * view.scale) / height);
      gl.uniform2f(uniforms.half, width / 2, height / 2);
      gl.uniform1f(uniforms.t, view.t);
      gl.uniform1f(uniforms.shown, view.t >= 1 ? n : view.t * n);
      gl.uniform1f(uniforms.reach, Math.ceil(outer + 0.5) + 1);
      gl.uniform1f(uniforms.radius, view.radius);
      gl.uniform1f(uniforms.outer, outer);
      gl.uniform1f(uniforms.opacity, view.opacity);
      gl.uniform1f(uniforms.rim, view.rim);
      gl.uniform3f(uniforms.background, view.background[0] / 255, view.background[1] / 255, view.background[2] / 255);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      if (what === "all") gl.drawArrays(gl.POINTS, first, last - first);
      else gl.drawElements(gl.POINTS, last - first, gl.UNSIGNED_INT, 4 * first);
      gl.bindVertexArray(null);
    },
    dispose() {
      for (const buffer of Object.values(buffers)) gl.deleteBuffer(buffer);
      gl.deleteTexture(lut);
      gl.deleteVertexArray(layout);
      gl.deleteProgram(made);
    },
  };
}
