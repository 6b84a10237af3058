// relay PID COUNT: how long a udev event of the host takes into a network namespace. In turns: through the server, into that of process PID; and
// through one bare thread that receives here and sends there, into a namespace of our own. Prints "server NS" and "bare NS" for each.
// Who sends goes on working, as udevd does; who receives is a thread that sleeps until then, as a program that listens.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) { perror(what); exit(1); }

static int listener(void) {
    int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 2};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) || bind(fd, (void *)&address, sizeof address)) die("listener");
    return fd;
}

static void enter(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET)) die(path);
    close(fd);
}

static void send_to_group(int fd, const void *bytes, size_t length) {
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 2};
    if (sendto(fd, bytes, length, 0, (void *)&address, sizeof address) < 0) die("sendto");
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int bare_in, bare_out;

static void *relay(void *unused) {
    char buffer[8192];
    for (;;) {
        ssize_t length = recv(bare_in, buffer, sizeof buffer, 0);
        // Only what is meant for it: the header says which subsystem.
        if (length > 40 && memcmp(buffer + 24, "\xf0\x03\x1d\xb7", 4) == 0) send_to_group(bare_out, buffer, length);
    }
    return unused;
}

// Receives until there is the message with this number, and notes when.
struct receiver { int fd; atomic_int wanted; _Atomic int64_t received; };

static void *receive(void *argument) {
    struct receiver *self = argument;
    char buffer[8192], number[32];
    for (;;) {
        ssize_t length = recv(self->fd, buffer, sizeof buffer, 0);
        int64_t moment = now();
        if (length < 0) die("recv");
        int number_length = 1 + snprintf(number, sizeof number, "SEQNUM=%d", atomic_load(&self->wanted));
        if (memmem(buffer, length, number, number_length)) atomic_store(&self->received, moment);
    }
    return argument;
}

static size_t message(char *into, uint32_t hash, const char *path, const char *subsystem, int sequence, const char *more) {
    char text[1024];
    int length = snprintf(text, sizeof text, "ACTION=change%cDEVPATH=%s%cSUBSYSTEM=%s%cSEQNUM=%d%c%s", 0, path, 0, subsystem, 0, sequence, 0, more);
    for (char *c = text; c < text + length; c++) if (*c == '\n') *c = 0;
    uint32_t words[8] = {htonl(0xfeedcafe), 40, 40, length, htonl(hash), 0, 0, 0};
    memcpy(into, "libudev", 8);
    memcpy(into + 8, words, sizeof words);
    memcpy(into + 40, text, length);
    return 40 + length;
}

static void one(const char *name, int sender, struct receiver *receiver, const char *bytes, size_t length, int sequence, int print) {
    struct timespec pause = {.tv_nsec = 1000000};
    atomic_store(&receiver->received, 0);
    atomic_store(&receiver->wanted, sequence);
    nanosleep(&pause, 0);
    int64_t start = now(), end;
    send_to_group(sender, bytes, length);
    while (!(end = atomic_load(&receiver->received)))
        if (now() - start > 20000000000LL) die(name);
    if (print) printf("%s %lld\n", name, (long long)(end - start));
}

int main(int argc, char **argv) {
    char path[64], bytes[2048];
    if (argc != 3) die("usage: relay PID COUNT");
    snprintf(path, sizeof path, "/proc/%s/ns/net", argv[1]);
    int sender = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    static struct receiver in_container, in_own;
    bare_in = listener();
    enter(path);
    in_container.fd = listener();
    if (unshare(CLONE_NEWNET)) die("unshare");
    in_own.fd = listener();
    bare_out = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
    if (setns(home, CLONE_NEWNET)) die("setns");
    pthread_t threads[3];
    pthread_create(&threads[0], 0, relay, 0);
    pthread_create(&threads[1], 0, receive, &in_container);
    pthread_create(&threads[2], 0, receive, &in_own);
    int count = atoi(argv[2]), warm = count / 4;
    for (int i = 1; i <= count + warm; i++) {
        size_t length = message(bytes, 0x4b1a4e75, "/devices/virtual/misc/fuse", "misc", i, "MAJOR=10\nMINOR=229\nDEVNAME=/dev/fuse\nUSEC_INITIALIZED=1\n");
        one("server", sender, &in_container, bytes, length, i, i > warm);
        length = message(bytes, 0xf0031db7, "/devices/virtual/block/none", "block", i, "DEVTYPE=disk\n");
        one("bare", sender, &in_own, bytes, length, i, i > warm);
    }
    return 0;
}
