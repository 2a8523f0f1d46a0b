// The error numbers that Linux-named functions return, negated. The values are Linux's, so that
// a host's own <errno.h>, included before or after, says the same.
// Linux: include/uapi/asm-generic/errno-base.h.
#pragma once

#define ENOMEM 12
#define EFAULT 14
#define EBUSY 16
#define EINVAL 22
