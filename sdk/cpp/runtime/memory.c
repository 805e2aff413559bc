/* wasi-libc moves memory in loops that cost about one unit of fuel per byte. The instructions for
 * it cost one, but a call into the engine: short pieces, which most texts are, stay loops. Compiled
 * without link-time optimisation, which would take the loops for what they implement. */

#include <stddef.h>

#define SHORT 32

void* memcpy(void* restrict to, const void* restrict from, size_t size) {
  unsigned char* out = to;
  const unsigned char* in = from;
  if (size > SHORT) return __builtin_memmove(to, from, size);
  for (size_t i = 0; i < size; ++i) out[i] = in[i];
  return to;
}

void* memmove(void* to, const void* from, size_t size) { return __builtin_memmove(to, from, size); }

void* memset(void* to, int value, size_t size) {
  unsigned char* out = to;
  if (size > SHORT) return __builtin_memset(to, value, size);
  for (size_t i = 0; i < size; ++i) out[i] = (unsigned char)value;
  return to;
}
