/** The pass that draws pictures as instanced quads: frame, ring and veil in one fragment, in the order given. */

import { aroundOf, type Quad, type Quads } from "../pictures";
import { AT_THE_EYE } from "../raster";
import { album } from "./album";
import { program } from "./program";

const VERTEX = `#version 300 es
precision highp float;
layout(location = 0) in vec4 box;     // left, top, width, height in device pixels
layout(location = 1) in vec3 part;    // texels across and along in the cell, and its layer
layout(location = 2) in vec4 frame;   // colour, and width
layout(location = 3) in vec4 ring;    // colour, and 1 where there is one
layout(location = 4) in vec2 mix_;    // share and veil
layout(location = 5) in vec2 place;   // how far frame and ring reach, and the depth
uniform vec2 canvas_px;
out vec2 at;                          // device pixels from the box's left upper corner
flat out vec2 size;
flat out vec3 inCell;
flat out vec4 framed;
flat out vec4 ringed;
flat out vec2 there;
void main() {
  float out_px = place.x;
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  at = corner * (box.zw + 2.0 * out_px) - out_px;
  vec2 pixel = box.xy + at;
  gl_Position = vec4(2.0 * pixel.x / canvas_px.x - 1.0, 1.0 - 2.0 * pixel.y / canvas_px.y, place.y, 1.0);
  size = box.zw;
  inCell = part;
  framed = frame;
  ringed = ring;
  there = mix_;
}`;

/** The layers of one picture over each other, as a canvas paints them one after the other. */
const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler2DArray;
uniform sampler2DArray album;
uniform float side;                   // texels along a cell
uniform float line;
uniform vec3 background;
in vec2 at;
flat in vec2 size;
flat in vec3 inCell;
flat in vec4 framed;
flat in vec4 ringed;
flat in vec2 there;
out vec4 pixel;

/** Over what is there: a box that reaches out_px beyond the picture. */
void put(vec2 outside, float out_px, vec3 color, float alpha) {
  if (max(outside.x, outside.y) >= out_px) return;
  pixel = vec4(color * alpha, alpha) + pixel * (1.0 - alpha);
}

/** The mean of what the pixel covers, in steps of a texel; between texels where the picture is drawn larger than it is. */
vec3 seen() {
  vec2 perPixel = inCell.xy / size;
  vec2 steps = clamp(ceil(perPixel - 0.01), 1.0, 8.0);
  vec2 first = (floor(at) + 0.5 / steps) * perPixel;
  vec3 sum = vec3(0.0);
  for (float y = 0.0; y < steps.y; y++) {
    for (float x = 0.0; x < steps.x; x++) {
      vec2 texel = clamp(first + vec2(x, y) / steps * perPixel, vec2(0.5), inCell.xy - 0.5);
      sum += textureLod(album, vec3(texel / side, inCell.z), 0.0).rgb;
    }
  }
  return sum / (steps.x * steps.y);
}

void main() {
  pixel = vec4(0.0);
  vec2 outside = max(-at, at - size);
  float share = there.x;
  float kept = share * (1.0 - there.y);
  if (ringed.w > 0.0) {
    put(outside, framed.w + 4.0 * line, background, share);
    put(outside, framed.w + 3.0 * line, ringed.rgb, share);
  }
  put(outside, framed.w + line, background, share);
  put(outside, framed.w, framed.rgb, kept);
  if (max(outside.x, outside.y) >= 0.0) return;
  if (there.y > 0.0) put(outside, 0.5, background, share);
  put(outside, 0.5, seen(), kept);
}`;

/** Floats per picture. */
const FLOATS = 19;
/** Of each attribute, in order. */
const WIDTHS = [4, 3, 4, 4, 2, 2] as const;

export interface QuadsPass {
  /** Draw over the bound framebuffer, and fill its depth buffer: no point is nearer than what is no picture. True when all pictures were there, false while some are still to be brought. */
  draw(quads: Quads, width: number, height: number, budget_ms: number): boolean;
  /** Give the pictures' memory back. */
  clear(): void;
  dispose(): void;
}

export function quadsPass(gl: WebGL2RenderingContext): QuadsPass {
  const made = program(gl, VERTEX, FRAGMENT);
  const where = (name: string) => gl.getUniformLocation(made, name);
  const uniforms = {
    canvas: where("canvas_px"),
    line: where("line"),
    side: where("side"),
    background: where("background"),
  };
  const pictures = album(gl);
  const buffer = gl.createBuffer();
  const layout = gl.createVertexArray();
  gl.bindVertexArray(layout);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  let begin = 0;
  WIDTHS.forEach((width, slot) => {
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, width, gl.FLOAT, false, 4 * FLOATS, 4 * begin);
    gl.vertexAttribDivisor(slot, 1);
    begin += width;
  });
  gl.bindVertexArray(null);

  /** The numbers of the pictures that are there. */
  function listed(shown: readonly Quad[], line: number): Float32Array {
    const numbers = new Float32Array(FLOATS * shown.length);
    let at = 0;
    for (const { picture, left, top, width, height, depth, color, frame, ring, share, veil } of shown) {
      const cell = pictures.cell(picture);
      if (cell === null) continue;
      const [r, g, b] = ring ?? [0, 0, 0];
      numbers.set([left, top, width, height, cell.width, cell.height, cell.layer], at);
      numbers.set([color[0] / 255, color[1] / 255, color[2] / 255, frame], at + 7);
      numbers.set([r / 255, g / 255, b / 255, ring === null ? 0 : 1, share, veil], at + 11);
      numbers.set([aroundOf({ frame, ring }, line), ring === null ? depth : AT_THE_EYE], at + 17);
      at += FLOATS;
    }
    return numbers.subarray(0, at);
  }

  return {
    draw({ shown, background, line }, width, height, budget_ms) {
      if (shown.length === 0) return true;
      const isWhole = pictures.bring(shown, budget_ms);
      const numbers = listed(shown, line);
      if (numbers.length === 0) return isWhole;
      gl.useProgram(made);
      gl.bindVertexArray(layout);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.STREAM_DRAW);
      pictures.bind();
      gl.uniform2f(uniforms.canvas, width, height);
      gl.uniform1f(uniforms.line, line);
      gl.uniform1f(uniforms.side, pictures.side);
      gl.uniform3f(uniforms.background, background[0] / 255, background[1] / 255, background[2] / 255);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      gl.clearDepth(0);
      gl.clear(gl.DEPTH_BUFFER_BIT);
      gl.clearDepth(1);
      gl.enable(gl.DEPTH_TEST);
      gl.depthFunc(gl.ALWAYS);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, numbers.length / FLOATS);
      gl.disable(gl.DEPTH_TEST);
      gl.disable(gl.BLEND);
      gl.bindVertexArray(null);
      return isWhole;
    },
    clear: pictures.clear,
    dispose() {
      pictures.clear();
      gl.deleteBuffer(buffer);
      gl.deleteVertexArray(layout);
      gl.deleteProgram(made);
    },
  };
}
