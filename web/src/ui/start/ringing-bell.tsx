/** The bell of the name, ringing; decoration only. */
export function RingingBell() {
  return (
    <svg class="ringing-bell" viewBox="0 0 200 200" aria-hidden="true">
      <g class="ringing-bell-body">
        <path d="M100 38c-31 0-50 23-50 53 0 27-8 40-17 51h134c-9-11-17-24-17-51 0-30-19-53-50-53z" />
        <circle cx="100" cy="30" r="9" />
      </g>
      <path class="ringing-bell-clapper" d="M80 152c3 11 11 18 20 18s17-7 20-18" />
      <g class="ringing-bell-sound">
        <path d="M28 56c-9 12-14 26-14 42" />
        <path d="M46 38c4-4 8-8 13-11" />
        <path d="M172 56c9 12 14 26 14 42" />
        <path d="M154 38c-4-4-8-8-13-11" />
      </g>
    </svg>
  );
}
