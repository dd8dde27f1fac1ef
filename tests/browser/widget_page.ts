/** The whole widget on a model without a kernel. Bundled by test_vscode.py. */

import widget from "../../js/src/widget";
import { fakeModel } from "../../js/test/fakeModel";

Object.assign(window, {
  showWidget(el: HTMLElement, n: number) {
    const model = fakeModel({ n, picture: () => null });
    const made = widget();
    made.initialize({ model });
    made.render({ model, el });
  },
});
