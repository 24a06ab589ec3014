/* Preloaded into a gateway: while a file says so, what it writes and syncs below a directory fails as on a bad disk.
   BAD_DISK_BELOW names the directory, BAD_DISK_HOW the file: `sync`, `write`, or anything else for a disk that works. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

static int is_bad(const char *what) {
  const char *path = getenv("BAD_DISK_HOW");
  if (path == NULL) return 0;
  char how[16] = "";
  int file = REAL(int, open, const char *, int)(path, O_RDONLY);
  if (file < 0) return 0;
  ssize_t got = read(file, how, sizeof how - 1);
  close(file);
  return got > 0 && strncmp(how, what, strlen(what)) == 0;
}

static int is_below(const char *path) {
  const char *below = getenv("BAD_DISK_BELOW");
  return below != NULL && path != NULL && strncmp(path, below, strlen(below)) == 0;
}

static int is_file_below(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_below(path);
}

static int fails(int file, const char *what, int code) {
  if (!is_file_below(file) || !is_bad(what)) return 0;
  errno = code;
  return 1;
}

int fsync(int file) { return fails(file, "sync", EIO) ? -1 : REAL(int, fsync, int)(file); }
int fdatasync(int file) { return fails(file, "sync", EIO) ? -1 : REAL(int, fdatasync, int)(file); }

ssize_t write(int file, const void *bytes, size_t count) {
  return fails(file, "write", EROFS) ? -1 : REAL(ssize_t, write, int, const void *, size_t)(file, bytes, count);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off_t at) {
  return fails(file, "write", EROFS) ? -1 : REAL(ssize_t, pwrite64, int, const void *, size_t, off_t)(file, bytes, count, at);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
  return fails(file, "write", EROFS) ? -1 : REAL(ssize_t, pwrite, int, const void *, size_t, off_t)(file, bytes, count, at);
}
ssize_t writev(int file, const struct iovec *pieces, int count) {
  return fails(file, "write", EROFS) ? -1 : REAL(ssize_t, writev, int, const struct iovec *, int)(file, pieces, count);
}

static int may_open(const char *path, int flags) {
  if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) == 0 || !is_below(path) || !is_bad("write")) return 1;
  errno = EROFS;
  return 0;
}
int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return may_open(path, flags) ? REAL(int, open64, const char *, int, mode_t)(path, flags, mode) : -1;
}
int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return may_open(path, flags) ? REAL(int, open, const char *, int, mode_t)(path, flags, mode) : -1;
}
int unlink(const char *path) {
  if (is_below(path) && is_bad("write")) return errno = EROFS, -1;
  return REAL(int, unlink, const char *)(path);
}
int rename(const char *from, const char *to) {
  if (is_below(from) && is_bad("write")) return errno = EROFS, -1;
  return REAL(int, rename, const char *, const char *)(from, to);
}
