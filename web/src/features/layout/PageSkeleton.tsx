export function PageSkeleton() {
  return (
    <div className="skeleton-page" aria-busy="true">
      {Array.from({ length: 8 }, (_, i) => (
        <div key={i} className="bone" />
      ))}
    </div>
  );
}
