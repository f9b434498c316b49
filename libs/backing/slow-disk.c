/* Preloaded: before each fsync and fdatasync sleeps as many ms as the file named by SLOW_DISK_FILE says. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_for_the_disk(void) {
  const char *name = getenv("SLOW_DISK_FILE");
  int file = name ? open(name, O_RDONLY) : -1;
  if (file < 0) return;
  char text[12] = {0};
  long ms = read(file, text, sizeof text - 1) > 0 ? atol(text) : 0;
  close(file);
  struct timespec left = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&left, &left)) continue;
}

int fsync(int file) {
  wait_for_the_disk();
  return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
  wait_for_the_disk();
  return (int)syscall(SYS_fdatasync, file);
}
