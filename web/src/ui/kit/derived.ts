import { computed } from "@preact/signals";
import { type Inputs, useMemo } from "preact/hooks";

/**
 * What `derive` makes of signals; the component is drawn again only when that has become another
 * (by `===`), not with every change of them. `inputs`: whatever else it is made of.
 */
export function useDerived<T>(derive: () => T, inputs: Inputs): T {
  return useMemo(() => computed(derive), inputs).value;
}
