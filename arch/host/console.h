// The host's console: silent unless LOWMEM_VERBOSE is set in the environment.
#pragma once

/// Writes the last kilobyte that the console was given to standard error, unless
/// LOWMEM_VERBOSE has shown it already. For ends that nobody expected. Context: any thread.
void host_console_show_last();
