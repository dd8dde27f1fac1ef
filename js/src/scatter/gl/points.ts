/** The pass that draws points as antialiased discs with a rim. */

import { MOST_SIDE, STEPS, squareOf } from "../crowd";
import { NEAREST, SMALLEST, THIN, type View } from "../raster";
import { program } from "./program";

const VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in vec3 to;
layout(location = 1) in vec3 origin;
layout(location = 2) in uint code;
layout(location = 3) in uint tagged;
uniform vec3 middle;       // a pair of floats for each number: high parts, then what they leave
uniform vec3 middleLow;
uniform vec2 perUnit;      // clip units per data unit
uniform vec2 half_px;      // half the picture, in pixels
uniform bool deep;
uniform mat3 turn;
uniform float perspective;
uniform float perSide;     // picture sides per data unit
uniform float size;        // radius in the middle
uniform float largest;     // in depth
uniform float grown;       // of the rim
uniform float core;        // the share of a tagged point's radius that is open
uniform bool adding;       // points that are small as squares of whole pixels
uniform float side;        // of that square; 0 draws a disc
uniform float weight;      // of each of its pixels
uniform float t;
uniform float shown;       // slots below have appeared, when they come from nowhere
uniform sampler2D lut;
flat out vec3 color;
flat out vec2 center;
flat out float radius;
flat out float sideOf;
flat out float weightOf;
flat out float coreOf;
void main() {
  bool arriving = origin.x > 1e38 || to.x > 1e38;
  vec3 at = (arriving ? to : mix(origin, to, t)) - middle - middleLow;
  vec2 clip = at.xy * perUnit;
  float depth = 0.0;
  bool hidden = to.x > 1e38 || (arriving && float(gl_VertexID) >= shown);
  radius = size;
  sideOf = side;
  weightOf = weight;
  if (deep) {
    at *= turn;
    float w = 1.0 - perspective * at.z;
    hidden = hidden || w < ${NEAREST};
    clip = at.xy * perUnit / w;
    radius = clamp(floor(size * 8.0 / w + 0.5) / 8.0, ${SMALLEST}, largest);
    float sides = at.z * perSide;
    depth = -sides / (1.0 + abs(sides));
    if (adding) {
      sideOf = max(1.0, floor(radius * ${Math.sqrt(Math.PI)} + 0.5));
      weightOf = floor(${STEPS}.0 * ${Math.PI} * radius * radius / (sideOf * sideOf) + 0.5) / ${STEPS}.0;
      if (sideOf > ${MOST_SIDE}.0) sideOf = 0.0;
    }
  }
  if (sideOf > 0.0) { // on whole pixels, as the CPU rounds: rasterisers differ on points between pixels
    vec2 corner = (clip + 1.0) * half_px - 0.5 * sideOf;
    clip = (vec2(floor(corner.x + 0.5), ceil(corner.y - 0.5)) + 0.5 * sideOf) / half_px - 1.0;
  }
  if (hidden) clip = vec2(9.0);
  gl_Position = vec4(clip, depth, 1.0);
  gl_PointSize = sideOf > 0.0 ? sideOf : 2.0 * (ceil(radius + grown + 0.5) + 1.0);
  center = (clip + 1.0) * half_px;
  if (deep) center = (floor(center * 8.0) + 0.5) / 8.0;
  coreOf = tagged == 0u ? 0.0 : core * radius;
  int c = int(code);
  color = texelFetch(lut, ivec2(c & 255, c >> 8), 0).rgb;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform float grown;
uniform float opacity;
uniform float rim;
uniform float thin;
uniform vec3 background;
flat in vec3 color;
flat in vec2 center;
flat in float radius;
flat in float sideOf;
flat in float weightOf;
flat in float coreOf;
out vec4 pixel;
void main() {
  if (sideOf > 0.0) {
    pixel = weightOf * vec4(color, 1.0);
    return;
  }
  float d = distance(gl_FragCoord.xy, center);
  float fill = clamp(radius + 0.5 - d, 0.0, 1.0);
  float whole = clamp(radius + grown + 0.5 - d, 0.0, 1.0);
  if (whole < thin) discard;
  float open = coreOf > 0.0 ? clamp(coreOf + 0.5 - d, 0.0, 1.0) : 0.0;
  float edge = (whole - fill) * rim + open;
  fill -= open;
  pixel = opacity * vec4(color * fill + background * edge, fill + edge);
}`;

const STRAIGHT = [1, 0, 0, 0, 1, 0, 0, 0, 1];

const ATTRIBUTES = { to: 0, origin: 1, code: 2, tagged: 3 } as const;

export interface PointsPass {
  positions(to: Float32Array, from: Float32Array | null, dims: 2 | 3): void;
  colors(codes: Uint8Array | Uint16Array, lut: Uint8Array): void;
  tagged(flags: Uint8Array | null): void;
  visible(slots: Uint32Array | null): void;
  lit(slots: Uint32Array): void;
  /** Whether points drawn with `view` need a depth buffer. */
  isDeep(view: View): boolean;
  /** Draw visible slots first…last-1, or that range of the lit ones, over what the framebuffer holds, or add them to it. */
  draw(
    what: "visible" | "lit",
    first: number,
    last: number,
    view: View,
    width: number,
    height: number,
    adding?: boolean,
  ): void;
  dispose(): void;
}

export function pointsPass(gl: WebGL2RenderingContext): PointsPass {
  const made = program(gl, VERTEX, FRAGMENT);
  const where = (name: string) => gl.getUniformLocation(made, name);
  const uniforms = {
    middle: where("middle"),
    middleLow: where("middleLow"),
    deep: where("deep"),
    turn: where("turn"),
    perspective: where("perspective"),
    perSide: where("perSide"),
    size: where("size"),
    largest: where("largest"),
    grown: where("grown"),
    core: where("core"),
    thin: where("thin"),
    adding: where("adding"),
    side: where("side"),
    weight: where("weight"),
    perUnit: where("perUnit"),
    half: where("half_px"),
    t: where("t"),
    shown: where("shown"),
    opacity: where("opacity"),
    rim: where("rim"),
    background: where("background"),
  };

  const layout = gl.createVertexArray();
  const buffers = {
    to: gl.createBuffer(),
    origin: gl.createBuffer(),
    code: gl.createBuffer(),
    tagged: gl.createBuffer(),
    visible: gl.createBuffer(),
    lit: gl.createBuffer(),
  };
  const lut = gl.createTexture();
  let n = 0;
  let dims: 2 | 3 = 2;
  let listed = false;

  /** The shader's third number is 0 where positions have two. */
  function attribute(slot: number, buffer: WebGLBuffer): void {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, dims, gl.FLOAT, false, 0, 0);
  }

  function slots(buffer: WebGLBuffer, list: Uint32Array): void {
    gl.bindVertexArray(layout);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, list, gl.DYNAMIC_DRAW);
    gl.bindVertexArray(null);
  }

  const isDeep = (view: View) => dims === 3 || view.turn !== null;

  return {
    isDeep,
    positions(to, from, wide) {
      dims = wide;
      n = to.length / dims;
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
    tagged(flags) {
      gl.bindVertexArray(layout);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers.tagged);
      gl.bufferData(gl.ARRAY_BUFFER, flags ?? new Uint8Array(0), gl.STATIC_DRAW);
      if (flags === null) gl.disableVertexAttribArray(ATTRIBUTES.tagged);
      else gl.enableVertexAttribArray(ATTRIBUTES.tagged);
      gl.vertexAttribIPointer(ATTRIBUTES.tagged, 1, gl.UNSIGNED_BYTE, 0, 0);
      gl.bindVertexArray(null);
    },
    visible(list) {
      listed = list !== null;
      slots(buffers.visible, list ?? new Uint32Array(0));
    },
    lit(list) {
      slots(buffers.lit, list);
    },
    draw(what, first, last, view, width, height, adding = false) {
      const deep = isDeep(view);
      const square = adding && !deep ? squareOf(view.radius) : null;
      const at = [view.x, view.y, view.z] as const;
      const high = at.map(Math.fround);
      const list = what === "lit" ? buffers.lit : listed ? buffers.visible : null;
      gl.useProgram(made);
      gl.bindVertexArray(layout);
      gl.bindTexture(gl.TEXTURE_2D, lut);
      gl.uniform3fv(uniforms.middle, high);
      gl.uniform3fv(
        uniforms.middleLow,
        at.map((value, i) => value - (high[i] as number)),
      );
      gl.uniform2f(uniforms.perUnit, (2 * view.scale) / width, (2 * view.scale) / height);
      gl.uniform2f(uniforms.half, width / 2, height / 2);
      gl.uniform1i(uniforms.deep, deep ? 1 : 0);
      gl.uniformMatrix3fv(uniforms.turn, false, view.turn ?? STRAIGHT);
      gl.uniform1f(uniforms.perspective, view.perspective);
      gl.uniform1f(uniforms.perSide, view.scale / Math.max(width, height));
      gl.uniform1f(uniforms.t, view.t);
      gl.uniform1f(uniforms.shown, view.t >= 1 ? n : view.t * n);
      gl.uniform1f(uniforms.size, view.radius);
      gl.uniform1f(uniforms.largest, view.largest);
      gl.uniform1f(uniforms.grown, view.rim > 0 && !adding ? view.rimWidth : 0);
      gl.uniform1f(uniforms.core, adding ? 0 : view.core);
      gl.vertexAttribI4ui(ATTRIBUTES.tagged, 0, 0, 0, 0); // of all, where there are no flags
      gl.uniform1f(uniforms.opacity, adding ? 1 : view.opacity);
      gl.uniform1f(uniforms.rim, adding ? 0 : view.rim);
      gl.uniform1i(uniforms.adding, adding ? 1 : 0);
      gl.uniform1f(uniforms.side, square?.side ?? 0);
      gl.uniform1f(uniforms.weight, square?.weight ?? 0);
      gl.uniform1f(uniforms.thin, deep && !adding ? THIN : 0);
      gl.uniform3f(uniforms.background, view.background[0] / 255, view.background[1] / 255, view.background[2] / 255);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, adding ? gl.ONE : gl.ONE_MINUS_SRC_ALPHA);
      if (deep && !adding) gl.enable(gl.DEPTH_TEST);
      gl.depthFunc(gl.LEQUAL);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, list);
      if (list === null) gl.drawArrays(gl.POINTS, first, last - first);
      else gl.drawElements(gl.POINTS, last - first, gl.UNSIGNED_INT, 4 * first);
      gl.disable(gl.DEPTH_TEST);
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
