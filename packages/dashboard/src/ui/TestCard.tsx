/** Line drawing of a test card, for a place where no picture is. */
export function TestCard() {
  return (
    <svg className="test-card" viewBox="0 0 320 180" aria-hidden="true">
      <path d="M.5.5h319v179H.5zM160 .5v179M.5 90h319" />
      <path d="M40 .5v179M80 .5v179M120 .5v179M200 .5v179M240 .5v179M280 .5v179M.5 50h319M.5 130h319" className="faint" />
      <circle cx="160" cy="90" r="74" />
      <circle cx="160" cy="90" r="3" />
      <path d="M.5 20V.5H20M300 .5h19.5V20M319.5 160v19.5H300M20 179.5H.5V160" className="strong" />
    </svg>
  );
}
