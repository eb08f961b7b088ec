// Which browser's permission dialog to describe.
export type BrowserFamily = "chromium" | "firefox" | "safari";

export function browserFamily(userAgent: string): BrowserFamily {
  if (/Firefox|FxiOS/.test(userAgent)) {
    return "firefox";
  }
  return /Safari/.test(userAgent) && !/Chrom|CriOS|Edg|YaBrowser/.test(userAgent)
    ? "safari"
    : "chromium";
}
