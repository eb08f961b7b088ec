// The parts of `host:port` (IPv6 in brackets) as an administrator wants to read them.

const split = (address: string) => {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: address.slice(colon + 1) };
};

export function portsOf(media: readonly string[]): string[] {
  return [...new Set(media.map((address) => split(address).port))];
}

export function hostsOf(media: readonly string[]): string[] {
  return [...new Set(media.map((address) => split(address).host.replace(/^\[|\]$/g, "")))];
}
