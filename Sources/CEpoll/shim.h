#pragma once
/* Swift's Glibc module shows neither epoll nor eventfd, and hides accept4 behind _GNU_SOURCE. */
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* Declared, not included: <sys/socket.h> belongs to the Glibc module. */
struct sockaddr;
extern int accept4(int, struct sockaddr *, unsigned int *, int);
extern int socket(int, int, int);

/* 04000 is SOCK_NONBLOCK, 02000000 SOCK_CLOEXEC: enum constants that Swift does not import as integers. */
static inline int shim_accept(int fd, struct sockaddr *address, unsigned int *length) {
    return accept4(fd, address, length, 04000 | 02000000);
}

static inline int shim_socket(int family) { return socket(family, 1 | 04000 | 02000000, 0); }

static inline int shim_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int shim_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int shim_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event;
    event.events = events;
    event.data.u64 = data;
    return epoll_ctl(epoll, operation, fd, &event);
}

/* epoll_event is packed: C knows its stride. */
static inline uint32_t shim_events_at(const struct epoll_event *events, int index) { return events[index].events; }
static inline uint64_t shim_data_at(const struct epoll_event *events, int index) { return events[index].data.u64; }

static const uint32_t shim_epollin = 0x1;
static const uint32_t shim_epollout = 0x4;
static const uint32_t shim_epollerr = 0x8;
static const uint32_t shim_epollhup = 0x10;
static const uint32_t shim_epollrdhup = 0x2000;
static const uint32_t shim_epollexclusive = 1u << 28;
static const uint32_t shim_epollet = 1u << 31;

extern int pthread_setname_np(unsigned long thread, const char *name);
