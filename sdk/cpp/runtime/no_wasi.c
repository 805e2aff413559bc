/* libc++ and wasi-libc reach for three WASI functions on paths that a guest never takes (flushing
 * and closing standard streams at an abort). A component may import nothing but the platform's
 * contract, so these are traps: taking such a path ends the call instead of needing an import. */

#define TRAP(name, ...)                                                                \
  __attribute__((visibility("default"))) int __imported_wasi_snapshot_preview1_##name( \
      __VA_ARGS__) {                                                                   \
    __builtin_trap();                                                                  \
  }

TRAP(fd_close, int fd)
TRAP(fd_seek, int fd, long long offset, int whence, int result)
TRAP(fd_write, int fd, int vectors, int count, int result)
