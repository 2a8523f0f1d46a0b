// What the compiler can check for us about locks: clang's thread-safety attributes.
//
// The host-clang preset builds with -Wthread-safety; GCC knows none of them and sees nothing.
// Clang: "Thread Safety Analysis".
#pragma once

#if defined(__clang__)
#define LOWMEM_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define LOWMEM_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(name) LOWMEM_THREAD_ANNOTATION(capability(name))
#define SCOPED_CAPABILITY LOWMEM_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(lock) LOWMEM_THREAD_ANNOTATION(guarded_by(lock))
#define PT_GUARDED_BY(lock) LOWMEM_THREAD_ANNOTATION(pt_guarded_by(lock))
#define REQUIRES(...) LOWMEM_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) LOWMEM_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) LOWMEM_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) LOWMEM_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define RELEASE(...) LOWMEM_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS LOWMEM_THREAD_ANNOTATION(no_thread_safety_analysis)

/// A function that reads what others write meanwhile, because a value a little old or new is good
/// enough: TSan looks away.
#define RACES_ON_PURPOSE LOWMEM_THREAD_ANNOTATION(no_sanitize("thread"))
