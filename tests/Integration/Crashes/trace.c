/*
 * trace PID [before|after CALL N]: follows all threads of a process, tells of each system call by which it acts on the system, and kills the
 * process (SIGKILL) when it enters the N-th CALL, before that is done, or right after it was. It lets go of the process when it is killed itself.
 *
 * A program of its own, and not a thread of the test: .NET reaps the children of its process, and would take each stop for an end.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_THREADS 4096

static struct { uint64_t number; const char *name; long count; } acting[] = {
#define CALL(name) { SYS_##name, #name, 0 }
    CALL(open_tree), CALL(move_mount), CALL(mount_setattr), CALL(mount), CALL(umount2), CALL(fsopen), CALL(fsconfig), CALL(fsmount),
    CALL(pwrite64), CALL(pwritev), CALL(ftruncate), CALL(mkdirat), CALL(mknodat), CALL(unlinkat), CALL(renameat), CALL(renameat2), CALL(symlinkat),
    CALL(linkat), CALL(fchownat), CALL(fchmodat), CALL(openat2), CALL(setns), CALL(unshare), CALL(bpf), CALL(sendmsg),
#ifdef SYS_mkdir
    CALL(mkdir), CALL(mknod), CALL(unlink), CALL(rmdir), CALL(rename), CALL(symlink), CALL(link),
#endif
};

static int seen[MAX_THREADS], threads;
static pid_t process, armed;
static const char *wanted = "";
static long wanted_count;

static void die(const char *what) { perror(what); exit(1); }

static int is_known(pid_t thread) {
    for (int i = 0; i < threads; i++)
        if (seen[i] == thread) return 1;
    return 0;
}

/* Threads that come meanwhile belong to one that is followed already, or are found by another look. */
static void seize_all(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", process);
    for (int found = 1; found;) {
        found = 0;
        DIR *directory = opendir(path);
        if (!directory) die(path);
        for (struct dirent *entry; (entry = readdir(directory));) {
            pid_t thread = atoi(entry->d_name);
            if (thread <= 0 || is_known(thread) || threads == MAX_THREADS) continue;
            seen[threads++] = thread;
            /* EPERM: followed already, since the thread that made it was. */
            if (ptrace(PTRACE_SEIZE, thread, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE)) continue;
            found = 1;
            ptrace(PTRACE_INTERRUPT, thread, 0, 0);
        }
        closedir(directory);
    }
}

static void kill_it(void) {
    puts("killed");
    kill(process, SIGKILL);
    exit(0);
}

static void at_system_call(pid_t thread, int kill_before) {
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && thread == armed) kill_it();
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    for (size_t i = 0; i < sizeof acting / sizeof *acting; i++) {
        if (acting[i].number != info.entry.nr) continue;
        printf("%s %ld\n", acting[i].name, ++acting[i].count);
        if (strcmp(acting[i].name, wanted) || acting[i].count != wanted_count) return;
        if (kill_before) kill_it();
        armed = thread;
    }
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    process = atoi(argv[1]);
    int kill_before = argc > 4 && !strcmp(argv[2], "before");
    if (argc > 4) wanted = argv[3], wanted_count = atol(argv[4]);
    seize_all();
    int starting = threads;
    for (int status;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR) continue;
        if (thread < 0) return errno == ECHILD ? 0 : 1;
        if (!WIFSTOPPED(status)) {
            if (thread == process) return 0;
            if (starting && is_known(thread) && !--starting) puts("following");
            continue;
        }
        int stop = WSTOPSIG(status), event = status >> 16, pass = 0;
        if (stop == (SIGTRAP | 0x80)) at_system_call(thread, kill_before);
        else if (event == PTRACE_EVENT_STOP && stop != SIGTRAP) { ptrace(PTRACE_LISTEN, thread, 0, 0); continue; }
        else if (!event) pass = stop;
        ptrace(PTRACE_SYSCALL, thread, 0, pass);
        if (event == PTRACE_EVENT_STOP && starting && is_known(thread) && !--starting) puts("following");
    }
}
