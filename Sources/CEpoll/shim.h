#pragma once
#include <stdint.h>
#include <sys/epoll.h>
