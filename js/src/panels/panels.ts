/** The side panels there are, in the order of the rail: one line each. */

import encoders from "lucide-static/icons/scan-eye.svg";
import clusters from "lucide-static/icons/shapes.svg";
import type { ComponentType } from "preact";
import type { Store } from "../store";
import type { View } from "../ui/view";
import { ClustersPanel } from "./clusters/panel";
import { EncodersPanel } from "./encoders/panel";

export interface PanelProps {
  store: Store;
  view: View;
}

export interface PanelInfo {
  /** What `view.panel` holds while it is open. */
  readonly id: string;
  readonly name: string;
  readonly icon: string;
  readonly Body: ComponentType<PanelProps>;
}

export const PANELS: readonly PanelInfo[] = [
  { id: "clusters", name: "Clusters", icon: clusters, Body: ClustersPanel },
  { id: "encoders", name: "Encoders", icon: encoders, Body: EncodersPanel },
];
