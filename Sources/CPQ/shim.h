#pragma once
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

extern int syncfs(int fd);

/* The field codes are character macros, which Swift does not import. */
static inline const char *purser_error_field(const PGresult *result, char code) {
    return PQresultErrorField(result, code);
}

/* Server notices go to `receive` with the message alone. */
typedef void (*purser_notice)(void *context, const char *message);
static inline void purser_set_notices(PGconn *connection, purser_notice receive, void *context) {
    PQsetNoticeProcessor(connection, (PQnoticeProcessor)receive, context);
}

static inline int purser_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/*
 * Starts a program in /, as `uid`/`gid` when these are not -1, with standard output and error on `output` and with
 * the descriptor `directory` kept open under its number.
 * Done here because between fork and exec only async-signal-safe calls are allowed, which Swift cannot promise.
 *
 * The child dies with the THREAD that called this (SIGINT, a fast shutdown for PostgreSQL). The signal is set after
 * the change of user, which would clear it. Returns the pid, or -1 with errno.
 */
static inline pid_t purser_spawn(const char *path, char *const argv[], char *const envp[], int directory, long uid,
                                 long gid, int output) {
    int report[2];
    if (syscall(SYS_pipe2, report, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        int failure = errno;
        close(report[0]);
        close(report[1]);
        errno = failure;
        return -1;
    }
    if (child == 0) {
        /* Swift's threads and the server block and ignore signals; an exec would inherit that. */
        struct sigaction standard;
        for (unsigned i = 0; i < sizeof standard; i++) ((char *)&standard)[i] = 0;
        standard.sa_handler = SIG_DFL;
        for (int number = 1; number < 65; number++) sigaction(number, &standard, 0);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, 0);
        setsid();
        int input = open("/dev/null", O_RDONLY);
        int ok = input >= 0 && dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(output, 2) >= 0;
        ok = ok && chdir("/") == 0;
        if (ok && uid >= 0) {
            gid_t group = (gid_t)gid;
            ok = syscall(SYS_setgroups, 1, &group) == 0 && syscall(SYS_setresgid, gid, gid, gid) == 0 &&
                 syscall(SYS_setresuid, uid, uid, uid) == 0;
        }
        ok = ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGINT, 0, 0, 0) == 0;
        if (ok && getppid() != parent) _exit(125); /* the parent died before the signal was set */
        /* Everything but the three standard descriptors and the report closes at exec (CLOSE_RANGE_CLOEXEC). */
        syscall(SYS_close_range, 3, ~0U, 4);
        ok = ok && fcntl(directory, F_SETFD, 0) == 0;
        if (ok) execve(path, argv, envp);
        int failure = errno;
        if (write(report[1], &failure, sizeof failure) < 0) _exit(126);
        _exit(127);
    }
    close(report[1]);
    int failure = 0;
    ssize_t count;
    do { count = read(report[0], &failure, sizeof failure); } while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == (ssize_t)sizeof failure) {
        int status;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        errno = failure;
        return -1;
    }
    return child;
}
