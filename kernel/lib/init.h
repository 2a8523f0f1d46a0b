// Where boot-time code and data go, so that it can be found (and later given back).
//
// Linux: include/linux/init.h. On the host the sections mean nothing and are left out.
#pragma once

#if defined(LOWMEM_HOST)
#define __init
#define __initdata
#else
#define __init __attribute__((section(".init.text")))
#define __initdata __attribute__((section(".init.data")))
#endif
