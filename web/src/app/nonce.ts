// Browsers hide a nonce attribute from scripts that read attributes; the property stays readable.
export function styleNonce(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');
  const nonce = meta?.nonce ?? '';
  return nonce === '' || nonce.startsWith('__') ? undefined : nonce;
}
