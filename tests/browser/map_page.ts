/** The map on a store without a kernel. Bundled by test_map.py. */

import "../../js/src/map/legend.css";
import "../../js/src/map/map.css";
import "../../js/src/map/names/names.css";
import { rowsOf } from "../../js/src/bitmask";
import { mapView } from "../../js/src/map/map";
import { toScreen } from "../../js/src/scatter/camera";
import { fakeStore } from "../../js/test/fakeStore";

Object.assign(window, { fakeStore, mapView, rowsOf, toScreen });
