// The page's policy demands Trusted Types, which refuses every plain string given to innerHTML.
// antd's style engine sets the text of <style> elements that way. Text without `<` cannot create
// an element, so that is all this default policy lets through; everything else stays refused.

interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML: (text: string) => string }): unknown;
}

export function textOnly(text: string): string {
  if (text.includes('<')) throw new TypeError('markup as a string is refused');
  return text;
}

export function allowStyleText(): void {
  const factory = (window as Window & { trustedTypes?: PolicyFactory }).trustedTypes;
  factory?.createPolicy('default', { createHTML: textOnly });
}
