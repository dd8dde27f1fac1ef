/** What the views ask about encoders: which could be added, to add one, to compare two, how a training goes. */

import { take } from "../bytes";
import { type Link, Refused } from "../link";
import type { AddEncoderParams, EncoderChoicesAnswer } from "../protocol.gen";

export interface EncoderActions {
  encoderChoices(): Promise<EncoderChoicesAnswer>;
  /** Embed with an encoder and show it; the sentence why not, or null. What does not concern its kind may be left out. */
  addEncoder(asked: Pick<AddEncoderParams, "kind"> & Partial<AddEncoderParams>): Promise<string | null>;
  /** Make the column of how much the neighbours differ, and colour by it; the sentence why not, or null. */
  compareEncoders(a: string, b: string): Promise<string | null>;
  /** Some images, and after them what the autoencoder in training makes of them; null before its first epoch ended. */
  reconstructions(most: number): Promise<Blob[] | null>;
}

const NOTHING = { model: null, checkpoint: null, size: null, dims: null, net: null, epochs: null, column: null };

export function encoderActions(link: Link): EncoderActions {
  const why = (error: unknown) => (error instanceof Refused ? error.message : String(error));
  return {
    async encoderChoices() {
      return (await link.ask("encoder_choices", {})).answer;
    },
    async addEncoder(asked) {
      try {
        await link.ask("add_encoder", { ...NOTHING, ...asked });
        return null;
      } catch (error) {
        return why(error);
      }
    },
    async compareEncoders(a, b) {
      try {
        const { answer } = await link.ask("compare_encoders", { a, b });
        link.set("color_by", answer.column);
        return null;
      } catch (error) {
        return why(error);
      }
    },
    async reconstructions(most) {
      try {
        const { answer, arrays } = await link.ask("reconstructions", { most });
        const bytes = take(arrays, "pictures", "u8");
        let at = 0;
        return answer.lengths.map((length) => {
          at += length;
          return new Blob([bytes.slice(at - length, at)], { type: "image/png" });
        });
      } catch {
        return null;
      }
    },
  };
}
