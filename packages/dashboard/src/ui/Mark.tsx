/** The product's mark: a causeway on two arches. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M1.5 7.5h21M3.5 17.5v-2a3.6 3.6 0 0 1 7.2 0v2M13.3 17.5v-2a3.6 3.6 0 0 1 7.2 0v2" />
    </svg>
  );
}
