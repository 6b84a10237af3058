// plug NUMBER NODE COUNT: plugs in /dev/vcsNUMBER, by opening its terminal, and prints the nanoseconds until NODE, inside a container, can be opened;
// then takes it out, by giving the terminal up, and waits until NODE is gone. COUNT times.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void give_up(const char *what) { perror(what); exit(1); }

// Returns when it opens, or, for 0, when it does not any more. Looks 20,000 times a second, so as not to be in the way.
static void until(const char *node, int opens) {
    int64_t start = now();
    for (;;) {
        int fd = open(node, O_RDWR | O_NOCTTY | O_NONBLOCK);
        if (fd >= 0) close(fd);
        if ((fd >= 0) == opens) return;
        if (now() - start > 20000000000LL) give_up(node);
        usleep(50);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) give_up("usage: plug NUMBER NODE COUNT");
    char terminal[32];
    snprintf(terminal, sizeof terminal, "/dev/tty%s", argv[1]);
    int control = open("/dev/tty0", O_RDWR | O_NOCTTY);
    for (int i = 0; i < atoi(argv[3]); i++) {
        int64_t start = now();
        int fd = open(terminal, O_RDWR | O_NOCTTY);
        if (fd < 0) give_up(terminal);
        close(fd);
        until(argv[2], 1);
        printf("%lld\n", (long long)(now() - start));
        // VT_DISALLOCATE; busy while udevd looks at the terminal.
        while (ioctl(control, 0x5608, atoi(argv[1])))
            if (errno != EBUSY || usleep(100)) give_up("VT_DISALLOCATE");
        until(argv[2], 0);
        // Whoever follows udev is done by then, too.
        usleep(100000);
    }
    return 0;
}
