/** How long a test waits for what must come, ms. It measures nothing: a busy machine takes its time. */
export const PATIENCE = 30_000;
