/** The base layer: a picture kept between frames, and the pass that shows it under a veil. */

import type { Rgb } from "../raster";
import { program } from "./program";

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D layer;
uniform vec3 background;
uniform float veil;
out vec4 pixel;
void main() {
  vec3 below = texelFetch(layer, ivec2(gl_FragCoord.xy), 0).rgb;
  pixel = vec4(mix(below, background, veil), 1.0);
}`;

export interface Layer {
  resize(width: number, height: number): void;
  /** Draw into the layer from here on; it has a depth buffer while that is asked for. */
  bind(deep: boolean): void;
  /** Fill the bound framebuffer with the layer, mixed towards `background` by `veil`. */
  show(background: Rgb, veil: number): void;
  dispose(): void;
}

export function layer(gl: WebGL2RenderingContext): Layer {
  const made = program(gl, VERTEX, FRAGMENT);
  const backgroundAt = gl.getUniformLocation(made, "background");
  const veilAt = gl.getUniformLocation(made, "veil");
  const texture = gl.createTexture();
  const framebuffer = gl.createFramebuffer();
  let depth: WebGLRenderbuffer | null = null;
  let size: readonly [number, number] = [0, 0];

  function dropDepth(): void {
    gl.deleteRenderbuffer(depth);
    depth = null;
  }

  const nothing = gl.createVertexArray();
  return {
    resize(width, height) {
      dropDepth();
      size = [width, height];
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    },
    bind(deep) {
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
      if (deep === (depth !== null)) return;
      if (deep) {
        depth = gl.createRenderbuffer();
        gl.bindRenderbuffer(gl.RENDERBUFFER, depth);
        gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT24, ...size);
      } else dropDepth();
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, depth);
    },
    show(background, veil) {
      gl.useProgram(made);
      gl.bindVertexArray(nothing);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.uniform3f(backgroundAt, background[0] / 255, background[1] / 255, background[2] / 255);
      gl.uniform1f(veilAt, veil);
      gl.disable(gl.BLEND);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      gl.bindVertexArray(null);
    },
    dispose() {
      dropDepth();
      gl.deleteFramebuffer(framebuffer);
      gl.deleteTexture(texture);
      gl.deleteVertexArray(nothing);
      gl.deleteProgram(made);
    },
  };
}
