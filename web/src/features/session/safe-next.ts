// The address to return to after login comes from the URL, so anyone can write it. Only a path of
// this site is followed; `//host` and `/\host` would leave it.
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/';
}
