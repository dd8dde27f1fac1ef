/** Icons of the bundle and the buttons made of them. */

import type { JSX } from "preact";

/** @param svg the text of a lucide icon */
export function Icon({ svg }: { svg: string }) {
  return <span class="pt-icon" aria-hidden="true" dangerouslySetInnerHTML={{ __html: svg }} />;
}

interface IconButtonProps {
  svg: string;
  /** Its name for screen readers, and the tooltip unless `hint` says more. */
  name: string;
  hint?: string | undefined;
  disabled?: boolean;
  pressed?: boolean;
  class?: string;
  onClick: () => void;
}

export function IconButton({
  svg,
  name,
  hint,
  disabled,
  pressed,
  onClick,
  class: extra,
}: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class={`pt-icon-button ${extra ?? ""}`}
      title={hint ?? name}
      aria-label={name}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon svg={svg} />
    </button>
  );
}
