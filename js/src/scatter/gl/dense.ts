/** Density on the GPU: points added up in a picture of floats, and the pass that tones it. */

import type { Tone } from "../crowd";
import type { Rgb } from "../raster";
import { program } from "./program";

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform highp sampler2D sums;
uniform vec3 background;
uniform vec3 tone;
uniform float veil;
out vec4 pixel;
void main() {
  vec4 sum = texelFetch(sums, ivec2(gl_FragCoord.xy), 0);
  float w = sum.a * tone.x;
  float opacity = min(1.0, tone.y * (w < 1.0 ? w : pow(w, tone.z)));
  vec3 mean = sum.rgb / max(sum.a, 1e-6);
  pixel = vec4(mix(mix(background, mean, opacity), background, veil), 1.0);
}`;

export interface Dense {
  resize(width: number, height: number): void;
  /** Add into the sums from here on; `afresh` empties them. */
  bind(afresh: boolean): void;
  /** Fill the bound framebuffer with the toned sums, mixed towards `background` by `veil`. */
  show(background: Rgb, tone: Tone, veil: number): void;
  dispose(): void;
}

/** Null where this GPU cannot add floats up. */
export function dense(gl: WebGL2RenderingContext): Dense | null {
  if (gl.getExtension("EXT_color_buffer_float") === null && gl.getExtension("EXT_color_buffer_half_float") === null) {
    return null;
  }
  // Half floats stop adding single points at 2048 of them; that far up the tone is all but opaque.
  const format = gl.getExtension("EXT_float_blend") === null ? gl.RGBA16F : gl.RGBA32F;
  const made = program(gl, VERTEX, FRAGMENT);
  const at = (name: string) => gl.getUniformLocation(made, name);
  const places = { background: at("background"), tone: at("tone"), veil: at("veil") };
  const framebuffer = gl.createFramebuffer();
  const nothing = gl.createVertexArray();
  let texture: WebGLTexture | null = null;
  let size: readonly [number, number] = [0, 0];

  function drop(): void {
    gl.deleteTexture(texture);
    texture = null;
  }

  return {
    resize(width, height) {
      size = [width, height];
      drop();
    },
    bind(afresh) {
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
      if (texture === null) {
        texture = gl.createTexture();
        gl.bindTexture(gl.TEXTURE_2D, texture);
        gl.texStorage2D(gl.TEXTURE_2D, 1, format, ...size);
        gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
        gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
        gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
      }
      if (afresh) gl.clearBufferfv(gl.COLOR, 0, [0, 0, 0, 0]);
    },
    show(background, tone, veil) {
      gl.useProgram(made);
      gl.bindVertexArray(nothing);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform3f(places.background, background[0] / 255, background[1] / 255, background[2] / 255);
      gl.uniform3f(places.tone, tone.gain, tone.level, tone.power);
      gl.uniform1f(places.veil, veil);
      gl.disable(gl.BLEND);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      gl.bindVertexArray(null);
    },
    dispose() {
      drop();
      gl.deleteFramebuffer(framebuffer);
      gl.deleteVertexArray(nothing);
      gl.deleteProgram(made);
    },
  };
}
