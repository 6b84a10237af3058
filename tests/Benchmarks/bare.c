// The bare floor: one thread that reads inotify, clones the path, steps into the container, mounts, and steps back. The same system
// calls as the server's, nothing else. Prints for each event the CLOCK_REALTIME nanoseconds at which the mount was in place.
// usage: bare PID WATCHED_DIRECTORY TARGET_DIRECTORY_INSIDE; ends at the end of standard input.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/openat2.h>

static void check(int ok, const char *what) { if (!ok) { perror(what); exit(1); } }

int main(int argc, char **argv) {
    check(argc == 4, "usage: bare PID WATCHED TARGET");
    char path[4096];
    snprintf(path, sizeof path, "/proc/%s/ns/mnt", argv[1]);
    int container = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%s/root", argv[1]);
    int root = open(path, O_PATH | O_CLOEXEC);
    int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), own_root = open("/", O_PATH | O_CLOEXEC);
    int notify = inotify_init1(IN_CLOEXEC);
    check(container >= 0 && root >= 0 && own >= 0 && notify >= 0, "open");
    check(inotify_add_watch(notify, argv[2], IN_CREATE | IN_MOVED_TO) >= 0, "inotify_add_watch");
    puts("ready");
    fflush(stdout);
    struct pollfd wait[2] = {{notify, POLLIN, 0}, {0, POLLIN, 0}};
    char buffer[65536] __attribute__((aligned(8)));
    while (poll(wait, 2, -1) > 0 && !wait[1].revents) {
        ssize_t length = read(notify, buffer, sizeof buffer);
        for (char *at = buffer; at < buffer + length;) {
            struct inotify_event *event = (void *)at;
            at += sizeof *event + event->len;
            struct stat status;
            snprintf(path, sizeof path, "%s/%s", argv[2], event->name);
            check(lstat(path, &status) == 0, path);
            int tree = syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
            check(tree >= 0, "open_tree");
            struct mount_attr attributes = {.propagation = MS_PRIVATE};
            check(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) == 0, "mount_setattr");
            struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_DIRECTORY, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
            int parent = syscall(SYS_openat2, root, argv[3], &how, sizeof how);
            check(parent >= 0, "openat2");
            check(mknodat(parent, event->name, S_IFREG | 0644, 0) == 0, "mknodat");
            int target = openat(parent, event->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
            check(unshare(CLONE_FS) == 0 && setns(container, CLONE_NEWNS) == 0, "setns");
            int moved = syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            check(setns(own, CLONE_NEWNS) == 0 && fchdir(own_root) == 0 && chroot(".") == 0, "setns back");
            check(moved == 0, "move_mount");
            printf("%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
            fflush(stdout);
            close(tree); close(parent); close(target);
        }
    }
    return 0;
}
