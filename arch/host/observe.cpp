// The observer of table stores and maintenance: none, until a test sets one.
#include <asm/observe.h>

constinit thread_local hw_observer current_hw_observer = nullptr;
