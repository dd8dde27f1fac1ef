/** The worker's code as text, which the bundler puts here (js/worker_text.mjs); null in a bundle made without. */
export const workerText: string | null = null;
