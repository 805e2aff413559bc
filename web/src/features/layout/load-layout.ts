const signedInKey = 'tenon.signed-in';

export const loadLayout = () => import('./MainLayout.tsx');

// Whoever was signed in the last time most likely still is: the layout then loads while the server
// is asked, not after. On the login page nothing is loaded ahead.
export function loadLayoutEarly(): void {
  if (localStorage.getItem(signedInKey) !== null) void loadLayout();
}

export function rememberSignedIn(signedIn: boolean): void {
  if (signedIn) localStorage.setItem(signedInKey, '1');
  else localStorage.removeItem(signedInKey);
}
